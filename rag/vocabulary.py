"""The nouns of the product, defined once. Read this file first.

Offsets are Unicode code points into the text they name, half-open: `text[start:end]`.
Nothing here does I/O or imports another module of the product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Lang = Literal["ru", "en"]
VerdictValue = Literal["pass", "fail", "na", "unscored"]
TextFormat = Literal["message", "email", "document"]
JudgeMode = Literal["rules", "model", "both"]

LANGS: tuple[Lang, ...] = ("ru", "en")


@dataclass(frozen=True)
class Draft:
    """What the author gave us, cleaned, with its language and kind decided.

    `guessed` is True where nobody named the kind: cues found it, and a rewrite may learn better.
    """

    text: str
    lang: Lang
    kind: str
    id: str | None = None
    guessed: bool = False


@dataclass(frozen=True)
class Passage:
    """A stretch of a source document, as the index keeps it.

    `source` names the document (for knowledge: its path below `knowledge/`), `start` and `end`
    are offsets into that document's text in `lang`. `score` is higher for a better match and is
    comparable within one search only. `section` is the stable id of the principle, chapter or
    theme the passage belongs to (a principle's is P01 … P15).
    """

    id: str
    source: str
    lang: Lang
    text: str
    start: int
    end: int
    title: str = ""
    section: str = ""
    group: str = ""  # principle · handbook · theme · lever · upload · unit · measure
    score: float = 0.0


@dataclass(frozen=True)
class Citation:
    """Where a part of a document is grounded: a source and the exact words in it."""

    source: str
    span: tuple[int, int]
    quote: str
    principle: str | None = None
    field: str | None = None


FactType = Literal["figure", "date", "name", "quote"]


@dataclass(frozen=True)
class Fact:
    """Something of the draft that must not be lost or changed.

    `text` is the words as written (`draft[start:end]`), `value` a normal form for comparing
    ("12%" and "12 percent" share one), `noun` what the figure counts, where the draft says it.
    """

    text: str
    type: FactType
    value: str
    start: int
    end: int
    noun: str = ""


@dataclass(frozen=True)
class DroppedFact:
    """A fact the document leaves out, and why the author should know."""

    fact: str
    why: str


@dataclass
class Ledger:
    """The account of the draft's facts. `added` must stay empty: it proves nothing was invented."""

    kept: list[str] = field(default_factory=list)
    dropped: list[DroppedFact] = field(default_factory=list)
    added: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Option:
    """One way out offered for approval.

    `origin` is "author" when the draft proposes it, otherwise the lever's id; then the text marks
    it as a suggestion and leaves its limits open.
    """

    action: str
    value: str = ""
    limits: str = ""
    effect: str = ""
    risk: str = ""
    origin: str = "author"


FieldValue = str | list[Option]


@dataclass
class Document:
    """The rewritten text, field by field, in the order its kind prescribes."""

    kind: str
    lang: Lang
    fields: dict[str, FieldValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What one scorer says about one principle of one text.

    `quote` is a substring of the judged text, or empty. `unscored` means that no scorer could
    decide, with the cause in `reason`; it is neither a pass nor a fail. `odds` is the log-odds
    that the principle holds, where the scorer knows it.
    """

    principle: str
    verdict: VerdictValue
    quote: str = ""
    reason: str = ""
    scorer: str = ""
    odds: float | None = None


@dataclass
class Rewrite:
    """Everything one rewrite returns; `rag.rewriting.result` turns it into the JSON contract."""

    draft: Draft
    document: Document
    text: str
    format: TextFormat
    citations: list[Citation] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    questions: list[str] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    model: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)  # seconds
    tokens: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Progress:
    """The pipeline entered a stage. `done` of `total` counts steps inside it; total 0 = unknown."""

    stage: str  # read · retrieve · plan · propose · verify · render
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class FieldReady:
    """A field has its final text; the page shows it while the rest is still being written."""

    field: str
    text: str


Event = Progress | FieldReady
OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class Completion:
    """One complete answer of a model. A truncated one is an error, never a Completion."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


Message = Mapping[str, str]  # {"role": "system|user|assistant", "content": "…"}


class Model(Protocol):
    """The language-model seam. The embedded model and any endpoint are reached through it."""

    @property
    def name(self) -> str:
        """Return the name shown to people: which model wrote a text."""

    @property
    def adapted(self) -> bool:
        """Tell whether the product's own adapter is loaded: taking a draft apart is its trade."""

    def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        grammar: str | None = None,
        schema: Mapping[str, Any] | None = None,
        adapted: bool = False,
    ) -> Completion:
        """Return one complete answer.

        `grammar` (GBNF) and `adapted` (answer with the adapter on) are honoured by the embedded
        model only.
        """

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> dict[str, float]:
        """Return the log-probability of each choice as the answer's first word, normalised.

        Endpoints without log-probabilities answer in words: the chosen one gets 0.0, the others
        -inf; an answer that names none of them raises `BadModelAnswer`.
        """


class Embedder(Protocol):
    """The embedding seam: L2-normalised float32 rows, so a dot product is the cosine."""

    @property
    def name(self) -> str:
        """Return a stable name with version; it is part of the index fingerprint."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an array of shape (len(texts), dimension)."""

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return an array of shape (dimension,)."""


class Retriever(Protocol):
    """The retrieval seam."""

    def __hash__(self) -> int:
        """Return a hash of the object itself: what is learnt from an index is kept beside it."""

    def search(
        self,
        query: str,
        k: int = 5,
        *,
        lang: Lang | None = None,
        groups: Sequence[str] | None = None,
    ) -> list[Passage]:
        """Return up to k passages, best first; `lang` and `groups` restrict the passages."""

    def examples(self, group: str) -> tuple[list[Passage], NDArray[np.float32]]:
        """Return the passages of a group that is learnt from, not searched, and their vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors comparable with those of `examples`, shape (len(texts), dimension)."""
