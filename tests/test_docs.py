"""The documents tell the truth: commands exist, tables equal the code, links and trees resolve."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser
from pathlib import Path

import pytest

from evals.benchmark import LATEST, table
from evals.command_line.main import build_parser as evals_parser
from evals.store import read_json
from rag.command_line.doctor import settings_table
from rag.command_line.main import build_parser as rag_parser
from rag.settings import SETTINGS

ROOT = Path(__file__).parent.parent
DOCS = ("README.md", "AGENTS.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
NOT_MEASURED = "Not measured on this version yet: run `make bench`."
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
_PARSERS = {"rag": rag_parser(), "evals": evals_parser()}


def read(name: str) -> str:
    """Return a document of the project."""
    return (ROOT / name).read_text("utf-8")


def marked(name: str, mark: str) -> str:
    """Return what stands in a document between `<!-- mark -->` and `<!-- /mark -->`."""
    found = re.search(rf"<!-- {mark} -->\n(.*?)<!-- /{mark} -->", read(name), re.S)
    assert found, f"{name} has no {mark} marks"
    return found.group(1).strip()


def commands(pattern: str) -> list[tuple[str, str]]:
    """Return (document, command) of every code block and inline code that fits the pattern."""
    found = []
    for name in DOCS:
        blocks = [body for _, body in _BLOCK.findall(read(name))]
        inline = re.findall(r"`([^`\n]+)`", _BLOCK.sub("", read(name)))
        lines = [line for body in blocks for line in body.splitlines()] + inline
        found += [(name, match.group()) for line in lines for match in re.finditer(pattern, line)]
    return found


def names_of(parser: ArgumentParser) -> set[str]:
    """Return the commands of a parser."""
    return {name for action in parser._actions for name in action.choices or ()}


PYTHON = commands(r"python -m (?:rag|evals)\b(?!\.)[^#|>]*")
MAKE = commands(r"\bmake [a-z]+")


@pytest.mark.parametrize(("name", "command"), PYTHON)
def test_every_command_in_the_documents_is_understood(name: str, command: str) -> None:
    module, *argv = shlex.split(command)[2:]
    if len(argv) == 1:  # the name alone: its arguments are not the matter
        assert argv[0] in names_of(_PARSERS[module]), name
    elif argv:
        _PARSERS[module].parse_args(argv)


def test_readme_shows_every_command() -> None:
    shown = {tuple(shlex.split(command)[2:4]) for name, command in PYTHON if name == "README.md"}
    for module, parser in _PARSERS.items():
        assert {(module, command) for command in names_of(parser)} <= shown


@pytest.mark.parametrize(("name", "command"), MAKE)
def test_every_make_target_in_the_documents_exists(name: str, command: str) -> None:
    assert re.search(rf"^{command.split()[1]}:", read("Makefile"), re.M), name


def test_readme_names_the_two_commands_a_user_needs() -> None:
    assert {"make run", "make test"} <= {command for name, command in MAKE if name == "README.md"}


def test_the_settings_table_equals_the_code() -> None:
    assert marked("README.md", "settings") == settings_table()


def test_every_setting_in_the_documents_exists() -> None:
    known = {setting.name for setting in SETTINGS}
    for name in DOCS:
        assert set(re.findall(r"\b(?:PROVODNIK|OPENAI)_[A-Z_]+\b", read(name))) <= known, name


def test_the_benchmark_table_equals_the_kept_figures() -> None:
    found = read_json(LATEST)
    expected = table(found) if found else NOT_MEASURED
    assert marked("README.md", "bench") == expected, "see CONTRIBUTING.md, Renew README's figures"


def test_the_example_shows_both_languages_before_and_after() -> None:
    example = marked("README.md", "example")
    assert len(_BLOCK.findall(example)) == 4
    assert "Прошу" in example and "Please" in example


def test_the_tree_of_agents_exists() -> None:
    [tree] = [body for language, body in _BLOCK.findall(read("AGENTS.md")) if not language]
    paths = [line.split()[0] for line in tree.splitlines()]
    assert len(paths) > 10
    for path in paths:
        found = ROOT / path
        assert found.is_dir() if path.endswith("/") else found.is_file(), path
    folders = {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file()}
    assert folders <= {path.split("/")[0] for path in paths}


@pytest.mark.parametrize("name", DOCS)
def test_every_path_in_the_documents_exists(name: str) -> None:
    paths = re.findall(r"`((?:rag|evals|pages|knowledge|prompts|tests)/[\w./-]+)`", read(name))
    made = {"evals/benchmark/latest.json", "knowledge/kinds/name.yaml", "knowledge/roles/name.yaml"}
    examples = {"knowledge/principles/P16_name.yaml", "knowledge/principles/Pnn_name.yaml"}
    for path in set(paths) - made - examples:
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("name", DOCS)
def test_every_relative_link_resolves(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", read(name)):
        if not re.match(r"[a-z]+:", target):
            assert (ROOT / target.split("#")[0]).exists(), target


@pytest.mark.parametrize(("name", "most"), [("AGENTS.md", 55), ("README.md", 260)])
def test_a_document_stays_short(name: str, most: int) -> None:
    assert len(read(name).splitlines()) <= most


def test_the_changelog_has_the_version() -> None:
    [version] = re.findall(r'^version = "(.+)"', read("pyproject.toml"), re.M)
    assert f"## {version}" in read("CHANGELOG.md")
    assert "## Unreleased" in read("CHANGELOG.md")


def test_every_fault_names_a_test_that_exists() -> None:
    named = re.findall(r"`(tests/\w+\.py)::(\w+)", read("tests/FAULTS.md"))
    assert len(named) > 100
    for path, name in named:
        assert f"def {name}(" in read(path), f"{path}::{name}"
