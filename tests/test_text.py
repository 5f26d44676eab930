"""Clean text, its language, its units, and the Russian morphology the rules lean on."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.text.clean import clean, clean_text
from rag.text.language import detect_language
from rag.text.russian import (
    as_infinitive,
    is_first_name,
    starts_with_infinitive,
    unknown_words,
    verbs_lost,
)
from rag.text.sentences import LONG_UNIT_WORDS, split_sentences, split_units
from rag.vocabulary import Lang

# Characters that meet badly: escapes, joiners, marks, emoji, and letters that NFC changes.
TROUBLE = "\x1b[]0m;\x07\x9b\ud800\x00\r\n\t\u200b\u200c\u200d\u200e\u200f\u061c\u2060\u202e\ufe0f"
TROUBLE += "\u20e3\u2126\u212b\u0301\u304b\u3099\u0338=1aéя❤👩💻\u05d0\u0639\u0915\u094d\U000e0041"


@given(st.text() | st.text(TROUBLE))
@example("x\u061c\u200fx")
@example("a\u2060\ufe0fb")
@example("\u2126\ufe0f")
def test_cleaning_is_idempotent_and_leaves_nothing_that_breaks_a_screen(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    kinds = {unicodedata.category(char) for char in once if char not in "\n\t"}
    assert not kinds & {"Cs", "Cc"}
    assert not set(once) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.text(st.characters(categories=["Lu", "Ll", "Nd", "Po", "Zs"], max_codepoint=0x4FF)))
def test_ordinary_text_is_only_normalised(text: str) -> None:
    assert clean_text(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("dirty", "text", "removed"),
    [
        ("a\x1b[31mb\x1b[0m", "ab", {"escape": 2}),
        ("\x1b]8;;http://e.com\x07link\x1b]8;;\x07", "link", {"escape": 2}),
        ("\x1b]0;title\x1b\\x", "x", {"escape": 1}),
        ("\x9b2Jgone", "gone", {"escape": 1}),
        ("a\x00b\x08c\x7fd", "abcd", {"control": 3}),
        ("a\ud83dd", "ad", {"surrogate": 1}),
        ("12\u202e34\u202c", "1234", {"direction": 2}),
        ("hi\U000e0068\U000e0069", "hi", {"tag": 2}),
        ("pass\u200bw\u2060o\u00adrd\ufeff", "password", {"invisible": 4}),
        ("a\u200db\u200cc\u200fd", "abcd", {"invisible": 3}),
        ("x\ufe0fy\U000e0100", "xy", {"invisible": 2}),
        ("a\ufffe\ufdd0", "a", {"noncharacter": 2}),
        ("one\r\ntwo\rthree\u2028four\x0bfive", "one\ntwo\nthree\nfour\nfive", {}),
        ("cafe\u0301 и\u0306", "café й", {}),
        ("a\tb", "a\tb", {}),
    ],
)
def test_what_is_removed_is_told(dirty: str, text: str, removed: dict[str, int]) -> None:
    cleaned = clean(dirty)
    assert (cleaned.text, cleaned.removed) == (text, removed)


@pytest.mark.parametrize(
    "text",
    [
        "👨‍👩‍👧 ❤️ 🏳️‍🌈 1️⃣ 👩🏽‍💻 👍🏽 ☎️",
        "שָׁלוֹם עולם",
        "مرحبا بكم في الشركة",
        "می‌خواهم",  # a non-joiner shapes the word
        "क्‍ष",  # so does a joiner
        "Привет, «мир» — 5 % … №1",
        "日本語 が 한국어",
    ],
)
def test_living_scripts_and_emoji_stay(text: str) -> None:
    assert clean(text).removed == {}
    assert clean_text(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Клиенты уходят", "ru"),
        ("Clients leave us", "en"),
        ("Перенесли в HubSpot и Google Ads, отчёт в Looker", "ru"),
        ("The client asks for a discount on «Ромашка»", "en"),
        ("CRM Salesforce упала", "ru"),
        ("12 % 30", "ru"),
        ("", "ru"),
    ],
)
def test_language(text: str, lang: Lang) -> None:
    assert detect_language(text) == lang


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Раз. Два! Три? Четыре…", ["Раз.", "Два!", "Три?", "Четыре…"]),
        ("За 2 тыс. шт. дают 5 млн руб. сразу. Да", ["За 2 тыс. шт. дают 5 млн руб. сразу.", "Да"]),
        ("- первое\n- второе", ["первое", "второе"]),
        ("1. One\n2) Two", ["One", "Two"]),
        ("Стало 25. Мало.", ["Стало 25.", "Мало."]),
        ("Было? 25. Мало.", ["Было?", "25.", "Мало."]),
        ("Version 1.2 is out, e.g. today. Next.", ["Version 1.2 is out, e.g. today.", "Next."]),
        ("Он сказал: «Нет.» Потом ушёл.", ["Он сказал: «Нет.»", "Потом ушёл."]),
        ("...\n\n!!!\n", []),
        ("", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [unit.text for unit in split_sentences(text)] == sentences


def test_a_bullet_is_marked() -> None:
    assert [unit.bullet for unit in split_sentences("Вот:\n• раз")] == [False, True]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        (
            "ru",
            "клиенты опять жалуются на долгую доставку и мы теряем заказы каждый день "
            "но склад говорит что людей нет поэтому предлагаю нанять двух кладовщиков",
        ),
        (
            "en",
            "clients keep complaining about slow delivery and we lose orders every single day "
            "but the warehouse says there is nobody so we should hire two more people",
        ),
    ],
)
def test_long_speech_is_cut_at_its_turns(lang: Lang, text: str) -> None:
    units = split_units(text, lang)
    assert len(text.split()) > LONG_UNIT_WORDS
    assert len(units) >= 2
    assert all(len(unit.text.split()) >= 4 for unit in units)


@given(st.text(st.sampled_from("абв. ,\n!-1;но ")), st.sampled_from(["ru", "en"]))
def test_units_are_exact_ordered_stretches_that_lose_no_word(text: str, lang: Lang) -> None:
    units = split_units(text, lang)
    position = 0
    for unit in units:
        assert text[unit.start : unit.end] == unit.text
        assert unit.start >= position
        position = unit.end
    letters = "".join(filter(str.isalpha, text))
    assert "".join(filter(str.isalpha, "".join(unit.text for unit in units))) == letters


@pytest.mark.parametrize(
    ("proposal", "infinitive"),
    [
        ("давайте наймём двух менеджеров", "Нанять двух менеджеров"),
        ("предлагаю снизить цену", "Снизить цену"),
        ("надо бы купить новый станок", "Купить новый станок"),
        ("хочу, чтобы склад работал в субботу", "Сделать так, чтобы склад работал в субботу"),
        ("может, не брать новых клиентов", "Не взять новых клиентов"),
        ("скидка для всех", ""),
        ("", ""),
    ],
)
def test_a_proposal_becomes_an_infinitive(proposal: str, infinitive: str) -> None:
    assert as_infinitive(proposal) == infinitive


def test_morphology() -> None:
    assert starts_with_infinitive("Не снижать цену")
    assert not starts_with_infinitive("Снижение цены")
    assert is_first_name("Ольга")
    assert is_first_name("Петрович")
    assert not is_first_name("склад")
    assert unknown_words("Клиенты недовольны, хрючелло упало") == {"хрючелло"}
    assert verbs_lost("Клиент попросил скидку и ушёл", "Клиент ушёл") == ["попросить"]
    assert verbs_lost("Клиент ушёл", "Клиент покинул нас") == []
