"""Every error the product raises on purpose.

    ProvodnikError          exit code 1
    ├── BadInput            2  the draft, file, option or setting cannot be used
    │   ├── EmptyDraft
    │   ├── DraftTooLong
    │   ├── UnreadableFile
    │   ├── OffTopic
    │   └── BadKnowledge       a file in knowledge/, prompts/ or a data set is malformed
    ├── NothingMeasured     3  a gate or statistic has too little to decide on
    └── Unavailable         4  something the work needs does not answer
        ├── ModelUnavailable
        │   ├── ModelRefusedKey
        │   ├── ModelBusy
        │   ├── ModelQuotaSpent
        │   ├── ModelContextExceeded
        │   └── ModelTimeout
        ├── BadModelAnswer     the answer is empty, cut short or not what was asked for
        ├── IndexUnavailable
        └── StorageUnavailable disk full or not writable

Each carries its message in both languages and says what to do next. Only the page and the
command lines catch and print them.
"""

from __future__ import annotations

from typing import ClassVar


class ProvodnikError(Exception):
    """An expected failure, with a message in the user's language."""

    exit_code: ClassVar[int] = 1

    def __init__(self, en: str, ru: str | None = None) -> None:
        super().__init__(en)
        self.messages = {"en": en, "ru": ru or en}

    def message(self, lang: str) -> str:
        """Return the message in `lang` ("ru" or "en")."""
        return self.messages.get(lang, self.messages["en"])


class BadInput(ProvodnikError):
    """What the user gave cannot be used as it is."""

    exit_code = 2


class EmptyDraft(BadInput):
    """There is no text to work on."""


class DraftTooLong(BadInput):
    """The text is longer than one document can be."""


class UnreadableFile(BadInput):
    """The file is not text in a known encoding, or is broken, encrypted or too big."""


class OffTopic(BadInput):
    """The text is not a working message; nothing is rewritten."""


class BadKnowledge(BadInput):
    """A data file is malformed; the message names file, place and remedy."""


class NothingMeasured(ProvodnikError):
    """There is too little, or nothing comparable, to decide on."""

    exit_code = 3


class Unavailable(ProvodnikError):
    """A part the work needs does not answer."""

    exit_code = 4


class ModelUnavailable(Unavailable):
    """The language model cannot be reached or started."""


class ModelRefusedKey(ModelUnavailable):
    """The endpoint does not accept the key."""


class ModelBusy(ModelUnavailable):
    """The endpoint asks to come back later than we are willing to wait."""


class ModelQuotaSpent(ModelUnavailable):
    """The quota or balance of the key is used up: waiting does not help."""


class ModelContextExceeded(ModelUnavailable):
    """What is asked is longer than the model can take in at once."""


class ModelTimeout(ModelUnavailable):
    """No complete answer within the deadline."""


class BadModelAnswer(Unavailable):
    """The model answered with something that cannot be used."""


class IndexUnavailable(Unavailable):
    """The knowledge index is missing, broken or locked."""


class StorageUnavailable(Unavailable):
    """The product's folder cannot be written."""
