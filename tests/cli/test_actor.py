"""Commands given in somebody's name: the log says who, and their roles say what they may do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from cli.__main__ import main
from engine.access import SYSTEM
from engine.engine import Engine
from engine.settings import Settings
from engine.storage.tables import event
from engine.storage.tables.batches import batch

ROOT = Path(__file__).resolve().parents[2]
DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:c="http://camunda.org/schema/1.0/bpmn"><process id="lavoro" name="Lavoro" isExecutable="true">
  <startEvent id="i"/><sequenceFlow id="f" sourceRef="i" targetRef="Prepara"/>
  <userTask id="Prepara" name="Prepara" c:candidateGroups="tutor"/>
  <sequenceFlow id="g" sourceRef="Prepara" targetRef="Sollecita"/>
  <userTask id="Sollecita" name="Sollecita" c:candidateGroups="tutor"/>
  <sequenceFlow id="h" sourceRef="Sollecita" targetRef="e"/><endEvent id="e"/></process></definitions>"""
Run = Callable[..., Result]


@pytest.fixture
def diagram(tmp_path: Path) -> str:
    """A process of two tasks, as a file."""
    file = tmp_path / "lavoro.bpmn"
    file.write_text(DIAGRAM, encoding="utf-8")
    return str(file)


@pytest.fixture
def patti(sqlite_url: str, diagram: str) -> Run:
    """Runs a command on a database with two cases, an administrator and a social worker."""

    def run(*arguments: str, **environment: str) -> Result:
        known = {"PATTI_DATABASE_URL": sqlite_url, "PATTI_PROCESSES_FOLDER": str(ROOT / "processes")}
        return CliRunner().invoke(main, arguments, env={**known, "PATTI_LOG_LEVEL": "ERROR", **environment})

    assert run("deploy", diagram).exit_code == 0
    for name, role in (("ada", "amministratore"), ("anna", "assistente_sociale")):
        made = run("user", "create", name, "--nome", name.title(), "--ruolo", role, "--senza-password")
        assert made.exit_code == 0, made.output
    engine = Engine.open(Settings(database_url=sqlite_url, processes_folder=str(ROOT / "processes")))
    try:
        for _ in range(2):
            engine.instances.start("lavoro", {"conta": False}, SYSTEM, "cremona")
    finally:
        engine.close()
    return run


def who(sqlite_url: str, kind: str) -> list[str]:
    """Who the log names for a kind of event, in order."""
    engine = Engine.open(Settings(database_url=sqlite_url, processes_folder=str(ROOT / "processes")))
    try:
        with engine.database.read() as connection:
            found = connection.execute(
                select(event.c.actor_id).where(event.c.kind == kind).order_by(event.c.id)
            )
            return list(found.scalars())
    finally:
        engine.close()


def test_the_log_names_who_gave_the_command(patti: Run, sqlite_url: str) -> None:
    assert patti("--come", "ada", "instances", "suspend", "1", "--motivo", "Prova").exit_code == 0
    assert patti("instances", "suspend", "2", "--motivo", "Prova", PATTI_COME="ada").exit_code == 0
    assert patti("batch", "create", "resume", "--motivo", "Prova").exit_code == 0
    assert who(sqlite_url, "instance.suspended") == ["ada", "ada"]
    assert who(sqlite_url, "instance.resumed") == ["sistema", "sistema"]
    assert patti("--come", "ada", "user", "create", "bea", "--nome", "Bea", "--senza-password").exit_code == 0


def test_many_cases_are_modified_in_somebodys_name(patti: Run, sqlite_url: str) -> None:
    change = ("--togli", "Prepara", "--prima", "Sollecita", "--variabile", "conta = true")
    done = patti("--come", "ada", "batch", "create", "modify", *change, "--motivo", "Prova")
    assert "2 pratiche, 2 fatte" in done.output, done.output
    assert who(sqlite_url, "instance.modified") == ["ada", "ada"]
    assert "ada" in patti("batch", "list").output
    listed = patti("instances", "list", "--elemento", "Sollecita").output
    assert len([line for line in listed.splitlines() if "lavoro:1" in line]) == 2


def test_a_user_may_do_what_the_roles_allow_and_no_more(patti: Run, diagram: str) -> None:
    for arguments in (
        ("batch", "create", "suspend", "--motivo", "Prova"),
        ("incidents", "groups"),
        ("user", "create", "bea", "--nome", "Bea", "--senza-password"),
        ("ambito", "save", "crema", "--nome", "Crema"),
        ("definition", "suspend", "lavoro", "--motivo", "Prova"),
        ("deploy", diagram),
    ):
        refused = patti("--come", "anna", *arguments)
        assert refused.exit_code == 1, arguments
        assert "manca il permesso" in refused.output, refused.output
    assert "«zoe» non c'è" in patti("--come", "zoe", "batch", "list").output


def test_options_that_mean_nothing_are_refused(patti: Run) -> None:
    for arguments in (
        ("modify",),
        ("variables",),
        ("suspend", "--togli", "A"),
        ("retry", "--variabile", "a = 1"),
    ):
        refused = patti("batch", "create", *arguments, "--motivo", "Prova")
        assert refused.exit_code == 2, arguments


def test_the_operation_remembers_what_was_asked(patti: Run, sqlite_url: str) -> None:
    patti("--come", "ada", "batch", "create", "variables", "--variabile", "conta = true", "--motivo", "Prova")
    engine = Engine.open(Settings(database_url=sqlite_url, processes_folder=str(ROOT / "processes")))
    try:
        with engine.database.read() as connection:
            row = connection.execute(select(batch)).one()
    finally:
        engine.close()
    assert (row.actor_id, row.payload["values"], row.reason) == ("ada", {"conta": True}, "Prova")
