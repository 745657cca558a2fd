"""What the command line says and how it ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import main
from tests.engine.temporal.test_ics_closings import file_of

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "web" / "definizioni"
Run = Callable[..., Result]


@pytest.fixture
def patti(sqlite_url: str) -> Run:
    """Runs a command on a database of its own."""

    def run(*arguments: str, given: str = "") -> Result:
        environment = {
            "PATTI_DATABASE_URL": sqlite_url,
            "PATTI_PROCESSES_FOLDER": str(ROOT / "processes"),
            "PATTI_LOG_LEVEL": "ERROR",
        }
        return CliRunner().invoke(main, arguments, input=given, env=environment)

    return run


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A folder with one small process."""
    folder = tmp_path / "processi"
    shutil.copytree(SAMPLE, folder)
    return folder


@pytest.mark.parametrize(
    "command",
    [
        *("serve", "worker", "deploy", "lint", "simulate", "migrate", "db", "demo", "user", "user role"),
        *("ambito", "instances", "batch", "incidents", "definition", "calendar", "message", "signal"),
    ],
)
def test_every_command_explains_itself(patti: Run, command: str) -> None:
    answer = patti(*command.split(), "--help")
    assert answer.exit_code == 0
    assert len(answer.output) > 150


def test_deploying_twice_publishes_once(patti: Run, sample: Path) -> None:
    first, second = patti("deploy", str(sample)), patti("deploy", str(sample / "prova.bpmn"))
    assert "pubblicato: Percorso di prova (prova, versione 1)" in first.output
    assert "già pubblicato: Percorso di prova (prova, versione 1)" in second.output


def test_a_broken_diagram_is_refused_with_file_line_and_element(patti: Run, sample: Path) -> None:
    diagram = sample / "prova.bpmn"
    diagram.write_text(diagram.read_text().replace("budget.apri", "budget.aprii"))
    for command in ("deploy", "lint"):
        answer = patti(command, str(sample))
        assert answer.exit_code == 1
        line = next(line for line in answer.output.splitlines() if "budget.aprii" in line)
        assert line.startswith("prova.bpmn:")
        assert "[Service_Budget «Apri il budget»]" in line


def test_what_a_diagram_asks_for_in_vain_is_told_with_file_line_and_element(patti: Run, sample: Path) -> None:
    diagram = sample / "prova.bpmn"
    listener = '<camunda:executionListener class="Avvisa" event="end"/><camunda:inputOutput>'
    diagram.write_text(diagram.read_text().replace("<camunda:inputOutput>", listener, 1))
    for command in ("deploy", "lint"):
        answer = patti(command, str(sample))
        assert answer.exit_code == 0
        line = next(line for line in answer.output.splitlines() if "camunda:executionListener" in line)
        assert line.startswith("prova.bpmn:")
        assert "[Service_Registra «Registra la persona»] (avviso)" in line
    assert patti("lint", "--strict", str(sample)).exit_code == 1


def test_lint_needs_no_database_and_names_processes_that_are_missing(sample: Path) -> None:
    diagram = sample / "prova.bpmn"
    text = diagram.read_text().replace(
        '<bpmn:userTask id="Task_Colloquio" name="Prepara il colloquio" camunda:dueDate="P10D">',
        '<bpmn:callActivity id="Task_Colloquio" name="Prepara il colloquio" calledElement="altrove">',
    )
    head, _, tail = text.partition('calledElement="altrove">')
    diagram.write_text(
        head + 'calledElement="altrove">' + tail.replace("</bpmn:userTask>", "</bpmn:callActivity>", 1)
    )
    answer = CliRunner().invoke(
        main, ["lint", str(sample)], env={"PATTI_DATABASE_URL": "sqlite:////nowhere/x.db"}
    )
    assert answer.exit_code == 1
    assert "«altrove»" in answer.output


def test_the_processes_of_the_project_are_clean(patti: Run) -> None:
    answer = patti("lint", "--strict", str(ROOT / "processes"))
    assert answer.exit_code == 0, answer.output


def test_users_from_creation_to_closing(patti: Run) -> None:
    made = patti(
        "user", "create", "prova", "--nome", "Prova Provetti", "--ruolo", "tutor", "--ambito", "cremona",
        "--password-stdin", given="quattro gatti sul tetto\n",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "tutor (cremona)" in patti("user", "list").output
    assert patti("user", "role", "add", "prova", "commissione", "--ambito", "cremona").exit_code == 0
    assert patti("user", "role", "remove", "prova", "tutor", "--ambito", "cremona").exit_code == 0
    listed = patti("user", "list").output
    assert "commissione (cremona)" in listed
    assert (
        patti("user", "password", "prova", "--password-stdin", given="cinque gatti sul tetto\n").exit_code
        == 0
    )
    assert patti("user", "deactivate", "prova").exit_code == 0
    assert "prova" not in patti("user", "list").output
    assert "chiuso" in patti("user", "list", "--anche-chiusi").output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("user", "create", "uno", "--nome", "Uno", "--ruolo", "re", "--senza-password"), "«re»"),
        (("user", "deactivate", "nessuno"), "nessuno"),
        (("user", "role", "remove", "nessuno", "tutor"), "nessuno"),
        (("user", "create", "due", "--nome", "Due", "--password-stdin"), "password"),
    ],
)
def test_a_refusal_is_a_sentence_and_exit_code_one(
    patti: Run, arguments: tuple[str, ...], words: str
) -> None:
    answer = patti(*arguments, given="corta\n")
    assert answer.exit_code == 1
    assert words in answer.output
    assert "Traceback" not in answer.output


def test_the_tables_are_at_their_newest_and_add_up(patti: Run) -> None:
    assert patti("db", "upgrade").exit_code == 0
    assert patti("db", "current").exit_code == 0
    answer = patti("db", "check")
    assert answer.exit_code == 0, answer.output
    assert answer.output.count("bene") == 6


def test_an_empty_database_is_told_from_one_that_is_up_to_date(tmp_path: Path) -> None:
    environment = {"PATTI_DATABASE_URL": f"sqlite:///{tmp_path / 'vuota.db'}"}
    answer = CliRunner().invoke(main, ["db", "current"], env=environment)
    assert answer.exit_code == 1
    assert "patti db upgrade" in answer.output


def test_simulate_tells_the_story_and_the_first_thing_that_is_wrong(patti: Run, sample: Path) -> None:
    file = sample / "prova" / "prova.scenarios.yaml"
    answer = patti("simulate", str(file))
    assert answer.exit_code == 0, answer.output
    assert "anna completa «Scrivi la scheda sociale»" in answer.output
    file.write_text(file.read_text().replace("stato: proposto", "stato: concluso"))
    answer = patti("simulate", "--quiet", str(file))
    assert answer.exit_code == 1
    assert "passo 8 (verifica)" in answer.output
    assert "stato atteso «concluso», c'è «proposto»" in answer.output
    assert "compiti aperti: «Valuta la proposta»" in answer.output


def test_wrong_settings_are_a_sentence(tmp_path: Path) -> None:
    environment = {"PATTI_DATABASE_URL": "boh", "PATTI_PROCESSES_FOLDER": str(ROOT / "processes")}
    answer = CliRunner().invoke(main, ["user", "list"], env=environment)
    assert answer.exit_code == 1
    assert "indirizzo della base dati" in answer.output


@pytest.mark.slow
def test_the_demonstration_is_loaded_once_and_adds_up(patti: Run) -> None:
    first = patti("demo")
    assert first.exit_code == 0, first.output
    assert "casi di persone inventate" in first.output
    assert "password" in first.output
    assert "I casi ci sono già" in patti("demo").output
    checked = patti("db", "check")
    assert checked.exit_code == 0, checked.output


def test_an_ambito_below_one_that_is_not_there_is_refused(patti: Run) -> None:
    answer = patti("ambito", "save", "valle/alta", "--nome", "Alta Valle")
    assert answer.exit_code == 1
    assert "Prima va scritto l'ambito «valle»" in answer.output


def test_many_cases_from_the_command_line(patti: Run, sample: Path) -> None:
    patti("deploy", str(sample))
    assert "corrispondono: 0" in patti("batch", "create", "suspend").output
    refused = patti("batch", "create", "suspend", "--motivo", "Prova")
    assert refused.exit_code == 1
    assert "Nessuna pratica corrisponde" in refused.output
    assert "Numero" in patti("batch", "list").output
    assert "Numero" in patti("instances", "list", "--processo", "prova").output
    assert "Quanti" in patti("incidents", "groups").output
    assert "non c'è" in patti("instances", "modify", "7", "--prima", "X").output
    assert "virgolette" in patti("instances", "modify", "7", "--variabile", "nota = ciao").output


def test_a_process_is_suspended_and_resumed_from_the_command_line(patti: Run, sample: Path) -> None:
    patti("deploy", str(sample))
    assert "è sospeso" in patti("definition", "suspend", "prova", "--motivo", "Prova").output
    assert "già sospeso" in patti("definition", "suspend", "prova", "--motivo", "Prova").output
    assert "è ripreso" in patti("definition", "resume", "prova", "--con-le-pratiche").output


def test_closings_come_from_a_file_after_a_trial_and_go_to_one(patti: Run, tmp_path: Path) -> None:
    file, out = tmp_path / "estate.ics", tmp_path / "uscita.ics"
    file.write_bytes(
        file_of("DTSTART;VALUE=DATE:20300805\nDTEND;VALUE=DATE:20300810\nSUMMARY:Estate", "SUMMARY:Boh")
    )
    trial = patti("calendar", "import", str(file), "--prova")
    assert trial.exit_code == 0, trial.output
    assert "aggiunta   dal 05/08/2030 al 09/08/2030" in trial.output
    assert "non ha un giorno di inizio" in trial.output
    assert "non è cambiato nulla" in trial.output
    assert "Estate" not in patti("calendar", "list", "--anno", "2030").output
    assert "Scrivere il motivo" in patti("calendar", "import", str(file)).output
    assert "Chiusure aggiunte: 1." in patti("calendar", "import", str(file), "--motivo", "Delibera 12").output
    assert "Chiusura: Estate" in patti("calendar", "list", "--anno", "2030").output
    assert patti("calendar", "export", str(out)).exit_code == 0
    assert "c'è già" in patti("calendar", "import", str(out), "--motivo", "Ancora").output
    assert patti("calendar", "export").output.startswith("BEGIN:VCALENDAR")
    refused = patti("calendar", "import", "-", "--motivo", "x", given="giorno;motivo")
    assert refused.exit_code == 1
    assert "non comincia con BEGIN:VCALENDAR" in refused.output


def test_parameters_that_the_calendar_took_over_are_told_at_lint_and_at_publication(
    patti: Run, sample: Path
) -> None:
    file = sample / "prova" / "parametri.yaml"
    lines = file.read_text().rstrip().splitlines()
    added = ["'patrono': {valore: 06-10, tipo: testo}", "sabato_festivo: {valore: true, tipo: booleano}"]
    file.write_text(
        "\n".join([*lines, *added, "altro: {valore: 1, tipo: intero, aiuto: 'chiusure: no'}"]) + "\n"
    )
    for command in ("lint", "deploy"):
        answer = patti(command, str(sample))
        assert answer.exit_code == 0, answer.output
        told = [line for line in answer.output.splitlines() if "non decide più i giorni lavorativi" in line]
        assert [line.partition(": [")[0] for line in told] == [
            f"parametri.yaml:{len(lines) + 1}",
            f"parametri.yaml:{len(lines) + 2}",
        ]
        assert all("(avviso)" in line and "patti calendar" in line for line in told)
