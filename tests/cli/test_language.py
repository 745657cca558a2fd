"""The setting `default_language` chooses the language of errors and findings on the command line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import main
from engine.localization import message

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "tests" / "web" / "definizioni"
Run = Callable[..., Result]


@pytest.fixture
def patti(sqlite_url: str) -> Run:
    """Runs a command with a language on a database of its own."""

    def run(language: str, *arguments: str, given: str = "") -> Result:
        environment = {
            "PATTI_DATABASE_URL": sqlite_url,
            "PATTI_PROCESSES_FOLDER": str(ROOT / "processes"),
            "PATTI_LOG_LEVEL": "ERROR",
            "PATTI_DEFAULT_LANGUAGE": language,
        }
        return CliRunner().invoke(main, arguments, input=given, env=environment)

    return run


@pytest.mark.parametrize(("language", "prefix"), [("it", "Errore: "), ("en", "Error: ")])
def test_an_error_is_a_sentence_in_the_chosen_language(patti: Run, language: str, prefix: str) -> None:
    answer = patti(language, "user", "role", "add", "prova", "re", "--ambito", "cremona")
    roles = answer.output.partition(": ")[2].rpartition(": ")[2].strip().split(", ")
    expected = message("ROLE_UNKNOWN", role="re", roles=roles).in_language(language)
    assert answer.exit_code == 1
    assert answer.output.strip() == f"{prefix}{expected}"


@pytest.mark.parametrize("language", ["it", "en"])
def test_what_is_wrong_with_a_user_too(patti: Run, language: str) -> None:
    answer = patti(
        language,
        "user",
        "create",
        "prova",
        "--nome",
        "Prova",
        "--email",
        "storta",
        "--password-stdin",
        given="quattro gatti sul tetto\n",
    )
    expected = message("EMAIL_INVALID", address="storta")
    other = "en" if language == "it" else "it"
    assert answer.exit_code == 1
    assert expected.in_language(language) in answer.output
    assert expected.in_language(other) not in answer.output


@pytest.mark.parametrize(("language", "weight"), [("it", "(avviso)"), ("en", "(warning)")])
def test_findings_too(patti: Run, tmp_path: Path, language: str, weight: str) -> None:
    shutil.copytree(SAMPLE, tmp_path / "processi")
    diagram = tmp_path / "processi" / "prova.bpmn"
    listener = '<camunda:executionListener class="Avvisa" event="end"/><camunda:inputOutput>'
    text = diagram.read_text().replace("<camunda:inputOutput>", listener, 1)
    diagram.write_text(text.replace("budget.apri", "budget.aprii"))
    refused = patti(language, "lint", str(diagram.parent)).output
    line = next(line for line in refused.splitlines() if "budget.aprii" in line)
    assert ("operazione" in line) == (language == "it"), line
    diagram.write_text(text)
    warned = patti(language, "lint", str(diagram.parent)).output
    assert weight in next(line for line in warned.splitlines() if "camunda:executionListener" in line)
