"""A database furnished for the measures: an ambito, a colleague who may do everything asked, the process published."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import modules
from engine.access import SYSTEM, Actor, ChangedBy, accounts
from engine.access.models import Ambito
from engine.clock import Clock
from engine.engine import Engine
from engine.scheduling.calendars.scopes import save_scope
from engine.service_tasks import OperationContext, operation
from engine.settings import Settings
from engine.storage import migrate

ROOT = Path(__file__).resolve().parents[2]
DIAGRAMS = Path(__file__).parent
PROCESS = "lavoro"
WAITING = "attesa"
"""A process that waits for the moment in its variable `quando`, calls the no-op service and gives a task."""
OPERATIONS = __name__
"""The module that registers the no-op service, for processes that know it by name."""
SCOPE = "cremasco"
USER = "anna"
PASSWORD = "quattro gatti sul tetto"
SINCE = date(2016, 1, 1)
FORM_A: dict[str, Any] = {"approva": True, "nota": "va bene così"}
FORM_B: dict[str, Any] = {"ore": 12}


@operation("misura.niente", title="Niente", description="Non fa niente: serve alle misure.")
def nothing(context: OperationContext) -> None:
    """The no-op service of the common piece of work."""


def settings(url: str, **more: Any) -> Settings:
    """The settings of the measures for the database at `url`."""
    chosen = Settings(
        database_url=url, processes_folder=str(ROOT / "processes"), secret_key="only for measures"
    )
    return chosen.with_(**more)


def opened(url: str, *, durable: bool = True, clock: Clock | None = None, remembers: bool = True) -> Engine:
    """An engine on a furnished database, by the machine's clock or another; it `remembers` the cases it has stepped."""
    modules.load()
    chosen = settings(url) if remembers else settings(url, live_instances=0)
    return Engine.open(chosen, clock=clock, upgrade=False, durable=durable)


def furnish(url: str) -> None:
    """Make the tables, the ambito and the account, and publish the process, on an empty database."""
    migrate(url)
    engine = opened(url)
    try:
        by = ChangedBy(SYSTEM.id, engine.clock.now())
        with engine.database.begin() as work:
            save_scope(work.connection, Ambito(SCOPE, "Ambito Cremasco"), by=by)
            accounts.create_account(
                work.connection, USER, "Anna Prova", PASSWORD, by=by, email="a@example.org"
            )
            accounts.add_membership(work.connection, USER, "assistente_sociale", SCOPE, SINCE, by=by)
        engine.deployments.deploy_folder(DIAGRAMS, SYSTEM)
    finally:
        engine.close()


def colleague(engine: Engine) -> Actor:
    """The actor of the account, with the roles it holds."""
    with engine.database.read() as connection:
        found = accounts.actor_for(connection, USER, engine.clock.now().date())
    assert found is not None
    return found
