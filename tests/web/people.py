"""A small office for the tests of the pages: invented colleagues, one process, a clock that tests move."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.access import SYSTEM, ChangedBy, accounts
from engine.access.models import Ambito
from engine.clock import VirtualClock
from engine.engine import Engine
from engine.scheduling.calendars.scopes import save_scope
from engine.settings import Settings
from tests.pages import pages_over

ROOT = Path(__file__).resolve().parents[2]
DEFINITIONS = Path(__file__).parent / "definizioni"
PASSWORD = "quattro gatti sul tetto"
START = datetime(2016, 1, 28, 10, tzinfo=ZoneInfo("Europe/Rome"))

COLLEAGUES: tuple[tuple[str, str, str, str], ...] = (
    ("anna", "Anna Prova", "assistente_sociale", "cremasco"),
    ("bruno", "Bruno Esempio", "assistente_sociale", "cremasco"),
    ("marta", "Marta Finta", "microequipe", "cremasco"),
    ("carlo", "Carlo Inventato", "coordinatore_patti", "cremasco"),
    ("olga", "Olga Altrove", "assistente_sociale", "casalasco"),
    ("tino", "Tino Tutori", "tutor", "cremasco"),
    ("ada", "Ada Amministra", "amministratore", ""),
)

APPLICATION = {
    "cognome": "Fittizi",
    "nome": "Ugo",
    "data_nascita": "1990-02-10",
    "codice_fiscale": "",
    "motivo_senza_codice": "in attesa",
}


def furnish_database(url: str) -> None:
    """Furnish the database at an address, which has its tables already."""
    settings = Settings(database_url=url, processes_folder=str(ROOT / "processes"))
    engine = Engine.open(settings, clock=VirtualClock(START), upgrade=False)
    try:
        furnish(engine)
    finally:
        engine.close()


def furnish(engine: Engine) -> None:
    """Write ambiti and colleagues and publish the process."""
    by = ChangedBy(SYSTEM.id, engine.clock.now())
    with engine.database.begin() as work:
        for path, name in (
            ("cremasco", "Ambito Cremasco"),
            ("cremasco/crema", "Crema"),
            ("casalasco", "Casalasco"),
        ):
            save_scope(work.connection, Ambito(path, name), by=by)
        for username, name, role, scope in COLLEAGUES:
            accounts.create_account(
                work.connection, username, name, PASSWORD, by=by, email=f"{username}@example.org"
            )
            accounts.add_membership(work.connection, username, role, scope, date(2016, 1, 1), by=by)
    engine.deployments.deploy_folder(DEFINITIONS, SYSTEM)


@dataclass
class Office:
    """The pages over a furnished engine."""

    app: Flask
    engine: Engine
    clock: VirtualClock

    @classmethod
    def open(cls, database_url: str, **settings: Any) -> Office:
        """An office on a furnished database, whose clock stands at START."""
        clock = VirtualClock(START)
        chosen = Settings(
            database_url=database_url,
            processes_folder=str(ROOT / "processes"),
            secret_key="for tests only",
            login_rate="1000 per minute",
            embedded_jobs=False,
        ).with_(**settings)
        engine = Engine.open(chosen, clock=clock, upgrade=False, durable=False)
        return cls(pages_over(engine, chosen), engine, clock)

    def desk(self, username: str = "") -> Desk:
        """A browser; signed in when a user name is given."""
        desk = Desk(self.app.test_client())
        if username:
            answer = desk.post("/accedi", utente=username, password=PASSWORD)
            assert answer.status_code == 302, answer.text
            desk.get("/profilo")
        return desk

    def case(self, **more: str) -> str:
        """The id of a new case of Ugo Fittizi, opened by Anna."""
        values = {**APPLICATION, **more}
        return self.engine.instances.start("prova", values, self.actor("anna"), "cremasco/crema").id

    def actor(self, username: str) -> Any:
        """The actor of a colleague."""
        with self.engine.database.read() as connection:
            return accounts.actor_for(connection, username, date(2016, 1, 28))

    def task(self, instance_id: str) -> str:
        """The id of the case's first open task."""
        return self.engine.inbox.of_instance(instance_id, SYSTEM)[0].id

    def advance(self, **span: float) -> None:
        """Move the clock and let what is due happen."""
        self.clock.advance(timedelta(**span))
        self.engine.run_due()


class Desk:
    """A browser without JavaScript that sends the CSRF token of the last page, as a form does."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._token = ""

    def get(self, address: str, *, follow: bool = False, **headers: str) -> TestResponse:
        """Open a page."""
        return self._seen(self.client.get(address, headers=headers, follow_redirects=follow))

    def post(self, address: str, *, headers: Any = None, follow: Any = False, **fields: Any) -> TestResponse:
        """Send a form."""
        if not self._token:
            self.get("/accedi")
        if not self._token:
            self.get("/profilo")
        data = {"csrf_token": self._token, **fields}
        return self._seen(self.client.post(address, data=data, headers=headers, follow_redirects=follow))

    def _seen(self, answer: TestResponse) -> TestResponse:
        if answer.mimetype == "text/html" and (
            found := re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        ):
            self._token = found[1]
        for one in (answer, *answer.history):
            one.request.input_stream.close()  # a file of its own when much was sent
        return answer
