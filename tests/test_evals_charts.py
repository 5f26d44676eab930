"""The plots, and the page of a calibration: what they show, and that they are inert."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from evals_samples import FakeRetriever, FakeRewrite, draft_rows, verdicts

from evals import runs, store
from evals.calibration import calibrate_pairs, calibrate_rated
from evals.charts import COLOURS, Dot, chart, dots
from evals.experiment import run_cases
from evals.report import html_report
from evals.scoring import Verdicts
from evals.statistics import wilson
from rag.paths import home
from rag.tools import Tools
from rag.vocabulary import Verdict, VerdictValue

Row = dict[str, Any]
HOSTILE = "\"'><script>alert(1)</script><img src=https://evil.example/x onerror=x()></span>&"
STYLED = "red;background:url(https://evil.example/x)"


class Parsed(HTMLParser):
    """The tags, attributes and words of a page, as a browser would find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def styles(self) -> list[str]:
        return [value for name, value in self.attributes if name == "style"]


def assert_inert(page: str) -> Parsed:
    """Return the parsed page that holds nothing to run and nothing to load."""
    found = Parsed(page)
    assert not {"script", "img", "iframe", "link", "object", "a", "form", "svg"} & set(found.tags)
    names = {name for name, _ in found.attributes}
    assert not names & {"src", "href", "srcset", "data", "action"}
    assert not any(name.startswith("on") for name in names)
    assert not any("url(" in style or "@import" in style for style in found.styles)
    assert not re.search(r"<[^>]*\ssrc=", page)
    return found


# Dots.


def item(n: int, right: int) -> Row:
    """Return the figures of a principle in a calibration."""
    return {
        "n": n + 1,
        "pairs_decided": n,
        "pair_accuracy": right / n,
        "pair_accuracy_interval": list(wilson(right, n)),
        "balanced_accuracy": 0.1,
    }


def test_a_calibration_has_a_dot_for_each_principle_and_language() -> None:
    ru, en = item(10, 9), item(20, 12)
    report = {"by_principle": {"P05": {"all": item(30, 21), "ru": ru, "en": en}, "P06": {"en": en}}}
    low, high = wilson(12, 20)
    english = ("en", 0.6, low, high, 20)
    assert dots(report) == [
        Dot("P05", "ru", 0.9, *wilson(9, 10), 10),
        Dot("P05", *english),
        Dot("P06", *english),
    ]


def test_what_was_not_measured_has_no_dot() -> None:
    nothing = {"n": 3, "pair_accuracy": None, "balanced_accuracy": None, "pass_rate": None}
    assert dots({"by_principle": {"P05": {"all": item(9, 9), "ru": nothing, "en": {}}}}) == []
    assert dots({}) == dots({"by_principle": {}}) == []


def test_dots_of_a_real_calibration() -> None:
    pairs = [
        {"principle": id, "lang": lang, "kind": "report", "good": f"pass {n}", "bad": bad}
        for id, lang, bads in (
            ("P01", "ru", ["fail", "fail", "pass", "unscored"]),
            ("P05", "en", ["fail", "pass"]),
        )
        for n, bad in enumerate(bads)
    ]
    values: dict[str, VerdictValue] = {"fail": "fail", "unscored": "unscored"}

    def score(row: Row, text: str) -> Verdicts:
        return {row["principle"]: Verdict(row["principle"], values.get(text, "pass"))}

    found = dots(json.loads(json.dumps(calibrate_pairs(pairs, score))))
    assert found == [
        Dot("P01", "ru", 2 / 3, *wilson(2, 3), 3),
        Dot("P05", "en", 0.5, *wilson(1, 2), 2),
    ]


def test_dots_of_a_real_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "rewrite", FakeRewrite(verdicts(P02="fail", P13="na")))
    rows = draft_rows(4)
    folder = store.run_folder(rows, "rules", "fake")
    tools = Tools(None, FakeRetriever())  # type: ignore[arg-type]
    results = run_cases(rows, folder, lambda row: runs.rewrite_row(row, tools))
    runs.write_reports(folder, results, "rules")

    found = {dot.label: dot for dot in dots(store.read_report(folder))}
    assert found["P01"] == Dot("P01", "en", 1.0, *wilson(4, 4), 4)
    assert found["P02"] == Dot("P02", "en", 0.0, *wilson(0, 4), 4)
    assert "P13" not in found
    page = (folder / "report.html").read_text("utf-8")
    assert chart(list(found.values())) in page
    assert_inert(page)


def rated_report() -> Row:
    """Return the calibration over rated texts by a judge that is sometimes wrong."""
    rows = [
        {"lang": "en", "kind": "report", "text": text, "scores": {"P05": said}, "overall": 3}
        for text, said in (("a", "pass"), ("b", "pass"), ("c", "fail"), ("d", "fail"))
    ]
    return calibrate_rated(rows, lambda row, text: verdicts(P05="fail" if text > "a" else "pass"))


def test_rated_texts_have_dots() -> None:
    [dot] = dots(rated_report())
    assert (dot.label, dot.lang, dot.rate, dot.n) == ("P05", "en", 0.75, 4)


def test_dots_of_rated_texts_show_no_interval_since_they_have_none() -> None:
    [dot] = dots(rated_report())
    assert dot.low == dot.rate == dot.high
    assert "0.75, n 4" in chart([dot])


def test_no_decided_pair_is_no_dot() -> None:
    pair = {"principle": "P05", "lang": "en", "kind": "report", "good": "a", "bad": "b"}

    def half(row: Row, text: str) -> Verdicts:
        known = row["principle"] == "P06" or text == "a"
        value: VerdictValue = ("pass" if text == "a" else "fail") if known else "unscored"
        return {row["principle"]: Verdict(row["principle"], value)}

    found = calibrate_pairs([pair, {**pair, "principle": "P06"}], half)
    assert found["by_principle"]["P05"]["en"]["pair_accuracy"] is None
    assert [dot.label for dot in dots(found)] == ["P06"]


# A plot.


def test_a_dot_and_its_interval_stand_where_they_belong() -> None:
    page = chart([Dot("P05", "ru", 0.5, 0.25, 0.875, 40)], goal=0.75)
    found = assert_inert(page)
    band, dot, goal = [style for style in found.styles if style.startswith("position:absolute")]
    assert "left:25.0%;width:62.5%" in band
    assert "left:calc(50.0% - 5px)" in dot
    assert "left:75.0%;width:1px" in goal
    assert all(COLOURS["ru"] in style for style in (band, dot))
    assert found.text == "P05 ru0.50 (0.25–0.88), n 40"


def test_without_a_goal_there_is_no_line() -> None:
    found = Parsed(chart([Dot("P05", "en", 1.0, 0.5, 1.0, 4)]))
    assert len([style for style in found.styles if "absolute" in style]) == 2
    assert all(COLOURS["en"] in style for style in found.styles if "absolute" in style)


@pytest.mark.parametrize(
    ("rate", "low", "high"), [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 1.0), (1 / 3, 0.1, 0.7)]
)
def test_nothing_leaves_the_line(rate: float, low: float, high: float) -> None:
    found = Parsed(chart([Dot("P05", "en", rate, low, high, 1)], goal=1.0))
    for style in found.styles:
        for value in re.findall(r"(?:left:|width:|calc\()(-?[\d.]+)%", style):
            assert 0 <= float(value) <= 100
    [(left, width)] = re.findall(r"left:([\d.]+)%;width:([\d.]+)%", " ".join(found.styles))
    assert float(left) + float(width) <= 100.1


def test_a_row_a_dot_in_order() -> None:
    many = [Dot(f"P{n:02}", lang, 0.5, 0.4, 0.6, n) for n in range(1, 16) for lang in ("ru", "en")]
    found = Parsed(chart(many))
    places = [found.text.index(f"{dot.label} {dot.lang}") for dot in many]
    assert places == sorted(places)
    assert Parsed(chart([])).text == ""


@pytest.mark.parametrize("words", [HOSTILE, STYLED])
def test_hostile_words_in_a_plot_are_words(words: str) -> None:
    found = assert_inert(chart([Dot(words, words, 0.5, 0.4, 0.6, 1)], goal=0.5))
    assert found.text.count(words) == 2
    assert not any(words in style for style in found.styles)
    assert any(COLOURS[""] in style for style in found.styles)


# The page of a calibration.


def shown(page: str, heading: str) -> str:
    """Return what a page holds below a heading, up to the next one."""
    return page.split(f"<h2>{heading}</h2>")[1].split("<h2>")[0]


def calibration(words: str = "plain") -> Row:
    """Return the report of a calibration whose every string is the words."""
    case = {"principle": words, "lang": words, "label": words, "verdict": words, "odds": -1.25}
    figures = {**item(20, 12), "false_alarms": 0.125, "unscored": 2}
    return {
        "name": words,
        "judge": words,
        "data": words,
        "shape": "pairs",
        "lang_gap": 0.0625,
        "all": figures,
        "by_lang": {words: figures},
        "by_principle": {words: {"all": figures, words: figures}},
        "worst": [{**case, "id": words, "quote": words, "reason": words, "text": words}],
    }


@pytest.mark.parametrize("words", [HOSTILE, STYLED])
def test_a_calibration_shows_hostile_words_as_words(words: str) -> None:
    page = html_report(calibration(words), [])
    found = assert_inert(page)
    # Title, heading and judge; a language; a dot's two; the case's eight.
    assert found.text.count(words) == 3 + 1 + 2 + 8
    assert page.count("<script") == 0
    assert "Content-Security-Policy" in page and "default-src 'none'" in page
    if words == STYLED:
        assert page.count("url(") == found.text.count("url(")
    else:
        assert page.count("&lt;script&gt;") == found.text.count("<script>")


def test_a_calibration_shows_its_figures_by_language() -> None:
    page = html_report(calibration(), [])
    assert "gap between languages in pair accuracy</th><td>0.0625" in page
    cells = re.findall(r"<td>(.*?)</td>", shown(page, "Languages"))
    assert cells == ["21", "0.6", "0.1", "0.125", "2"]


def test_a_calibration_shows_wrong_verdicts() -> None:
    case = {
        "id": "s1-P05",
        "principle": "P05",
        "lang": "ru",
        "label": "fail",
        "verdict": "pass",
        "odds": 2.345,
        "quote": "какие слова",
        "reason": "reads as kept",
        "text": "Текст & всё.",
    }
    found = Parsed(html_report({**calibration(), "worst": [case, {**case, "odds": None}]}, []))
    assert "P05 ru: people say fail, judged pass" in found.text
    assert "reads as kept (2.35) — какие слова" in found.text
    assert found.text.count("Текст & всё.") == 2


def test_only_pairs_have_the_goal_of_pairs() -> None:
    goal, title = (
        "left:75.0%;width:1px",
        "Principles by language, with 95 % intervals where there are any",
    )
    assert goal in shown(html_report(calibration(), []), title)
    assert goal not in shown(html_report({**calibration(), "shape": "rated"}, []), title)


def test_a_report_without_figures_has_no_empty_parts() -> None:
    page = html_report({"name": "x"}, [])
    assert "<h2>" not in page and "NaN" not in page and "None" not in page


def test_a_calibration_is_kept_with_its_page() -> None:
    pairs = [
        {"principle": "P05", "lang": lang, "kind": "report", "good": "a", "bad": f"b {n}"}
        for lang in ("ru", "en")
        for n in range(4)
    ]

    def score(row: Row, text: str) -> Verdicts:
        value: VerdictValue = "fail" if text in ("b 0", "b 1", "b 2") else "pass"
        return {"P05": Verdict("P05", value, text, "because", "fake", 3.0)}

    measured = calibrate_pairs(pairs, score)
    found = {"judge": "both", "data": "dev.jsonl", **measured}
    page = runs.write_calibration(found, pairs)
    assert page.is_relative_to(home() / "runs")
    report = store.read_json(page.with_name("report.json"))
    assert report is not None
    assert report["name"] == "dev.jsonl both"
    assert report["versions"] == store.versions()
    assert report["all"]["pair_accuracy"] == 0.75
    text = assert_inert(page.read_text("utf-8")).text
    assert "P05 ru0.75 (0.30–0.95), n 4" in text
    assert text.count("people say fail, judged pass") == 2
    assert runs.write_calibration(found, pairs) == page
    assert runs.write_calibration({**found, "judge": "rules"}, pairs) != page
