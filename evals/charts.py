"""Plots as plain HTML: a dot for each share on a line from 0 to 1, with its interval as a band.

No script, no picture, nothing from elsewhere; the report and the quality screen show the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.metagate import PRINCIPLE_ACCURACY
from rag.text.markup import inert

_RATES = ("pair_accuracy", "balanced_accuracy", "pass_rate")  # the first a report has is drawn
COLOURS = {"ru": "#0f6b63", "en": "#b0602a", "": "#4a5557"}


@dataclass(frozen=True)
class Dot:
    """A share with its interval (of no width where it has none); `lang` gives its colour."""

    label: str
    lang: str
    rate: float
    low: float
    high: float
    n: int


def dots(report: Mapping[str, Any]) -> list[Dot]:
    """Return the dots of a run's or a calibration's report: each principle in each language."""
    found = []
    for principle, parts in report.get("by_principle", {}).items():
        for lang, item in parts.items():
            rate = _rate(item)
            if lang != "all" and rate is not None:
                low, high = _interval(item, rate)
                found.append(Dot(principle, lang, rate, low, high, _count(item)))
    return found


def plot(report: Mapping[str, Any]) -> str:
    """Return a report's dots as a plot, with the goal of pairs where it is about pairs, or ""."""
    found = dots(report)
    goal = PRINCIPLE_ACCURACY if report.get("shape") == "pairs" else None
    return chart(found, goal) if found else ""


def chart(found: Sequence[Dot], goal: float | None = None) -> str:
    """Return the plot; `goal` draws a line that the dots should lie right of."""
    rows = "".join(_row(dot, goal) for dot in found)
    return f'<div style="display:grid;gap:2px;max-width:46rem">{rows}</div>'


def _row(dot: Dot, goal: float | None) -> str:
    colour = COLOURS.get(dot.lang, COLOURS[""])
    marks = [
        f"left:{dot.low:.1%};width:{dot.high - dot.low:.1%};top:5px;height:6px;background:{colour};"
        "opacity:.3;border-radius:3px",
        f"left:calc({dot.rate:.1%} - 5px);width:10px;top:3px;height:10px;background:{colour};"
        "border-radius:5px",
    ]
    if goal is not None:
        marks.append(f"left:{goal:.1%};width:1px;top:0;height:16px;background:#a02c2c")
    track = "".join(f'<span style="position:absolute;{style}"></span>' for style in marks)
    bounds = f" ({dot.low:.2f}–{dot.high:.2f})" if dot.low < dot.high else ""
    words = f"{dot.rate:.2f}{bounds}, n {dot.n:d}"
    return (
        '<div style="display:grid;grid-template-columns:5rem 1fr 12rem;gap:.8rem;'
        f'align-items:center;font-size:.85rem"><span>{inert(dot.label)} {inert(dot.lang)}</span>'
        '<span style="position:relative;height:16px;background:#e9ece8;border-radius:3px">'
        f"{track}</span><span>{words}</span></div>"
    )


def _rate(item: Mapping[str, Any]) -> float | None:
    name = next((name for name in _RATES if name in item), "")
    value = item.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _interval(item: Mapping[str, Any], rate: float) -> tuple[float, float]:
    bounds: Iterable[Any] = next(
        (
            item[f"{name}_interval"]
            for name in ("pair_accuracy", "pass_rate")
            if item.get(f"{name}_interval")
        ),
        [rate] * 2,
    )
    low, high = bounds
    return float(low), float(high)


def _count(item: Mapping[str, Any]) -> int:
    return int(item.get("pairs_decided", item.get("decided", item.get("n", 0))))
