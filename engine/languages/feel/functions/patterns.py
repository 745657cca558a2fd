"""Built-ins with regular expressions: matches, replace, split. RE2 runs the patterns (see `regex.py`)."""

from __future__ import annotations

import re
from typing import Any

from engine.languages.feel.functions.declaration import FunctionGroup, text
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.regex import compiled

FUNCTIONS = FunctionGroup()


def _flags(flags: Any) -> str:
    return "" if flags is None else text(flags)


@FUNCTIONS.add(
    "matches",
    ("input", "pattern"),
    ("input", "pattern", "flags"),
    bounded=True,
    description="Vero se il testo contiene qualcosa che corrisponde al modello",
)
def matches(evaluation: Evaluation, string: Any, pattern: Any, flags: Any = "") -> bool:
    """Whether the pattern is found in the text."""
    evaluation.spend(len(text(string)) // 8 + 20)
    return compiled(text(pattern), _flags(flags)).search(string) is not None


@FUNCTIONS.add(
    "replace",
    ("input", "pattern", "replacement"),
    ("input", "pattern", "replacement", "flags"),
    bounded=True,
    description="Il testo con ogni corrispondenza del modello sostituita",
)
def replace(evaluation: Evaluation, string: Any, pattern: Any, replacement: Any, flags: Any = "") -> str:
    """Every match replaced; $0 to $9 in the replacement are groups."""
    pieces = _replacement(text(replacement))
    output: list[str] = []
    position = 0
    for found in _found(evaluation, string, compiled(text(pattern), _flags(flags))):
        made = "".join(piece if isinstance(piece, str) else _group(found, piece) for piece in pieces)
        evaluation.spend_text(len(made))
        output += (string[position : found.start()], made)
        position = found.end()
    output.append(string[position:])
    evaluation.spend_text(sum(map(len, output)))
    return "".join(output)


def _replacement(written: str) -> list[str | int]:
    """A replacement as plain texts and group numbers."""
    return [
        int(piece[1]) if piece[0] == "$" and piece[1:].isdigit() else piece[-1] if piece[0] == "\\" else piece
        for piece in re.findall(r"\$\d|\\[$\\]|[^$\\]+|.", written, re.DOTALL)
    ]


def _group(found: Any, number: int) -> str:
    try:
        return found.group(number) or ""
    except IndexError:
        return ""


def _found(evaluation: Evaluation, string: Any, pattern: Any) -> Any:
    evaluation.spend(len(text(string)) // 8 + 20)
    for found in pattern.finditer(string):
        evaluation.spend(25)
        yield found


@FUNCTIONS.add(
    "split",
    ("string", "delimiter"),
    bounded=True,
    description="I pezzi di un testo fra una corrispondenza del modello e l'altra",
)
def split(evaluation: Evaluation, string: Any, delimiter: Any) -> list[str]:
    """The pieces between the matches."""
    pieces: list[str] = []
    position = 0
    for found in _found(evaluation, string, compiled(text(delimiter), "")):
        pieces.append(string[position : found.start()])
        position = found.end()
    evaluation.spend_items(len(pieces) + 1)
    return [*pieces, string[position:]]
