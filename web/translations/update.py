"""Brings the English catalogue in line with the texts in the code: `python -m web.translations.update`.

New texts are added without translation, those gone are dropped; a test fails while one lacks its translation.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Path(__file__).parent / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}
SOURCES: tuple[tuple[str, str, str], ...] = (
    ("web", "*.py", "python"),
    ("web", "*.html", "jinja2.ext:babel_extract"),
)
OPTIONS = {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}


def texts() -> Iterator[tuple[str | tuple[str, ...], str]]:
    """Every text that the pages may show in another language, with the file that holds it."""
    for folder, pattern, method in SOURCES:
        for file in sorted((ROOT / folder).rglob(pattern)):
            if "node_modules" in file.parts or "static" in file.parts:
                continue
            place = file.relative_to(ROOT).as_posix()
            content = BytesIO(file.read_bytes())
            options = OPTIONS if "jinja2" in method else {"encoding": "utf-8"}
            for _line, message, _comments, _context in extract(
                method, content, keywords=KEYWORDS, options=options
            ):
                yield message, place


def current() -> Catalog:
    """The catalogue as it is."""
    if not CATALOGUE.is_file():
        return Catalog(locale="en")
    with CATALOGUE.open("rb") as handle:
        return read_po(handle, locale="en")


def updated() -> Catalog:
    """The catalogue with exactly the texts of the code and their present translations."""
    before = current()
    after = Catalog(
        locale="en",
        domain="messages",
        project="patti",
        version="0.1",
        charset="utf-8",
        fuzzy=False,
        copyright_holder="",
        header_comment="# English texts of the pages; the message is the Italian text.",
        creation_date=before.creation_date,
        revision_date=before.revision_date,
    )
    places: dict[str | tuple[str, ...], set[str]] = {}
    for message, place in texts():
        places.setdefault(message, set()).add(place)
    for message, found in sorted(places.items(), key=lambda item: str(item[0])):
        key = message[0] if isinstance(message, tuple) else message
        known = before.get(key)
        kept = known.string if known is not None else None
        plural = isinstance(message, tuple)
        empty: str | tuple[str, ...] = ("", "") if plural else ""
        fitting = kept is not None and isinstance(kept, tuple) == plural
        after.add(message, kept if fitting else empty, locations=[(place, 0) for place in sorted(found)])
    return after


def missing(catalogue: Catalog) -> list[str]:
    """The texts without a translation."""
    return [
        str(message.id)
        for message in catalogue
        if message.id and not (all(message.string) if isinstance(message.string, tuple) else message.string)
    ]


def main() -> None:
    """Write the catalogue and print what is missing."""
    catalogue = updated()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as handle:
        write_po(handle, catalogue, width=110, sort_output=False, include_lineno=False)


if __name__ == "__main__":
    main()
