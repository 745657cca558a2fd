"""Deadlines from the command line: listed, seen beforehand, put in force, undone, with the same words as the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from engine.access import SYSTEM
from engine.engine import Engine
from engine.settings import Settings
from tests.engine.timers.test_scheduled_starts import by_itself

ROOT = Path(__file__).resolve().parents[2]
DIAGRAM = ROOT / "tests" / "engine" / "diagrams" / "scadenze.bpmn"
DUE = "scadenze/Approva/due"
Run = Callable[..., Result]


@pytest.fixture
def patti(command_line: Run, sqlite_url: str) -> Run:
    """Runs a command on a database where one case waits for its approval."""
    assert command_line("deploy", str(DIAGRAM)).exit_code == 0
    engine = Engine.open(Settings(database_url=sqlite_url, processes_folder=str(ROOT / "processes")))
    try:
        engine.instances.start("scadenze", {}, SYSTEM, "cremona")
    finally:
        engine.close()
    return command_line


def test_a_deadline_is_listed_seen_beforehand_put_in_force_and_undone(patti: Run) -> None:
    listed = patti("deadlines", "list", "--processo", "scadenze").output
    assert "5 giorni lavorativi dopo l'inizio dell'attesa" in listed
    term = ("genere=dopo", "numero=2", "unita=mesi", "da=avvio")
    seen = patti("deadlines", "preview", DUE, *term).output
    assert "come dice il diagramma → 2 mesi dopo l'avvio della pratica" in seen
    assert "1 si spostano (0 subito in ritardo)" in seen
    assert "2 mesi dopo" not in patti("deadlines", "list").output
    done = patti("--come", "ada", "deadlines", "apply", DUE, *term, "--motivo", "Delibera 12")
    assert "Modifica n. 1" in done.output, done.output
    assert "1 spostate" in done.output
    assert "ovunque: 2 mesi dopo l'avvio della pratica" in patti("deadlines", "list").output
    assert "Delibera 12" in patti("deadlines", "history", DUE).output
    assert "Modifica n. 2: come dice il diagramma; 1 spostate" in patti("deadlines", "undo", "1").output
    assert "2 mesi dopo" not in patti("deadlines", "list").output


def test_the_command_line_asks_what_the_pages_ask(patti: Run) -> None:
    past = ("genere=data", "data=2001-01-31")
    refused = patti("deadlines", "apply", DUE, *past, "--motivo", "x")
    assert refused.exit_code == 1
    assert "subito in ritardo" in refused.output
    assert patti("deadlines", "apply", DUE, *past, "--motivo", "x", "--anche-in-ritardo").exit_code == 0
    assert patti("deadlines", "apply", DUE, *past).exit_code == 2
    assert "Serve un numero intero" in patti("deadlines", "preview", DUE, "genere=dopo", "numero=x").output
    assert "si scrive a campi" in patti("deadlines", "preview", DUE, "domani").output
    assert "non c'è" in patti("deadlines", "preview", "scadenze/Nulla/due", *past).output
    assert "manca il permesso" in patti("--come", "anna", "deadlines", "list").output


def test_what_begins_a_process_by_itself_is_moved_too(patti: Run, tmp_path: Path) -> None:
    diagram = tmp_path / "da_se.bpmn"
    diagram.write_bytes(by_itself("<timeDate>2099-03-03T09:00:00+01:00</timeDate>"))
    assert patti("deploy", str(diagram)).exit_code == 0
    key, term = "da_se/Inizio/start", ("genere=data", "data=2098-05-01", "ora=08:00")
    assert "03/03/2099 alle 09:00" in patti("deadlines", "list").output
    seen = patti("deadlines", "preview", key, *term).output
    assert "avvio" in seen
    assert "01/05/2098 alle 08:00" in seen
    assert "sospese" not in seen
    done = patti("deadlines", "apply", key, *term, "--motivo", "Delibera 12")
    assert "Modifica n. 1" in done.output, done.output
    assert "2098-05-01 08:00" in patti("definition", "starts").output
    past = patti("deadlines", "apply", key, "genere=data", "data=2001-01-31", "--motivo", "x")
    assert past.exit_code == 1
    assert "comincerebbe subito" in past.output
    offset = patti("deadlines", "preview", key, "genere=dopo", "numero=2", "unita=mesi")
    assert "non c'è ancora una pratica da cui contare" in offset.output
    assert "come dice il diagramma" in patti("deadlines", "undo", "1").output
    assert "2099-03-03 09:00" in patti("definition", "starts").output
