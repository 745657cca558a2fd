"""Built-ins with regular expressions, run by RE2: time linear in the text, whatever the pattern.

RE2 has no back-references and no look-around; a pattern with them gives null (DMN's patterns are XPath's,
which have back-references: this is the one thing refused). XPath's class subtraction is worked out here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from ..limits import Evaluation
from .catalogue import Catalogue, text

FUNCTIONS = Catalogue()
MAX_PATTERN = 2_000
MEMORY = 4 << 20
"""Bytes RE2 may use for one pattern."""
_SUBTRACTION = re.compile(r"\[(\^?)([^\[\]\\]*)-\[([^\[\]\\]*)\]\]")
_REPEAT = re.compile(r"\{(\d*),?(\d*)\}")
_BACK_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[0-9]")
_BLOCKS = {"IsBasicLatin": r"\x00-\x7f", "IsLatin-1Supplement": r"\x{80}-\x{ff}"}
_BLOCK = re.compile(r"\\p\{(Is[\w-]+)\}")


class BadPattern(ValueError):
    """A pattern or flags that cannot be used: null to the expression."""


@lru_cache(maxsize=128)
def compiled(pattern: str, flags: str) -> Any:
    """The pattern as an RE2 object; BadPattern when RE2 or XPath does not take it."""
    if len(pattern) > MAX_PATTERN or set(flags) - set("smixq"):
        raise BadPattern(pattern)
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    if "q" in flags:
        options.literal = True
    else:
        pattern = _translate(pattern, flags)
    options.case_sensitive = "i" not in flags
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise BadPattern(str(error)) from None


def _translate(pattern: str, flags: str) -> str:
    """XPath's notation as RE2's."""
    if "x" in flags:
        pattern = _without_spaces(pattern)
    if _BACK_REFERENCE.search(pattern):
        raise BadPattern("back-reference")
    pattern = _SUBTRACTION.sub(lambda found: _subtract(found, "i" in flags), pattern)
    pattern = _BLOCK.sub(lambda found: f"[{_BLOCKS[found[1]]}]" if found[1] in _BLOCKS else found[0], pattern)
    inline = "".join(flag for flag in "sm" if flag in flags)
    return f"(?{inline}){pattern}" if inline else pattern


def _without_spaces(pattern: str) -> str:
    """Flag x: white space is not part of the pattern, except inside a class."""
    kept: list[str] = []
    depth = 0
    for character in pattern:
        if character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        if depth > 0 or not character.isspace():
            kept.append(character)
    return "".join(kept)


def _subtract(found: re.Match[str], fold: bool) -> str:
    """[a-z-[aeiou]] as a plain class."""
    taken = _members(found[3], fold)
    kept = sorted(_members(found[2], fold) - taken)
    if found[1] or not kept:
        raise BadPattern("class subtraction")
    return "[" + "".join(rf"\x{{{code:x}}}" for code in kept) + "]"


def _members(ranges: str, fold: bool) -> set[int]:
    members: set[int] = set()
    index = 0
    while index < len(ranges):
        if ranges[index + 1 : index + 2] == "-" and index + 2 < len(ranges):
            members.update(
                range(ord(ranges[index]), min(ord(ranges[index + 2]), ord(ranges[index]) + 2000) + 1)
            )
            index += 3
        else:
            members.add(ord(ranges[index]))
            index += 1
    if fold:
        members |= {
            ord(form) for code in members for form in (chr(code).lower(), chr(code).upper()) if len(form) == 1
        }
    return members


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
    return compiled(text(pattern), flags or "").search(string) is not None


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
    kept: list[str] = []
    position = 0
    for found in _found(evaluation, string, compiled(text(pattern), flags or "")):
        made = "".join(piece if isinstance(piece, str) else _group(found, piece) for piece in pieces)
        evaluation.spend_text(len(made))
        kept += (string[position : found.start()], made)
        position = found.end()
    kept.append(string[position:])
    evaluation.spend_text(sum(map(len, kept)))
    return "".join(kept)


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
        evaluation.spend(8)
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
