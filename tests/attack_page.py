"""The page with hostile text in every place a text can stand: attack_page.py PORT serves it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def hostile_result(texts: list[str]) -> dict[str, Any]:
    """Return a rewrite's JSON with the texts in every slot that holds words."""
    import page_samples

    joined = "\n".join(texts)
    result = page_samples.sample(text=joined, model=texts[0])
    verdicts = {id: {**row, "quote": joined} for id, row in result["verdicts"].items()}
    verdicts["P10"] |= {"reason": joined, "scorer": joined}
    options = [dict.fromkeys(("action", "value", "limits", "effect"), text) for text in texts]
    citation = {"principle": joined, "source": joined, "span": [0, 1], "quote": joined}
    return result | {
        "questions": texts,
        "warnings": texts,
        "ledger": {
            "kept": texts,
            "dropped": [{"fact": text, "why": text} for text in texts],
            "added": texts,
        },
        "citations": [citation | {"field": "situation"}],
        "verdicts": verdicts,
        "versions": {"prompts": joined, "knowledge": joined},
        "fields": {"situation": joined, "problem": joined, "options": options, "ask": joined},
    }


def hostile_check(text: str) -> dict[str, Any]:
    """Return what a check gives whose verdicts quote every line of the text."""
    found: dict[str, Any] = {"text": text, "lang": "ru", "kind": "proposal", "overall": 1}
    lines = [line for line in text.split("\n") if line.strip()]
    verdicts = {
        f"P{n:02d}": {"verdict": "fail", "quote": line, "reason": line, "scorer": line}
        for n, line in enumerate(lines, 1)
    }
    return found | {"verdicts": verdicts}


def hostile_retriever() -> Any:
    """Return a retriever over the uploaded guidelines, which finds by words."""
    from conftest import WordEmbedder

    from rag.index.sources import upload_documents
    from rag.index.split import split
    from rag.retrieval import HybridRetriever

    passages, words = split(upload_documents()), WordEmbedder()
    return HybridRetriever(passages, words.embed_passages([p.text for p in passages]), words)


def hostile_report(texts: Mapping[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return an evaluation's report and rows with the texts in every slot that holds words."""
    joined = "\n".join(texts.values())
    rate = {"pass_rate": 0.5, "pass_rate_interval": [0.2, 0.8], "decided": 4}
    counts = {"pass": 2, "fail": 2, "na": 0, "unscored": 0}
    case = dict.fromkeys("id principle lang label verdict reason odds quote text".split(), joined)
    report = {
        "name": joined,
        "model": joined,
        "judge": joined,
        "by_lang": {text: {"n": text} for text in texts.values()},
        "principles": {text: counts | rate for text in texts.values()},
        "by_principle": {text: {text: rate} for text in texts.values()},
        "worst": [case],
    }
    verdict = {"verdict": "fail", "reason": joined, "quote": joined}
    rows = [
        {"id": id, "draft": text, "text": text, "overall": text, "verdicts": {text: verdict}}
        for id, text in texts.items()
    ]
    return report, [*rows, {"id": joined, "draft": joined, "refused": joined}]


def main() -> None:
    """Serve the page until killed, its work replaced by hostile results."""
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
    import attack_samples
    import page_samples
    import streamlit as st
    from streamlit.web import bootstrap

    from pages import core
    from rag.text.clean import clean_text
    from rag.vocabulary import Draft

    texts = [clean_text(text) for text in attack_samples.SAMPLES.values()]
    texts = [text for text in dict.fromkeys(texts) if text.strip()]
    # The true one refuses program code, and part of the samples is that.
    core.make_draft = lambda text, *_: Draft(clean_text(text), "ru", "proposal")
    core.start_rewrite = page_samples.fake_start(hostile_result(texts))
    core.check_text = lambda text, *_: hostile_check(text)
    core.open_retriever = st.cache_resource(hostile_retriever)
    options = {"server_port": int(sys.argv[1])}
    bootstrap.load_config_options(options)
    bootstrap.run(str(ROOT / "app.py"), False, [], options)


if __name__ == "__main__":
    main()
