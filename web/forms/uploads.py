"""Files that came with a form: which field each belongs to, and whether it may be attached there."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from engine.languages.forms import Field, Form, Kind, number_text
from engine.languages.forms.paths import parse_input_name, path_pattern
from engine.localization import message

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file for the field called `name`: attach it, then add the attachment's id to the field's strings."""

    name: str
    filename: str
    media_type: str
    content: bytes


def read_uploads(
    form: Form, files: Any, *, max_megabytes: int = 10
) -> tuple[tuple[Upload, ...], dict[str, str]]:
    """The files of a request (a MultiDict of FileStorage) that may be attached; a sentence for each of the others."""
    uploads: list[Upload] = []
    errors: dict[str, str] = {}
    for name, storage in files.items(multi=True):
        if not storage.filename:
            continue
        path = parse_input_name(name)
        field = form.inputs.get(path_pattern(path)) if path else None
        if not isinstance(field, Field) or field.kind is not Kind.FILEPICKER or field.disabled:
            continue
        content = storage.stream.read(max_megabytes * MEGABYTE + 1)
        storage.close()
        filename = PurePosixPath(storage.filename.replace("\\", "/")).name[:200]
        problem = _problem(field, filename, content, max_megabytes)
        if problem:
            errors[name] = problem
        else:
            media_type = mimetypes.guess_type(filename)[0] or "application/octet-stream"
            uploads.append(Upload(name, filename, media_type, content))
    return tuple(uploads), errors


def _problem(field: Field, filename: str, content: bytes, max_megabytes: int) -> str | None:
    if not content:
        return message("UPLOAD_EMPTY", file=filename)
    if len(content) > max_megabytes * MEGABYTE:
        return message("UPLOAD_TOO_LARGE", file=filename, most=max_megabytes)
    if field.accept and not is_accepted(filename, kinds_of(field.accept)):
        return message(
            "UPLOAD_WRONG_TYPE",
            file=filename,
            kinds=", ".join(kinds_of(field.accept)),
        )
    return None


def kinds_of(accept: str) -> tuple[str, ...]:
    """The kinds of file an `accept` attribute lists."""
    return tuple(kind.strip().lower() for kind in accept.split(",") if kind.strip())


def is_accepted(filename: str, kinds: Iterable[str]) -> bool:
    """Whether a file's name is of one of these kinds (".pdf", "image/*", "application/pdf")."""
    media_type = mimetypes.guess_type(filename)[0] or ""
    for kind in kinds:
        if kind.startswith(".") and filename.lower().endswith(kind):
            return True
        if kind == media_type or (kind.endswith("/*") and media_type.startswith(kind[:-1])):
            return True
    return False


def size_text(size: int) -> str:
    """A file's size in words, empty when it is not known."""
    if size <= 0:
        return ""
    if size < MEGABYTE:
        return f"{max(1, round(size / 1024))} kB"
    return f"{number_text(Decimal(size) / MEGABYTE, 1)} MB"
