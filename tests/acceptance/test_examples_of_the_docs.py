"""What the how-to pages show can be done as they show it."""

from __future__ import annotations

import importlib
import re
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.__main__ import main
from cli.demo.command import PASSWORD
from cli.demo.places import COLLEAGUES
from engine.access import PermissionMatrix
from engine.definitions.compilation import lint_context, parse_bundle
from engine.definitions.resources import DeploymentBundle
from engine.languages.bpmn import lint
from engine.service_tasks import REGISTRY, OperationRegistry
from engine.simulation import World, read_scenarios, run_scenario
from tests.architecture.sources import FOLDERS, ROOT

PAGES = sorted((ROOT / "docs").rglob("*.md"))
EXAMPLE = ROOT / "docs" / "howto" / "esempio"
SHOWN = re.compile(r"<!-- da: (?P<file>\S+) -->\n+(?P<indent> *)```\w*\n(?P<text>.*?)\n *```", re.DOTALL)
SCENARIOS = [one for file in sorted(EXAMPLE.rglob("*.scenarios.yaml")) for one in read_scenarios(file)]


def _plain(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def test_pages_show_the_files_as_they_are() -> None:
    shown = [(page, found) for page in PAGES for found in SHOWN.finditer(page.read_text(encoding="utf-8"))]
    wrong = [
        f"{page.relative_to(ROOT)} shows {found['file']} otherwise than it is"
        for page, found in shown
        if _plain(found["text"]) not in _plain((page.parent / found["file"]).read_text(encoding="utf-8"))
    ]
    assert shown
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_the_example_can_be_walked_to_its_end(scenario: Any, database_url: str) -> None:
    run_scenario(scenario, database_url=database_url)


def test_the_example_has_nothing_to_mend() -> None:
    parts = parse_bundle(DeploymentBundle.from_path(EXAMPLE / "trasporto.bpmn"), REGISTRY)
    around = lint_context(REGISTRY, frozenset(parts.forms), frozenset(parts.decisions))
    assert lint(parts.diagram, around) == []


@pytest.fixture
def garage(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[OperationRegistry, dict[str, Any]]]:
    """A registry that has the operation of the page too; the one of the program stays as it is."""
    monkeypatch.setattr(REGISTRY, "operations", dict(REGISTRY.operations))
    monkeypatch.setattr(REGISTRY, "handlers", dict(REGISTRY.handlers))
    sys.modules.pop("docs.howto.esempio.operazione", None)
    module = importlib.import_module("docs.howto.esempio.operazione")
    yield OperationRegistry(dict(REGISTRY.operations), dict(REGISTRY.handlers)), module.GARAGE
    sys.modules.pop("docs.howto.esempio.operazione", None)


def _with_the_operation(folder: Path) -> Path:
    """The example, where the transport is booked instead of organised by hand."""
    drawn = (EXAMPLE / "trasporto.bpmn").read_text(encoding="utf-8")
    before, _, rest = drawn.partition('<bpmn:userTask id="Task_Organizza" name="Organizza il trasporto">')
    body, _, after = rest.partition("</bpmn:userTask>")
    inputs = (
        '<camunda:inputOutput><camunda:inputParameter name="giorno">=visita_il</camunda:inputParameter>'
        '<camunda:outputParameter name="mancano">=risultato.giorni_mancanti</camunda:outputParameter>'
        "</camunda:inputOutput></bpmn:extensionElements>"
    )
    task = '<bpmn:serviceTask id="Task_Organizza" camunda:type="external" camunda:topic="trasporto.prenota">'
    body = body.replace("</bpmn:extensionElements>", inputs)
    (folder / "trasporto").mkdir()
    (folder / "trasporto.bpmn").write_text(
        f"{before}{task}{body}</bpmn:serviceTask>{after}", encoding="utf-8"
    )
    for file in (EXAMPLE / "trasporto").iterdir():
        (folder / "trasporto" / file.name).write_bytes(file.read_bytes())
    return folder


def test_the_operation_of_the_page_is_called_and_delivered_once(
    tmp_path: Path, garage: tuple[OperationRegistry, dict[str, Any]], empty_database_url: str
) -> None:
    operations, bookings = garage
    start = datetime(2016, 6, 6, 8, tzinfo=UTC)
    folder = _with_the_operation(tmp_path)
    with World.open(
        start,
        deploy=[folder],
        processes=ROOT / "processes",
        operations=operations,
        database_url=empty_database_url,
    ) as world:
        values = {
            "cognome": "Finti",
            "nome": "Tea",
            "data_nascita": "1988-05-03",
            "codice_fiscale": "FNTTEA88E43D142X",
            "visita_il": "2016-06-20",
            "motivo_richiesta": "visita di controllo",
        }
        world.start("trasporto", by="anna", values=values)
        world.task("Valuta la richiesta").complete(by="anna", values={"esito_trasporto": "accolta"})
        assert world.variables()["mancano"] == 14
        assert world.instance().state == "completed"
        assert list(bookings.values()) == [{"giorno": "2016-06-20", "posti": 1}]


def test_the_commands_of_the_page_write_the_ambiti(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ambiti.db'}"
    environment = {"PATTI_DATABASE_URL": url, "PATTI_PROCESSES_FOLDER": str(ROOT / "processes")}
    page = (ROOT / "docs" / "guida-amministratori.md").read_text(encoding="utf-8")
    lines = [shlex.split(line)[1:] for line in page.splitlines() if line.startswith("patti ambito")]
    for _ in range(2):
        for line in lines:
            answer = CliRunner().invoke(main, line, env=environment)
            assert answer.exit_code == 0, answer.output
    assert "Sub-ambito dell'Alta Valle" in answer.output
    assert "San Rocco 08-16" in answer.output
    assert "Borgo, Pieve" in answer.output


def test_files_named_in_pages_are_there() -> None:
    named = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*[\w/])`")
    wrong, found = [], set()
    for page in [*sorted(ROOT.glob("*.md")), *PAGES]:
        for name in named.findall(page.read_text(encoding="utf-8")):
            if not (ROOT / name).exists() and not name.startswith(("web/assets/static", "processes/nome")):
                wrong.append(f"{page.relative_to(ROOT)}: {name}")
            found.add(name.partition("/")[0])
    assert not wrong, "\n".join(wrong)
    assert found >= {"engine", "web", "processes", "tests"}


def test_the_sign_ins_told_are_those_of_the_demonstration() -> None:
    labels = {
        role.id: role.label["it"]
        for role in PermissionMatrix.load(ROOT / "processes/ruoli.yaml").roles.values()
    }
    quickstart = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    readmes = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.it.md")]
    for username, name, held in COLLEAGUES:
        roles = ", ".join(f"{labels[role]} ({scope or 'tutti gli ambiti'})" for role, scope in held)
        assert f"| `{username}` | {name} | {roles} |" in quickstart
    known = {username for username, _, _ in COLLEAGUES}
    assert PASSWORD in quickstart
    for readme in readmes:
        told = {
            user
            for row in re.findall(r"^\| (`[^|/]*) \|", readme, re.MULTILINE)
            for user in re.findall(r"`(\w+)`", row)
        }
        assert told
        assert told <= known
        assert PASSWORD in readme
