"""`rag rewrite`: one draft to a text, or several to a resumable batch."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag.command_line.io import Bar, add_common, message_language, print_json, read_input
from rag.errors import BadInput, ProvodnikError, StorageUnavailable
from rag.text.clean import clean_text


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("rewrite", help="rewrite a draft into a text to decide on")
    parser.add_argument(
        "files",
        nargs="*",
        default=["-"],
        metavar="FILE",
        help="draft files, a .jsonl of drafts, or -",
    )
    parser.add_argument("--kind", default="auto", choices=["auto", "proposal", "report", "cascade"])
    parser.add_argument("--lang", default="auto", choices=["auto", "ru", "en"])
    parser.add_argument("--format", default="message", choices=["message", "email", "document"])
    parser.add_argument("--answers", metavar="FILE", help="JSON object: question → answer")
    parser.add_argument(
        "--out", metavar="FILE", help="write .md, .docx or .pdf; for a batch a .jsonl, resumable"
    )
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Rewrite and print, or write a file."""
    is_batch = len(args.files) > 1 or args.files[0].endswith(".jsonl")
    return _batch(args) if is_batch else _one(args)


def _one(args: argparse.Namespace) -> int:
    from rag.export.write import check_suffix
    from rag.history import History
    from rag.rewriting.pipeline import rewrite
    from rag.rewriting.prepare import make_draft
    from rag.rewriting.result import as_json
    from rag.tools import open_tools

    if args.out:
        check_suffix(Path(args.out))
    answers = _answers(args.answers)
    draft = make_draft(read_input(args.files[0]), args.kind, args.lang)
    history = History()
    entry = history.save_draft(draft.text, lang=draft.lang, kind=draft.kind)
    try:
        result = rewrite(draft, open_tools(Bar()), text_format=args.format, answers=answers)
    except ProvodnikError as error:
        history.fail(entry, error.message(message_language(args)))
        raise
    data = as_json(result)
    history.finish(entry, data)
    if args.out:
        _write(Path(args.out), result)
    if args.json:
        print_json(data)
    elif not args.out:
        print(result.text)
        _print_notes(data)
    return 0


def _print_notes(data: dict[str, Any]) -> None:
    """Print questions and dropped facts on stderr, so that stdout is the text alone."""
    for question in data["questions"]:
        print(f"? {question}", file=sys.stderr)
    for item in data["ledger"]["dropped"]:
        print(f"- {item['fact']}: {item['why']}", file=sys.stderr)


def _answers(path: str | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        data = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _bad_answers(path) from error
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise _bad_answers(path)
    return {clean_text(question): clean_text(answer) for question, answer in data.items()}


def _bad_answers(path: str) -> BadInput:
    return BadInput(
        f'{path} is not a JSON object of the form {{"question": "answer"}}. The questions are in '
        "the result's `questions`.",
        f'{path} — не JSON-объект вида {{"вопрос": "ответ"}}. Вопросы стоят в поле `questions` '
        "результата.",
    )


def _write(path: Path, result: Any) -> None:
    from rag.export.write import write_blocks
    from rag.rewriting.rendering import blocks

    write_blocks(path, blocks(result.document))


def _batch(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from rag.rewriting.pipeline import rewrite
    from rag.rewriting.prepare import make_draft
    from rag.rewriting.result import as_json
    from rag.tools import open_tools

    rows = list(_rows(args.files))
    out = Path(args.out) if args.out else None
    done = _done(out)
    tools = open_tools(Bar())
    results = list(done.values())
    for row in tqdm([row for row in rows if row["id"] not in done], file=sys.stderr, unit="draft"):
        try:
            kind = args.kind if args.kind != "auto" else row.get("kind", "auto")
            draft = make_draft(row["draft"], kind, row.get("lang", args.lang), row["id"])
            data = as_json(rewrite(draft, tools, text_format=args.format))
        except BadInput as error:
            data = {"id": row["id"], "error": error.message(message_language(args))}
        results.append(data)
        if out:
            _append(out, data)
    if out is None or args.json:
        print_json(results)
    return 2 if results and all("error" in result for result in results) else 0


def _rows(files: list[str]) -> Iterator[dict[str, Any]]:
    for name in files:
        text = read_input(name)
        if not name.endswith(".jsonl"):
            yield {"id": clean_text(name), "draft": text}
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield _row(name, number, line)


def _row(name: str, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        id = clean_text(str(row.get("id", number)))
        return {**row, "id": id, "draft": str(row["draft"])}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadInput(
            f'{name}, line {number}: expected a JSON object with "draft".',
            f'{name}, строка {number}: нужен JSON-объект с полем "draft".',
        ) from error


def _done(out: Path | None) -> dict[str, dict[str, Any]]:
    """Return the results an earlier, interrupted run wrote; a torn last line is cut off.

    Raises BadInput where the file holds something else: nothing of the user's is appended to.
    """
    if out is None or not out.is_file():
        return {}
    data = out.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        rows = [json.loads(line) for line in whole.decode().split("\n")[:-1]]
        found = {row["id"]: row for row in rows}
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{out} is not the result of an earlier batch. Choose another --out, ending in .jsonl.",
            f"{out} — не результат прежней обработки. Выберите другой --out, с окончанием .jsonl.",
        ) from error
    if len(whole) < len(data):
        os.truncate(out, len(whole))
    return found


def _append(out: Path, data: dict[str, Any]) -> None:
    try:
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(data, ensure_ascii=False) + "\n")
    except OSError as error:
        raise StorageUnavailable(
            f"Cannot write {out}: {error.strerror}. Choose another place with --out; what is "
            "written already is not done again.",
            f"Не удалось записать {out}: {error.strerror}. Выберите другое место в --out; уже "
            "записанное повторно не делается.",
        ) from error
