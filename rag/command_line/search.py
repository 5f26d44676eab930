"""`rag search`: query the knowledge index."""

from __future__ import annotations

import argparse
from typing import Any

from rag.command_line.io import Bar, add_common, print_json

_MISSING = {
    "ru": "В регламенте этой главы нет: есть только заголовок. Ответа по ней не придумываем.",
    "en": "The handbook lacks this chapter: there is only its heading. No answer is made up.",
}


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("search", help="search the guidelines")
    parser.add_argument("query", metavar="QUERY")
    parser.add_argument("-k", type=int, default=5, metavar="N", help="how many passages (5)")
    parser.add_argument(
        "--lang", default="auto", choices=["auto", "ru", "en"], help="language of the passages"
    )
    add_common(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the best passages with their exact spans."""
    from rag.errors import BadInput
    from rag.retrieval import open_retriever
    from rag.text.clean import clean_text
    from rag.text.language import detect_language

    query = clean_text(args.query).strip()
    if not query or args.k < 1:
        raise BadInput("Give a query and a positive -k.", "Задайте запрос и положительное -k.")
    bar = Bar()
    retriever = open_retriever(lambda done, total: bar("index", done, total))
    lang = None if args.lang == "auto" else args.lang
    found = retriever.search(query, args.k, lang=lang)
    spoken = detect_language(query)
    note = _MISSING[spoken] if found and found[0].group == "missing" else ""
    rows: list[dict[str, Any]] = [
        {
            "source": passage.source,
            "section": passage.section,
            "group": passage.group,
            "lang": passage.lang,
            "span": [passage.start, passage.end],
            "text": passage.text,
            "score": passage.score,
            "missing": passage.group == "missing",
        }
        for passage in found
    ]
    if args.json:
        print_json({"query": query, "lang": spoken, "results": rows, "note": note})
        return 0
    if note:
        print(note, end="\n\n")
    for row in rows:
        print(
            f"{row['score']:.3f}  {row['source']} "
            f"[{row['span'][0]}:{row['span'][1]}]\n{row['text']}\n"
        )
    return 0
