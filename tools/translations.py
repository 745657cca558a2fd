"""Compiles the message catalogues of `web/translations` that are newer than their compiled form."""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).resolve().parent.parent / "web" / "translations"


def main() -> None:
    """Compile what changed. Exits with a sentence when a catalogue has an error."""
    for source in sorted(CATALOGUES.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3], abort_invalid=True)
        for message, errors in catalogue.check():
            sys.exit(f"{source}:{message.lineno}: {errors[0]}")
        with target.open("wb") as file:
            write_mo(file, catalogue)


if __name__ == "__main__":
    main()
