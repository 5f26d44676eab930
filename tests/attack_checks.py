"""What "inert" means for the tests of hostile text: seen as it is, nothing loaded, nothing run."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser

from markdown_it import MarkdownIt

# Letters and emoji aside, nothing that a screen does not show, except a line's end and a tab.
UNSEEN = {"Cc", "Cs", "Cf", "Zl", "Zp"}
SHAPING = set("\u200c\u200d\u200e\u200f\u061c\ufe0f\u06dd\u070f\u08e2")
HIDING = set("\u034f\u115f\u1160\u3164\uffa0") | {chr(n) for n in range(0xFE00, 0xFE0F)}
# Elements and attributes that load nothing, run nothing and lead nowhere.
TAGS = set(
    "html head meta title style body h1 h2 h3 p pre div span mark del ins ul li b code".split()
)
TAGS |= {"table", "tr", "th", "td"}
ATTRIBUTES = {"class", "style", "lang", "charset", "http-equiv", "content"}
ACTIVE_MARKDOWN = {"html_block", "html_inline", "link_open", "image"}


def assert_inert(text: str) -> None:
    """Assert that a text shows all it holds."""
    for char in set(text) - SHAPING - set("\n\t"):
        hidden = unicodedata.category(char) in UNSEEN or char in HIDING or ord(char) >> 16 == 14
        assert not hidden, f"{char!a} in {text[:80]!a}"


def markdown_kinds(markdown: str) -> set[str]:
    """Return the kinds of tokens a Markdown reader sees, HTML and tables included."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = reader.parse(markdown)
    return {t.type for t in tokens} | {c.type for t in tokens for c in t.children or ()}


def assert_inert_markdown(markdown: str) -> None:
    """Assert that no link, picture or HTML stands in Markdown."""
    active = markdown_kinds(markdown) & ACTIVE_MARKDOWN
    assert not active, f"{active} in {markdown[:200]!a}"


def assert_inert_html(html: str) -> str:
    """Assert that HTML has harmless elements only; return the text it shows."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.tags <= TAGS, f"{reader.tags - TAGS} in {html[:200]!a}"
    assert reader.attributes <= ATTRIBUTES, f"{reader.attributes - ATTRIBUTES} in {html[:200]!a}"
    assert not reader.comments
    assert not any("url(" in style or "@import" in style for style in reader.styles)
    return "".join(reader.shown)


class _Reader(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.styles: list[str] = []
        self.comments: list[str] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.styles += [value or "" for name, value in attrs if name == "style"]

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.shown.append(data)
