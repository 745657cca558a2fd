"""Normalizes typed texts and refuses control characters."""

from __future__ import annotations

import unicodedata

from engine.localization import message

MAX_LINE = 2_000
MAX_TEXT = 50_000
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff")


def clean_text(text: str, *, several_lines: bool) -> tuple[str | None, str | None]:
    """(text, problem): the text stripped, in NFC, with "\\n" as line end, or None when it is empty.

    Control characters and invisible characters that change the direction of writing are refused.
    """
    limit = MAX_TEXT if several_lines else MAX_LINE
    if len(text) > limit:
        return None, message("FIELD_TEXT_TOO_LONG", limit=limit)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not several_lines:
        text = text.replace("\t", " ")
        if "\n" in text:
            return None, message("FIELD_TEXT_NOT_ON_ONE_LINE")
    for character in "" if text.isprintable() else text:  # what is refused is never printable
        if _unwanted(character):
            return None, message(
                "FIELD_INVISIBLE_CHARACTER",
                code=f"{ord(character):04X}",
            )
    return text or None, None


def _unwanted(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in _DIRECTION_MARKS or unicodedata.category(character) in ("Cc", "Cs")
