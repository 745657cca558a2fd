"""The page of addresses: every page of the site and who may open it, as the views declare."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from inspect import getdoc
from pathlib import Path

from flask import Flask

from docs.pages.markdown import ROOT, page, table
from engine.engine import Engine
from engine.settings import Settings
from web.access import Access, of_endpoint
from web.app import create_app

AREAS = {
    "account": "Accesso e profilo",
    "inbox": "Compiti",
    "tasks": "La pagina di un compito",
    "files": "Note e allegati",
    "instances": "Pratiche, persone, ricerca",
    "records": "Documenti e rendiconti",
    "starting": "Nuova pratica",
    "admin": "Amministrazione",
    "health": "Salute",
    "static": "File delle pagine",
}


@contextmanager
def site() -> Iterator[Flask]:
    """The application, on a temporary database."""
    with tempfile.TemporaryDirectory(prefix="patti-", ignore_cleanup_errors=True) as folder:
        settings = Settings(
            database_url=f"sqlite:///{Path(folder) / 'pagine.db'}",
            processes_folder=str(ROOT / "processes"),
            secret_key="pagine",
            embedded_jobs=False,
        )
        with closing(Engine.open(settings)) as engine:
            yield create_app(engine, settings)


def who(access: Access | None) -> str:
    """Whom a view opens to, in Italian."""
    if access is None:
        return "nessuno"
    if not access.signed_in:
        return "tutti"
    return " oppure ".join(f"`{one}`" for one in access.permissions) or "chi è entrato"


def routes_page() -> str:
    """Every address, by area."""
    by_area: dict[str, list[tuple[str, str, str, str]]] = {}
    with site() as app:
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            about = (getdoc(app.view_functions[rule.endpoint]) or "").split("\n\n")[0]
            if rule.endpoint == "static":
                about = "Scripts, styles and icons, named by their content."
            row = (methods, f"`{rule.rule}`", who(of_endpoint(app, rule.endpoint)), about)
            by_area.setdefault(rule.endpoint.split(".")[0], []).append(row)
    order = [*AREAS, *sorted(set(by_area) - set(AREAS))]
    sections = [
        f"## {AREAS.get(area, area)}\n\n"
        + table(("Metodo", "Indirizzo", "Chi può", "In breve"), by_area[area])
        for area in order
        if area in by_area
    ]
    return page(
        "Indirizzi delle pagine",
        "Ogni indirizzo del sito e a chi si apre. Una pagina che non lo dichiara resta chiusa. Dove si "
        "legge «chi è entrato» decide il motore, sul singolo compito o sulla singola pratica; un "
        "[permesso](permessi.md) si chiede nell'ambito della cosa. Chi non è entrato va alla pagina di "
        "accesso; a chi non può si risponde 403, e il tentativo resta nel registro del server. Ogni `POST` "
        "porta il gettone contro le richieste contraffatte. La colonna «In breve» viene dal codice, in "
        "inglese.",
        *sections,
    )
