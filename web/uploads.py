"""Uploads and downloads: the type of a file is detected from its content; files are sent as attachments only."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from flask import Response
from werkzeug.datastructures import FileStorage

from engine.errors import InvalidInput
from web import current

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)

OFFICE: dict[str, str] = {
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

EXTENSIONS: dict[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "text/plain": ("txt", "csv"),
    **{media_type: (extension,) for extension, media_type in OFFICE.items()},
}


@dataclass(frozen=True)
class Upload:
    """A received file whose size and type are accepted."""

    filename: str
    media_type: str
    content: bytes


def receive(file: FileStorage | None) -> Upload:
    """Read an uploaded file. Raises InvalidInput when there is none, it is too large, or not of an accepted kind."""
    if file is None or not file.filename:
        raise InvalidInput("FILE_NOT_CHOSEN")
    limit = current.settings().max_upload_mb * 1024 * 1024
    content = file.stream.read(limit + 1)
    name = clean_name(file.filename)
    if len(content) > limit:
        raise InvalidInput("ATTACHMENT_TOO_LARGE", name=name, mb=limit // 1024 // 1024)
    if not content:
        raise InvalidInput("ATTACHMENT_EMPTY", name=name)
    media_type = sniff(content, name)
    if media_type is None or PurePosixPath(name).suffix.lstrip(".").lower() not in EXTENSIONS[media_type]:
        raise InvalidInput("ATTACHMENT_TYPE_REFUSED", name=name)
    return Upload(name, media_type, content)


def sniff(content: bytes, filename: str) -> str | None:
    """The media type detected from the content; None when it is not an accepted one."""
    for signature, media_type in SIGNATURES:
        if content.startswith(signature):
            return media_type
    extension = PurePosixPath(filename).suffix.lstrip(".").lower()
    if content.startswith(b"PK\x03\x04"):
        return OFFICE.get(extension) if _is_office(content, extension) else None
    if extension in ("txt", "csv"):
        return "text/plain" if b"\x00" not in content and _is_text(content) else None
    return None


def clean_name(filename: str) -> str:
    """A file's own name without folders, control characters and what file systems refuse."""
    base = filename.replace("\\", "/").rsplit("/", 1)[-1]
    base = re.sub(r'[\x00-\x1f\x7f<>:"|?*\u202a-\u202e\u2066-\u2069]', "_", base).strip(" .")
    stem, dot, extension = base.rpartition(".")
    return f"{stem[:100]}{dot}{extension[:10]}" if dot else base[:100] or "file"


def download(content: bytes, filename: str, media_type: str) -> Response:
    """An answer that a browser saves and never shows or runs."""
    answer = Response(content, mimetype=media_type)
    plain = (
        filename.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    )
    encoded = quote(filename, safe="")
    answer.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _is_office(content: bytes, extension: str) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names: Any = archive.namelist()
            if extension in ("odt", "ods"):
                return names[:1] == ["mimetype"] and archive.getinfo("mimetype").file_size < 200
            inner = {"docx": "word/", "xlsx": "xl/"}.get(extension)
            return bool(inner) and any(name.startswith(inner) for name in names)
    except (zipfile.BadZipFile, KeyError, ValueError):
        return False


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return not any(octet < 9 for octet in content)
    return True
