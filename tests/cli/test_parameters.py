"""Parameters from the command line: listed, tried, put in force, taken back; refused with the sentences of the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from engine.access import SYSTEM
from engine.engine import Engine
from engine.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DIAGRAM = ROOT / "tests" / "engine" / "diagrams" / "scadenze_composte.bpmn"
PLACE = ("scadenze_composte", "risposta_giorni")
Run = Callable[..., Result]


@pytest.fixture
def patti(command_line: Run) -> Run:
    """Runs a command on a database with the process `scadenze_composte`."""
    assert command_line("deploy", str(DIAGRAM)).exit_code == 0
    return command_line


def line_of(listed: str, name: str) -> str:
    """The line of a parameter."""
    return next(line for line in listed.splitlines() if line.startswith(name))


def test_a_value_is_tried_put_in_force_and_taken_back(patti: Run) -> None:
    line = line_of(patti("parameters", "list", "scadenze_composte").output, "risposta_giorni")
    assert "10 giorni" in line
    assert "processo" in line
    assert "da 1 a 60" in line
    assert "Va bene: risposta_giorni può essere 20" in patti("parameters", "check", *PLACE, "20").output
    assert "10 giorni" in line_of(patti("parameters", "list", "scadenze_composte").output, "risposta_giorni")
    done = patti("--come", "ada", "parameters", "set", *PLACE, "20", "--motivo", "x", "--ambito", "cremasco")
    assert done.exit_code == 0, done.output
    inside = patti("parameters", "list", "scadenze_composte", "--ambito", "cremasco/crema").output
    assert "20 giorni" in line_of(inside, "risposta_giorni")
    assert "10 giorni" in line_of(patti("parameters", "list", "scadenze_composte").output, "risposta_giorni")
    assert patti("parameters", "reset", *PLACE, "--motivo", "x", "--ambito", "cremasco").exit_code == 0
    inside = patti("parameters", "list", "scadenze_composte", "--ambito", "cremasco/crema").output
    assert "10 giorni" in line_of(inside, "risposta_giorni")


@pytest.mark.parametrize("value", ["0", "-5", "1000000000", "61"])
@pytest.mark.parametrize(
    "command", [("check",), ("set", "--motivo", "x"), ("set", "--motivo", "x", "--ambito", "cremona")]
)
def test_a_value_outside_the_bounds_is_refused(patti: Run, value: str, command: tuple[str, ...]) -> None:
    before = patti("parameters", "list", "scadenze_composte").output
    answer = patti("parameters", command[0], *PLACE, value, *command[1:])
    assert answer.exit_code == 1
    assert f"non può essere {value}: si accetta da 1 a 60 giorni" in answer.output
    assert patti("parameters", "list", "scadenze_composte").output == before


def test_a_value_that_no_running_case_can_bear_is_refused(
    patti: Run, sqlite_url: str, tmp_path: Path
) -> None:
    """The author's own bounds may be too wide: the running case tells."""
    folder = tmp_path / "scadenze_composte"
    folder.mkdir()
    (tmp_path / DIAGRAM.name).write_bytes(DIAGRAM.read_bytes())
    text = (DIAGRAM.with_suffix("") / "parametri.yaml").read_text(encoding="utf-8")
    (folder / "parametri.yaml").write_text(
        text.replace("massimo: 60", "massimo: 10000000000"), encoding="utf-8"
    )
    assert patti("deploy", str(tmp_path / DIAGRAM.name)).exit_code == 0
    engine = Engine.open(Settings(database_url=sqlite_url, processes_folder=str(ROOT / "processes")))
    try:
        number = engine.instances.start("scadenze_composte", {"avviso": None}, SYSTEM, "cremona").number
    finally:
        engine.close()
    answer = patti("parameters", "set", *PLACE, "1000000000", "--motivo", "x")
    assert answer.exit_code == 1, answer.output
    assert f"non va bene per la pratica n. {number}: in " in answer.output
    assert "Non è cambiato nulla" in answer.output
    assert "10 giorni" in line_of(patti("parameters", "list", "scadenze_composte").output, "risposta_giorni")


def test_a_new_version_warns_of_a_value_in_force_outside_its_bounds(patti: Run, tmp_path: Path) -> None:
    assert patti("parameters", "set", *PLACE, "50", "--motivo", "x").exit_code == 0
    folder = tmp_path / "scadenze_composte"
    folder.mkdir()
    (tmp_path / DIAGRAM.name).write_bytes(DIAGRAM.read_bytes())
    text = (DIAGRAM.with_suffix("") / "parametri.yaml").read_text(encoding="utf-8")
    (folder / "parametri.yaml").write_text(text.replace("massimo: 60", "massimo: 30"), encoding="utf-8")
    answer = patti("deploy", str(tmp_path / DIAGRAM.name))
    assert answer.exit_code == 0
    assert "parametri.yaml:2: [risposta_giorni] (avviso)" in answer.output
    assert "non può essere 50: si accetta da 1 a 30 giorni" in answer.output


def test_the_command_line_asks_what_the_page_asks(patti: Run) -> None:
    assert patti("parameters", "set", *PLACE, "20").exit_code == 2
    assert "motivo" in patti("parameters", "set", *PLACE, "20", "--motivo", " ").output
    assert "non c'è nel processo" in patti("parameters", "check", "scadenze_composte", "boh", "1").output
    assert "manca il permesso" in patti("--come", "anna", "parameters", "list", "scadenze_composte").output
