"""Read a grammar without recursion (GBNF, as llama.cpp has it) as a regular expression."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r'(?P<literal>"(?:[^"\\]|\\.)*")|(?P<other>\[(?:[^\]\\]|\\.)*\]|\{\d+,\d+\}|[()|?+*])|(?P<name>\w+)'
)
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


def allows(grammar: str, text: str) -> bool:
    """Tell whether a model that writes under `grammar` could write exactly `text`."""
    rules = dict(line.split(" ::= ", 1) for line in grammar.splitlines())
    return re.fullmatch(_pattern("root", rules), text) is not None


def _pattern(name: str, rules: dict[str, str]) -> str:
    parts = []
    for token in _TOKEN.finditer(rules[name]):
        if token["literal"]:
            said = re.sub(r"\\.", lambda m: _ESCAPES[m.group()], token["literal"][1:-1])
            parts.append(f"(?:{re.escape(said)})")
        else:
            parts.append(token["other"] or _pattern(token["name"], rules))
    return f"(?:{''.join(parts)})"
