"""Deadlines from the command line: listed, seen beforehand, put in force, undone, with the same words as the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import main
from engine.actors import SYSTEM
from engine.engine import Engine
from engine.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
DIAGRAM = ROOT / "tests" / "engine" / "diagrams" / "scadenze.bpmn"
DUE = "scadenze/Approva/due"
Run = Callable[..., Result]


@pytest.fixture
def patti(sqlite_url: str) -> Run:
    """Runs a command on a database where one case waits for its approval."""
    known = {"PATTI_DATABASE_URL": sqlite_url, "PATTI_PROCESSES_FOLDER": str(ROOT / "processes")}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, env={**known, "PATTI_LOG_LEVEL": "ERROR"})

    assert run("deploy", str(DIAGRAM)).exit_code == 0
    for name, role in (("ada", "amministratore"), ("anna", "assistente_sociale")):
        made = run("user", "create", name, "--nome", name.title(), "--ruolo", role, "--senza-password")
        assert made.exit_code == 0, made.output
    engine = Engine.open(Settings(database_url=sqlite_url, processes_folder=str(ROOT / "processes")))
    try:
        engine.instances.start("scadenze", {}, SYSTEM, "cremona")
    finally:
        engine.close()
    return run


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
