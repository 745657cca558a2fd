"""Moving cases through the pages: versions, mapping, preview, reason, progress; and the same from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import main
from engine.access import SYSTEM
from tests.engine.definition_versions import redeploy
from tests.web.people import DEFINITIONS, ROOT, Desk, Office

RENAMED = ("Task_Scheda", "Task_Profilo")
ANOTHER = ("Scrivi la scheda sociale", "Scrivi il profilo sociale")


@pytest.fixture
def cases(office: Office) -> list[str]:
    """Three cases, and a new version in which their open task has another id and name."""
    opened = [office.case(cognome=name) for name in ("Uno", "Due", "Tre")]
    redeploy(office.engine, DEFINITIONS / "prova.bpmn", RENAMED, ANOTHER)
    return opened


def _versions(office: Office, cases: list[str]) -> set[int]:
    return {office.engine.instances.get(case, SYSTEM).definition_version for case in cases}


def test_from_the_choice_of_versions_to_the_report(office: Office, cases: list[str]) -> None:
    ada = office.desk("ada")
    assert "Passaggi di versione" in ada.get("/amministrazione/").text
    assert "prova:2" in ada.get("/amministrazione/passaggi").text
    page = ada.get("/amministrazione/passaggi/piano?a=prova:2").text
    assert 'name="e.Task_Scheda"' in page
    plan = {"da": "prova:1", "a": "prova:2"}
    unmapped = ada.post("/amministrazione/passaggi/anteprima", **plan).text
    assert "Manca un corrispondente" in unmapped
    assert "Fai passare" not in unmapped
    plan["e.Task_Scheda"] = "Task_Profilo"
    preview = ada.post("/amministrazione/passaggi/anteprima", **plan).text
    assert "3 pratiche su 3 possono passare" in preview
    assert "Fai passare 3 pratiche" in preview
    refused = ada.post("/amministrazione/passaggi", **plan, motivo=" ")
    assert refused.status_code == 422
    assert _versions(office, cases) == {1}
    page = ada.post("/amministrazione/passaggi", **plan, motivo="Delibera 7", follow=True).text
    assert "0 di 3" in page
    office.engine.run_due()
    assert _versions(office, cases) == {2}
    listed = ada.get("/amministrazione/passaggi").text
    assert "3 di 3" in listed
    assert "Delibera 7" in listed


def test_a_plan_that_does_not_hold_says_why_and_can_be_corrected(office: Office, cases: list[str]) -> None:
    ada = office.desk("ada")
    plan = {"da": "prova:1", "a": "prova:2", "e.Task_Scheda": "Boh"}
    answer = ada.post("/amministrazione/passaggi/anteprima", **plan)
    assert answer.status_code == 422
    assert "MIGRATION_UNKNOWN_ELEMENT" in answer.text
    back = ada.post("/amministrazione/passaggi", **plan, azione="correggi")
    assert back.status_code == 200
    assert _versions(office, cases) == {1}


def test_only_who_may_move_cases_opens_the_pages(anna: Desk, cases: list[str]) -> None:
    assert anna.get("/amministrazione/passaggi").status_code == 403
    assert anna.post("/amministrazione/passaggi", da="prova:1", a="prova:2", motivo="x").status_code == 403


def test_the_same_from_the_command_line(
    office: Office, cases: list[str], furnished_url: str, tmp_path: Path
) -> None:
    def patti(*arguments: str) -> Result:
        environment = {
            "PATTI_DATABASE_URL": furnished_url,
            "PATTI_PROCESSES_FOLDER": str(ROOT / "processes"),
            "PATTI_LOG_LEVEL": "ERROR",
        }
        return CliRunner().invoke(main, arguments, env=environment)

    file = tmp_path / "piano.yaml"
    proposed = patti("migrate", "plan", "prova:2", "--su", str(file))
    assert proposed.exit_code == 0
    assert "Da decidere: Task_Scheda" in proposed.output
    held = patti("migrate", "preview", str(file))
    assert held.exit_code == 1
    assert "manca un corrispondente" in held.output
    file.write_text(file.read_text().replace("elementi: {}", "elementi: {Task_Scheda: Task_Profilo}"))
    assert "3 possono passare" in patti("migrate", "preview", str(file)).output
    assert patti("migrate", "apply", str(file)).exit_code == 2  # a reason is needed
    done = patti("migrate", "apply", str(file), "--motivo", "Delibera 7")
    assert "Operazione n. 1" in done.output
    assert "3 di 3: 3 passata" in done.output
    assert "3 di 3" in patti("migrate", "status", "1").output
    assert _versions(office, cases) == {2}
