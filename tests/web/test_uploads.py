"""Files that come in: their bytes tell what they are, their names do no harm."""

from __future__ import annotations

import io
import zipfile

import pytest

from web.uploads import clean_name, download, sniff


def _zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (b"%PDF-1.7", "a.pdf", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n0000", "a.png", "image/png"),
        (b"\xff\xd8\xff\xe0", "a.jpg", "image/jpeg"),
        ("però".encode(), "a.txt", "text/plain"),
        (_zipped("mimetype", "content.xml"), "a.odt", "application/vnd.oasis.opendocument.text"),
        (
            _zipped("[Content_Types].xml", "word/document.xml"),
            "a.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"<html><script>", "a.html", None),
        (b"<svg onload=alert(1)>", "a.svg", None),
        (b"MZ\x90\x00", "a.txt", None),
        (_zipped("virus.exe"), "a.docx", None),
        (b"PK\x03\x04 broken", "a.xlsx", None),
    ],
)
def test_what_a_file_is(content: bytes, name: str, found: str | None) -> None:
    assert sniff(content, name) == found


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\foto.png", "foto.png"),
        ('a"b\r\n.pdf', "a_b__.pdf"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("...", "file"),
        ("lettera di però.pdf", "lettera di però.pdf"),
    ],
)
def test_what_a_name_becomes(name: str, clean: str) -> None:
    assert clean_name(name) == clean


def test_a_file_goes_out_to_be_saved_only() -> None:
    answer = download(b"x", 'così "fan" tutte.pdf', "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''cos%C3%AC" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
