"""What the product knows: complete, the same in both languages, and strictly read."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from rag.errors import BadKnowledge
from rag.knowledge import source
from rag.knowledge.exemplars import load_exemplars
from rag.knowledge.handbook import load_handbook
from rag.knowledge.kinds import load_kinds
from rag.knowledge.levers import load_levers
from rag.knowledge.phrases import gap, phrase
from rag.knowledge.principles import load_principles
from rag.knowledge.roles import load_roles
from rag.paths import knowledge_dir
from rag.text.language import detect_language
from rag.vocabulary import LANGS, Lang

KINDS = ("cascade", "proposal", "report")
PHRASES: dict[str, dict[Lang, str]] = yaml.safe_load(
    (knowledge_dir() / "phrases.yaml").read_text("utf-8")
)["phrases"]


def test_the_fifteen_principles() -> None:
    principles = load_principles()
    assert list(principles) == [f"P{number:02d}" for number in range(1, 16)]
    for principle in principles.values():
        assert principle["ru"].question.endswith("?")
        assert detect_language(principle["ru"].rule) == "ru"
        assert detect_language(principle["en"].rule) == "en"


def test_kinds_and_principles_name_each_other() -> None:
    principles, kinds = load_principles(), load_kinds()
    assert set(kinds) >= set(KINDS)
    for kind in kinds.values():
        named = {id for id, principle in principles.items() if kind.id in principle.kinds}
        assert set(kind.principles) == named
    for principle in principles.values():
        for kind_id, fields in principle.fields.items():
            assert set(fields) <= {field.id for field in kinds[kind_id].fields}


@pytest.mark.parametrize("kind", KINDS)
def test_roles_go_to_fields_of_their_kind(kind: str) -> None:
    fields = {field.id for field in load_kinds()[kind].fields}
    roles = load_roles(kind)
    assert len({role.id for role in roles}) == len(roles)
    for role in roles:
        assert role.field in fields or (role.field == "" and all(role.why.values()))
        assert all(role.about[lang] and role.examples[lang] for lang in LANGS)


def test_a_role_hits_by_its_cues() -> None:
    noise = next(role for role in load_roles("proposal") if role.id == "noise")
    assert noise.hits("сколько можно", "ru")
    assert not noise.hits("Пришло 30 заявок", "ru")


def test_themes_and_levers_have_ids_of_their_own() -> None:
    themes = load_levers()
    levers = [lever for theme in themes for lever in theme.options]
    assert len({theme.id for theme in themes}) == len(themes)
    assert len({(theme.id, lever.id) for theme in themes for lever in theme.options}) == len(levers)
    assert "general" in {theme.id for theme in themes}


def test_handbook_chapters_are_the_same_in_both_languages() -> None:
    chapters = load_handbook()
    by_lang = {lang: {c.id: c.status for c in chapters if c.lang == lang} for lang in LANGS}
    assert by_lang["ru"] == by_lang["en"]
    assert "missing" in by_lang["ru"].values()


def test_exemplars_have_ids_of_their_own() -> None:
    exemplars = load_exemplars()
    assert len({exemplar.id for exemplar in exemplars}) == len(exemplars)
    assert {exemplar.lang for exemplar in exemplars} == set(LANGS)


@pytest.mark.parametrize("name", PHRASES)
def test_a_phrase_takes_the_same_values_in_both_languages(name: str) -> None:
    assert set(PHRASES[name]) == set(LANGS)
    slots = {lang: sorted(re.findall(r"{(\w+)}", PHRASES[name][lang])) for lang in LANGS}
    assert slots["ru"] == slots["en"]


def test_gaps_are_marked_in_the_language_of_the_text() -> None:
    assert gap("limits", "ru") == f"[уточнить: {PHRASES['gap_limits']['ru']}]"
    assert gap("limits", "en").startswith("[to confirm: ")
    assert "41" in phrase("ask_conflict", "en", first="41", second="38")


def _broken(path: Path, change: Any) -> None:
    data = yaml.safe_load(path.read_text("utf-8"))
    change(data)
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")


def _bilingual(data: dict[str, Any]) -> dict[str, Any]:
    """Return the first mapping with both languages: `data` or one of its values."""
    return next(row for row in (data, *data.values()) if {"ru", "en"} <= set(row))


CHANGES = {
    "unknown key": lambda data: data.update(colour="red"),
    "missing key": lambda data: data.pop("id"),
    "empty text": lambda data: _bilingual(data).update(ru="  "),
    "language missing": lambda data: _bilingual(data).pop("en"),
    "wrong type": lambda data: data.update(id=[1]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize(
    ("folder", "load"),
    [("principles", load_principles), ("kinds", load_kinds), ("levers", load_levers)],
)
def test_a_malformed_row_is_refused_by_name(
    tmp_path: Path, folder: str, load: Any, change: Any
) -> None:
    copy = tmp_path / folder
    shutil.copytree(knowledge_dir() / folder, copy)
    path = sorted(copy.glob("*.yaml"))[0]
    _broken(path, change)
    with pytest.raises(BadKnowledge, match=re.escape(f"{folder}/{path.name}: ")):
        load(copy)


@pytest.mark.parametrize("content", [b"id: [", b"\xff\xfe\xff", b"", b"- 1", b"just words"])
@pytest.mark.parametrize("load", [load_principles, load_kinds, load_levers])
def test_what_is_no_row_is_refused_by_name(tmp_path: Path, load: Any, content: bytes) -> None:
    with pytest.raises(BadKnowledge, match="restore the folder"):
        load(tmp_path)
    (tmp_path / "x.yaml").write_bytes(content)
    load.cache_clear()
    with pytest.raises(BadKnowledge, match=r"x\.yaml"):
        load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"no front matter",
        b"---\nid: [\n---\n",
        b"---\n\n---\ntext",
        b"---\nid: a\n---\ntext",
        b"---\nid: a\ntitle: b\nstatus: maybe\n---\ntext",
        b"\xff\xfe",
    ],
)
def test_a_malformed_chapter_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ru").mkdir()
    (tmp_path / "ru" / "01_x.md").write_bytes(content)
    with pytest.raises(BadKnowledge, match=r"01_x\.md"):
        load_handbook(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"roles: 5", b"roles:\n- id: x", b"roles: [", b"\xff\xfe\xff", b"roles:\n- words"],
)
def test_malformed_roles_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    shutil.copy(knowledge_dir() / "roles" / "common.yaml", tmp_path)
    (tmp_path / "memo.yaml").write_bytes(content)
    with pytest.raises(BadKnowledge, match=r"memo\.yaml"):
        load_roles("memo", tmp_path)


def test_hashes_follow_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one")
    before = source._folder_hash(tmp_path)
    (tmp_path / "notes.txt~").write_text("ignored")
    assert source._folder_hash(tmp_path) == before
    (tmp_path / "a.md").rename(tmp_path / "b.md")
    renamed = source._folder_hash(tmp_path)
    (tmp_path / "b.md").write_text("two")
    assert len({before, renamed, source._folder_hash(tmp_path)}) == 3
