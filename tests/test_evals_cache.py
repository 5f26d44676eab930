"""What is kept of a model and of a scorer: nothing is asked twice, nothing stale is answered."""

from __future__ import annotations

import json
import math
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeModel
from evals_samples import verdicts

from evals import store
from evals.cache import CachedModel, Kept, key_of
from evals.scoring import Scorer, Verdicts, remembering
from rag.errors import BadModelAnswer, ModelUnavailable, StorageUnavailable
from rag.vocabulary import Completion, Message, Model, Verdict

ASK: dict[str, Any] = {"max_tokens": 20, "temperature": 0.5}
TALK: list[Message] = [
    {"role": "system", "content": "Answer."},
    {"role": "user", "content": "Сколько?"},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where values are kept; the folder is made when the first one is."""
    return tmp_path / "cache" / "kept.jsonl"


# Values by key.


def test_a_kept_value_is_there_for_a_new_object(path: Path) -> None:
    kept = Kept(path)
    assert "a" not in kept
    values = {"a": {"x": [1, None, "Ж\u2028\n"]}, "b": 2.5, "c": None}
    for key, value in values.items():
        assert kept.keep(key, value) == value
    again = Kept(path)
    assert {key: again[key] for key in values} == values
    assert "d" not in again


def test_the_last_value_of_a_key_holds(path: Path) -> None:
    for value in (1, 2):
        Kept(path).keep("a", value)
    assert Kept(path)["a"] == 2


def test_a_torn_last_line_is_dropped_and_spoils_no_other(path: Path) -> None:
    kept = Kept(path)
    kept.keep("a", "one")
    kept.keep("b", "Ж")
    path.write_bytes(path.read_bytes()[:-4])  # inside the character
    kept = Kept(path)
    assert ("a" in kept, "b" in kept) == (True, False)
    kept.keep("c", "three")
    again = Kept(path)
    assert (again["a"], again["c"], "b" in again) == ("one", "three", False)


def test_lines_of_another_sort_are_no_values(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"id": "row"}\n[1]\n\n{"key": "a", "value": 1}\n', "utf-8")
    assert Kept(path)["a"] == 1


def test_two_threads_lose_nothing(path: Path) -> None:
    kept = Kept(path)
    start = threading.Barrier(2)

    def write(name: str) -> None:
        start.wait()
        for n in range(200):
            kept.keep(f"{name}{n}", f"{name} says {n}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"{name}{n}": f"{name} says {n}" for name in "ab" for n in range(200)}
    again = Kept(path)
    assert {key: again[key] for key in expected} == expected
    lines = path.read_text("utf-8").splitlines()
    assert {json.loads(line)["key"] for line in lines} == expected.keys()


def test_a_full_disk_is_an_expected_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(StorageUnavailable):
        Kept(tmp_path / "file" / "kept.jsonl").keep("a", 1)


def test_a_key_depends_on_every_part_and_on_no_order_of_names() -> None:
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    keys = {key_of(), key_of("a"), key_of("a", "b"), key_of("ab"), key_of(["a", "b"]), key_of(None)}
    assert len(keys) == 6


def test_a_key_tells_a_lone_surrogate_from_a_question_mark() -> None:
    assert key_of("a\ud800") != key_of("a?")


def test_a_value_with_a_lone_surrogate_is_kept(path: Path) -> None:
    Kept(path).keep("a", "x\ud800")
    assert "a" in Kept(path)


# A model.


class Recording(FakeModel):
    """A fake model that remembers how it was asked to answer."""

    def __init__(self, *replies: str | Exception) -> None:
        super().__init__(replies=deque(replies))
        self.options: list[dict[str, Any]] = []

    def complete(self, messages: Any, **options: Any) -> Completion:
        self.options.append(options)
        return super().complete(messages, **options)


def test_a_second_ask_does_not_reach_the_model(path: Path) -> None:
    model = Recording("one", "two")
    for _ in range(3):  # each time a new object, as after a restart
        assert CachedModel(Kept(path), model, "m").complete(TALK, **ASK) == Completion("one")
    assert len(model.asked) == 1
    asked = {"max_tokens": 20, "temperature": 0.5, "grammar": None, "schema": None}
    assert model.options == [{**asked, "adapted": False}]


def test_tokens_are_kept_with_the_text(path: Path) -> None:
    class Counting(FakeModel):
        def complete(self, messages: Any, **options: Any) -> Completion:
            return Completion("Ответ", 12, 3)

    for model in (Counting(), None):
        found = CachedModel(Kept(path), model, "m").complete(TALK, **ASK)
        assert found == Completion("Ответ", 12, 3)


@pytest.mark.parametrize(
    "changed",
    [
        {"identity": "another"},
        {"messages": TALK[1:]},
        {"messages": TALK[::-1]},
        {"messages": [TALK[0], {"role": "user", "content": "Сколько"}]},
        {"messages": [TALK[0], {"role": "assistant", "content": "Сколько?"}]},
        {"max_tokens": 21},
        {"temperature": 0.0},
        {"grammar": 'root ::= "a"'},
        {"schema": {"type": "object"}},
        {"adapted": True},
    ],
    ids=lambda changed: "-".join(changed),
)
def test_anything_asked_otherwise_reaches_the_model(path: Path, changed: dict[str, Any]) -> None:
    model, kept = Recording("one", "two", "three"), Kept(path)

    def ask(identity: str = "m", messages: list[Message] = TALK, **options: Any) -> str:
        return CachedModel(kept, model, identity).complete(messages, **{**ASK, **options}).text

    assert [ask(), ask(**changed), ask(), ask(**changed)] == ["one", "two", "one", "two"]
    assert len(model.asked) == 2


def test_other_choices_reach_the_model(path: Path) -> None:
    model = FakeModel(choices=deque(["yes", "no", "no", "yes"]))
    cached = CachedModel(Kept(path), model, "m")
    first = cached.choose(TALK, ["yes", "no"])
    assert cached.choose(TALK, ["yes", "no"]) == first == {"yes": 0.0, "no": -math.inf}
    assert cached.choose(TALK, ["no", "yes"])["no"] == 0.0
    assert cached.choose(TALK[1:], ["yes", "no"])["no"] == 0.0
    assert CachedModel(Kept(path), model, "other").choose(TALK, ["yes", "no"]) == first
    assert len(model.asked) == 4


def test_a_choice_is_no_completion(path: Path) -> None:
    model = FakeModel(replies=deque(["yes"]), choices=deque(["yes"]))
    cached = CachedModel(Kept(path), model, "m")
    cached.choose(TALK, [])
    assert cached.complete(TALK, **ASK).text == "yes"


def test_infinity_survives_the_file(path: Path) -> None:
    model = FakeModel(choices=deque(["yes"]))
    CachedModel(Kept(path), model, "m").choose(TALK, ["yes", "no"])
    assert "Infinity" not in path.read_text("utf-8")
    found = CachedModel(Kept(path), None, "m").choose(TALK, ["yes", "no"])
    assert found == {"yes": 0.0, "no": -math.inf}


def test_an_error_is_not_kept(path: Path) -> None:
    model = Recording(BadModelAnswer("cut off"), "one")
    cached = CachedModel(Kept(path), model, "m")
    with pytest.raises(BadModelAnswer):
        cached.complete(TALK, **ASK)
    assert cached.complete(TALK, **ASK).text == "one"


def test_without_a_model_kept_answers_are_given_and_missing_ones_named(path: Path) -> None:
    CachedModel(Kept(path), Recording("one"), "m").complete(TALK, **ASK)
    cassette = CachedModel(Kept(path), None, "m")
    assert cassette.complete(TALK, **ASK).text == "one"
    for ask in (
        lambda: cassette.complete(TALK[1:], **ASK),
        lambda: cassette.choose(TALK, ["yes", "no"]),
    ):
        with pytest.raises(ModelUnavailable) as error:
            ask()
        for lang in ("en", "ru"):
            assert "kept.jsonl" in error.value.message(lang)


def test_it_is_called_as_the_model_behind_it(path: Path) -> None:
    model: Model = FakeModel(name="Big", adapted=True)
    behind, alone = CachedModel(Kept(path), model, "m"), CachedModel(Kept(path), None, "m")
    assert (behind.name, behind.adapted) == ("Big", True)
    assert (alone.name, alone.adapted) == ("m", False)


@pytest.mark.parametrize(
    "content", ["∞ Infinity NaN", "Ж\u2028\x85😀\x00", "\ud800", "\udfff\ud800", '"}\n{"key"', ""]
)
def test_no_message_breaks_the_file(path: Path, content: str) -> None:
    talk = [{"role": "user", "content": content}]
    recorded = FakeModel(replies=deque(["Ж\u2028😀"]), choices=deque(["да"]))
    for model in (recorded, None):
        cached = CachedModel(Kept(path), model, "m")
        answer = cached.complete(talk, max_tokens=9, temperature=math.inf)
        assert answer.text == "Ж\u2028😀"
        assert cached.choose(talk, ["да", "нет"])["да"] == 0.0


# A scorer.

ROW = {"kind": "report", "lang": "en", "draft": "We lost 9.", "principle": "P05"}


class Counted:
    """A scorer that knows how often it was asked, and takes its time."""

    def __init__(self, found: Verdicts | None = None, seconds: float = 0.0) -> None:
        self.texts: list[str] = []
        self._found, self._seconds = found or verdicts(P05="fail"), seconds

    def __call__(self, row: dict[str, Any], text: str) -> Verdicts:
        self.texts.append(text)
        time.sleep(self._seconds)
        return self._found


def again(path: Path, scorer: Scorer, *identity: str) -> Scorer:
    """Return the scorer as a new process would have it."""
    return remembering(scorer, Kept(path), *identity)


def test_the_same_text_is_scored_once(path: Path) -> None:
    exact = {
        "P05": Verdict("P05", "fail", "Чёрт\u2028", "shouted", "rules!", -2.25),
        "P06": Verdict("P06", "na"),
        "P07": Verdict("P07", "pass", odds=math.inf),
    }
    scorer = Counted(exact)
    for _ in range(3):
        assert again(path, scorer, "both", "m")(ROW, "Text.") == exact
    assert scorer.texts == ["Text."]


@pytest.mark.parametrize(
    "changed",
    [
        {"text": "Text!"},
        {"identity": ("rules", "m")},
        {"identity": ("both", "another")},
        {"identity": ("both",)},
        {"draft": "We lost 8."},
        {"draft": None},
        {"kind": "proposal"},
        {"lang": "ru"},
        {"principle": "P06"},
        {"principle": None},
    ],
    ids=lambda changed: "-".join(changed),
)
def test_what_could_change_a_verdict_is_scored_again(path: Path, changed: dict[str, Any]) -> None:
    scorer = Counted()

    def score(text: str = "Text.", identity: tuple[str, ...] = ("both", "m"), **row: Any) -> None:
        again(path, scorer, *identity)({**ROW, **row}, text)

    for arguments in ({}, changed, {}, changed):
        score(**arguments)
    assert len(scorer.texts) == 2


@pytest.mark.parametrize("name", ["code_hash", "knowledge_hash", "prompts_hash"])
def test_a_changed_product_scores_again(
    path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = Counted()
    again(path, scorer, "both")(ROW, "Text.")
    monkeypatch.setattr(store, name, lambda: "changed")
    for _ in range(2):
        again(path, scorer, "both")(ROW, "Text.")
    assert len(scorer.texts) == 2


def test_what_does_not_decide_is_not_asked_for(path: Path) -> None:
    scorer = Counted()
    for note in ("one", "two"):
        again(path, scorer, "both")({**ROW, "id": note, "good": note}, "Text.")
    assert len(scorer.texts) == 1


def test_an_unscored_verdict_is_not_kept(path: Path) -> None:
    dead, alive = Counted(verdicts(P12="unscored")), Counted()
    assert again(path, dead, "both")(ROW, "Text.")["P12"].verdict == "unscored"
    assert again(path, alive, "both")(ROW, "Text.")["P12"].verdict == "pass"
    assert again(path, dead, "both")(ROW, "Text.")["P12"].verdict == "pass"
    assert (len(dead.texts), len(alive.texts)) == (1, 1)


def test_a_hundred_scored_texts_are_scored_again_from_the_file(path: Path) -> None:
    scorer, texts = Counted(seconds=0.02), [f"Text {n}. " * 50 for n in range(100)]
    remembered = again(path, scorer, "both")
    first = [remembered(ROW, text) for text in texts]
    assert len(scorer.texts) == 100
    start = time.perf_counter()
    remembered = again(path, scorer, "both")
    assert [remembered(ROW, text) for text in texts] == first
    assert time.perf_counter() - start < 2
    assert len(scorer.texts) == 100
