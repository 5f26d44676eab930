"""The JSON contract of a rewrite: what programs and the page read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rag.vocabulary import Citation, FieldValue, Rewrite, Verdict


def as_json(rewrite: Rewrite) -> dict[str, Any]:
    """Return the contract's object; `id` only where the draft has one."""
    result: dict[str, Any] = {"id": rewrite.draft.id} if rewrite.draft.id else {}
    return result | {
        "lang": rewrite.draft.lang,
        "kind": rewrite.draft.kind,
        "text": rewrite.text,
        "format": rewrite.format,
        "fields": {id: _field(value) for id, value in rewrite.document.fields.items()},
        "citations": [_citation(citation) for citation in rewrite.citations],
        "ledger": asdict(rewrite.ledger),
        "questions": list(rewrite.questions),
        "verdicts": verdicts_json(rewrite.verdicts),
        "model": rewrite.model,
        "versions": rewrite.versions,
        "timings": rewrite.timings,
        "tokens": rewrite.tokens,
        "warnings": rewrite.warnings,
    }


def verdicts_json(verdicts: dict[str, Verdict]) -> dict[str, dict[str, str]]:
    """Return verdicts by principle without the redundant id."""
    return {
        id: {
            "verdict": verdict.verdict,
            "quote": verdict.quote,
            "reason": verdict.reason,
            "scorer": verdict.scorer,
        }
        for id, verdict in verdicts.items()
    }


def _field(value: FieldValue) -> Any:
    return value if isinstance(value, str) else [asdict(option) for option in value]


def _citation(citation: Citation) -> dict[str, Any]:
    row = {"source": citation.source, "span": list(citation.span), "quote": citation.quote}
    if citation.principle:
        row["principle"] = citation.principle
    return row | {"field": citation.field}
