"""Translates XPath's regular expressions, which DMN uses, to RE2's, which take time linear in the text.

RE2 has no back-references and no look-around: a pattern with them is refused. XPath's class subtraction
([a-z-[aeiou]]) is calculated here for classes of plain characters.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

MAX_PATTERN = 2_000
MEMORY = 4 << 20
"""Bytes RE2 may use for one pattern."""
FLAGS = frozenset("smixq")
LARGEST_CLASS = 2_000
_BLOCKS = {"IsBasicLatin": r"\x00-\x7f", "IsLatin-1Supplement": r"\x{80}-\x{ff}"}


class BadPattern(ValueError):
    """A pattern or flags that cannot be used; the expression gets null."""


@lru_cache(maxsize=128)
def compiled(pattern: str, flags: str) -> Any:
    """The pattern as an RE2 object; BadPattern when RE2 or XPath does not take it."""
    if len(pattern) > MAX_PATTERN or set(flags) - FLAGS:
        raise BadPattern(pattern)
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    options.case_sensitive = "i" not in flags
    if "q" in flags:
        options.literal = True
    else:
        pattern = _Translation(pattern, flags).text()
    try:
        return re2.compile(pattern, options)
    except re2.error:
        raise BadPattern(pattern) from None


class _Translation:
    """The translation of one pattern, read once from left to right."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = pattern
        self.flags = flags
        self.index = 0

    def text(self) -> str:
        """The pattern in RE2's notation."""
        made = "".join(self._pieces())
        inline = "".join(flag for flag in "sm" if flag in self.flags)
        return f"(?{inline}){made}" if inline else made

    def _next(self) -> str:
        """Reads the next character; empty at the end."""
        character = self.pattern[self.index : self.index + 1]
        self.index += 1
        return character

    def _pieces(self) -> list[str]:
        pieces: list[str] = []
        while character := self._next():
            if character == "\\":
                pieces.append(self._escape())
            elif character == "[":
                pieces.append(self._class())
            elif character == "." and "s" not in self.flags:
                pieces.append(r"[^\n\r]")
            elif not ("x" in self.flags and character.isspace()):
                pieces.append(character)
        return pieces

    def _escape(self, *, in_class: bool = False) -> str:
        following = self._next()
        while "x" in self.flags and following.isspace():
            following = self._next()
        if not following or following.isdigit():
            raise BadPattern(self.pattern)
        if following in "pP" and self.pattern[self.index : self.index + 1] == "{":
            return self._property(following, in_class=in_class)
        return "\\" + following

    def _property(self, letter: str, *, in_class: bool) -> str:
        end = self.pattern.find("}", self.index)
        if end < 0:
            raise BadPattern(self.pattern)
        name = self.pattern[self.index + 1 : end]
        if "x" in self.flags:
            name = "".join(name.split())
        self.index = end + 1
        if name not in _BLOCKS:
            return f"\\{letter}{{{name}}}"
        if in_class:
            if letter == "P":
                raise BadPattern(self.pattern)
            return _BLOCKS[name]
        return f"[{'^' if letter == 'P' else ''}{_BLOCKS[name]}]"

    def _class(self) -> str:
        """A class whose opening bracket has been read; with a subtraction, the remaining characters."""
        negated = self.pattern[self.index : self.index + 1] == "^"
        if negated:
            self.index += 1
        written: list[str] = []
        while (character := self._next()) != "]" or not written:
            if not character:
                raise BadPattern(self.pattern)
            if character == "-" and self.pattern[self.index : self.index + 1] == "[":
                self.index += 1
                return self._subtracted(written, negated, self._class())
            written.append(self._escape(in_class=True) if character == "\\" else _escaped(character))
        return f"[{'^' if negated else ''}{''.join(written)}]"

    def _subtracted(self, written: list[str], negated: bool, taken: str) -> str:
        if negated or self._next() != "]":
            raise BadPattern
        fold = "i" in self.flags
        kept = sorted(_members(written, fold) - _members(list(taken[1:-1]), fold))
        if not kept:
            raise BadPattern
        return "[" + "".join(rf"\x{{{code:x}}}" for code in kept) + "]"


def _escaped(character: str) -> str:
    """A character of a class, escaped where RE2 gives it another meaning."""
    return "\\[" if character == "[" else character


def _members(written: list[str], fold: bool) -> set[int]:
    """The characters of a class of plain characters and ranges."""
    if any(len(piece) != 1 or piece == "\\" for piece in written):
        raise BadPattern
    members: set[int] = set()
    index = 0
    while index < len(written):
        last = (
            written[index + 2] if written[index + 1 : index + 2] == ["-"] and index + 2 < len(written) else ""
        )
        first = ord(written[index])
        if last and ord(last) - first > LARGEST_CLASS:
            raise BadPattern
        members.update(range(first, ord(last or written[index]) + 1))
        index += 3 if last else 1
    if fold:
        forms = {form for code in members for form in (chr(code).lower(), chr(code).upper())}
        members |= {ord(form) for form in forms if len(form) == 1}
    return members
