"""Renders a template and its data to a PDF: tagged (PDF/UA-1), archivable (PDF/A-2a), reproducible byte for byte.

The template reads its data as JSON, never as Typst source, so text that a person typed is printed as it is. Only the
fonts embedded in the typesetter are used, so the result is the same on every machine.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from engine.errors import ExecutionFailed

TEMPLATES = Path(__file__).with_name("templates")
STANDARDS: list[typst.PDFStandard] = ["ua-1", "a-2a"]
"""The standards of every document: Typst refuses to write a file that does not comply."""

_UNPRINTABLE = re.compile(r'(?:the text|the codepoint|contains the codepoint) `"(?P<text>.+?)"`')
_ATTEMPTS = 24
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def render(template: str, data: Mapping[str, Any], *, created_at: datetime) -> bytes:
    """The PDF of `templates/<template>.typ` filled with `data` (texts, numbers, lists, mappings: what JSON holds).

    `created_at` (aware) becomes the creation date written in the file. A character that no font can draw is printed as
    the replacement character. Raises ExecutionFailed when the template cannot be typeset.
    """
    clean: Any = _printable(data)
    for _ in range(_ATTEMPTS):
        try:
            return _compile(template, clean, created_at)
        except typst.TypstError as problem:
            missing = _missing_character(problem.message)
            if missing is None:
                raise ExecutionFailed(
                    "DOCUMENT_NOT_TYPESET", template=template, problem=problem.message
                ) from problem
            clean = _replace(clean, lambda text, gone=missing: text.replace(gone, _REPLACEMENT))
    return _compile(template, _replace(clean, _latin_greek_cyrillic), created_at)


def _compile(template: str, data: Any, created_at: datetime) -> bytes:
    compiler = typst.Compiler(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"dati": json.dumps(data, ensure_ascii=False)},
    )
    content = compiler.compile(
        format="pdf", pdf_standards=STANDARDS, timestamp=created_at.astimezone(UTC).replace(microsecond=0)
    )
    assert isinstance(content, bytes)
    return content


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def _printable(value: Any) -> Any:
    """Texts in composed form, without control characters; every ending of a line becomes one."""

    def clean(text: str) -> str:
        text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
        return "".join(
            _REPLACEMENT if unicodedata.category(character) in ("Cs", "Co", "Cn") else character
            for character in text
            if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf")
        )

    return _replace(value, clean)


def _replace(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _replace(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replace(item, change) for item in value]
    return value


def _missing_character(message: str) -> str | None:
    match = _UNPRINTABLE.search(message)
    if match is None:
        return None
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), match["text"])


def _latin_greek_cyrillic(text: str) -> str:
    """The text with every character outside Latin, Greek and Cyrillic replaced; used after `_ATTEMPTS` replacements."""
    return "".join(
        character
        if ord(character) < 0x530 or 0x1E00 <= ord(character) < 0x2070 or character in "€−≤≥"
        else _REPLACEMENT
        for character in text
    )
