"""The product as it ships: the embedded model and the whole index rewrite a draft."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from rag import settings
from rag.facts.extract import extract_facts
from rag.knowledge.principles import load_principles
from rag.model.weights import NAME
from rag.rewriting.pipeline import rewrite
from rag.rewriting.prepare import make_draft
from rag.rewriting.result import as_json
from rag.rewriting.verify import is_calm
from rag.tools import Tools, open_tools
from rag.vocabulary import FieldReady, Lang

SECONDS = 180
DRAFTS: dict[Lang, str] = {
    "ru": (
        "Виктор, ну сколько можно! За май из 52 заявок на бетон 11 сорвались, миксеры опаздывают "
        "на 2 часа. Прорабы злятся и звонят в «Монолит». Мы пробовали бронировать машины с вечера, "
        "чуть лучше. Давайте возьмём миксер в аренду или сдвинем смену на 6:00. "
        "Ответьте до 14 июня."
    ),
    "en": (
        "Dana, I'm so done with this! 8 of 47 catering orders in June went out late, clients ask "
        "for about $1,200 back. We tried packing the evening before, slightly better. Maybe rent a "
        "second van, or stop taking orders after 16:00. Brightside already left us. Need your "
        "answer by Thursday."
    ),
}


@pytest.fixture(scope="module")
def tools() -> Iterator[Tools]:
    """Return the real tools; the user's own folder keeps the assembled model and the index."""
    with pytest.MonkeyPatch.context() as patch:
        for setting in settings.SETTINGS:
            if setting.name != "PROVODNIK_HOME":
                patch.delenv(setting.name, raising=False)
        opened = open_tools()
        yield opened
    opened.model.server.stop()  # type: ignore[union-attr]


@pytest.mark.model
@pytest.mark.parametrize("lang", DRAFTS)
def test_the_embedded_model_rewrites_a_draft(tools: Tools, lang: Lang) -> None:
    text = DRAFTS[lang]
    assert len(text.split()) <= 60
    told: list[str] = []
    started = time.monotonic()
    done = rewrite(
        make_draft(text),
        tools,
        on_event=lambda event: told.append(event.field) if isinstance(event, FieldReady) else None,
    )
    seconds = time.monotonic() - started
    data = json.loads(json.dumps(as_json(done), ensure_ascii=False))

    assert (data["kind"], data["lang"], data["model"]) == ("proposal", lang, NAME)
    said = {fact.value for fact in extract_facts(data["text"], lang)}
    facts = [fact for fact in extract_facts(text, lang) if fact.type in ("figure", "date")]
    assert len(facts) >= 6
    assert [fact.text for fact in facts if fact.value not in said] == []
    assert data["ledger"]["added"] == []

    assert told == list(data["fields"])
    own = [option for option in data["fields"]["options"] if option["origin"] == "author"]
    assert len(data["fields"]["options"]) >= 2
    assert own, "the author's own options are lost"
    assert is_calm(data["fields"]["situation"], lang)

    assert list(data["verdicts"]) == list(load_principles())
    for id, verdict in data["verdicts"].items():
        assert verdict["verdict"] in ("pass", "fail", "na"), id
        assert (verdict["verdict"] == "na") is ("proposal" not in load_principles()[id].kinds)
        assert verdict["quote"] in data["text"], id
    assert data["verdicts"]["P12"]["verdict"] == "pass"
    assert data["tokens"]["completion"] > 0
    assert seconds < SECONDS, f"{seconds:.0f} s"
