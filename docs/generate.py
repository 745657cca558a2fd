"""Writes docs/reference from the code, so that it says what the program does today.

    python docs/generate.py            write the pages
    python docs/generate.py --check    say which pages no longer tell what the code does, and fail

The pages are in Italian: administrators and analysts read them. Each has its file in `docs/pages`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from docs.pages.constructs import constructs_page
from docs.pages.diagrams import diagrams_page
from docs.pages.findings import findings_page
from docs.pages.forms import forms_page
from docs.pages.language import functions_page
from docs.pages.log import log_page
from docs.pages.markdown import ROOT
from docs.pages.program import (
    commands,
    commands_page,
    load_operations,
    operations_page,
    parameters_page,
    permissions_page,
    settings_page,
)
from docs.pages.routes import routes_page
from docs.pages.scenarios import scenarios_page
from docs.pages.tables import data_page

FOLDER = ROOT / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "diagrammi.md": diagrams_page,
    "costrutti.md": constructs_page,
    "osservazioni.md": findings_page,
    "operazioni.md": operations_page,
    "funzioni.md": functions_page,
    "moduli.md": forms_page,
    "scenari.md": scenarios_page,
    "parametri.md": parameters_page,
    "permessi.md": permissions_page,
    "indirizzi.md": routes_page,
    "impostazioni.md": settings_page,
    "comandi.md": commands_page,
    "registro.md": log_page,
    "dati.md": data_page,
}

__all__ = ["FOLDER", "PAGES", "commands", "load_operations", "main", "stale"]


def stale() -> list[str]:
    """Names of the pages that differ from what the code says now."""
    return [
        name
        for name, write in PAGES.items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != write()
    ]


def main() -> None:
    """Write the pages, or check them."""
    if "--check" in sys.argv[1:]:
        old = stale()
        if old:
            sys.exit(
                f"docs/reference non dice più che cosa fa il codice: {', '.join(old)}. Lancia `make docs`."
            )
        return
    FOLDER.mkdir(exist_ok=True)
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
