"""Definitions: what is refused and how it is told, versions, called processes, parameters."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from engine.errors import Forbidden, InvalidInput, InvalidState, NotFound
from engine.simulation import World
from tests.engine.conftest import DIAGRAMS, START
from tests.engine.definitions.diagram_faults import FAULTS
from tests.engine.trial_operations import Trial

Start = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The diagrams, to be changed."""
    copied = tmp_path / "diagrams"
    shutil.copytree(DIAGRAMS, copied)
    return copied


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    """One file of the folder with a text replaced."""
    file = folder / name
    text = file.read_text(encoding="utf-8")
    assert old in text, old
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / f"{name.partition('/')[0].removesuffix('.bpmn')}.bpmn"


@pytest.mark.parametrize(
    ("code", "file", "old", "new", "element"), FAULTS, ids=[f"{f[0]}-{i}" for i, f in enumerate(FAULTS)]
)
def test_a_fault_is_refused_with_its_place_and_nothing_changes(
    refusing: World, folder: Path, code: str, file: str, old: str, new: str, element: str
) -> None:
    before = refusing.engine.repository.list()
    diagram = changed(folder, file, old, new)
    with pytest.raises(InvalidInput) as refused:
        refusing.engine.deployments.deploy(DeploymentBundle.from_path(diagram), SYSTEM)
    found = [finding for finding in refused.value.findings if finding.code == code]
    assert found, [str(finding) for finding in refused.value.findings]
    place = next((finding for finding in found if finding.element_id == element), found[0])
    assert place.file == Path(file).name
    assert place.element_id == element
    assert place.sentence
    assert place.severity == "error"
    if element and code != "BAD_PARAMETER":
        assert place.line > 1
    assert refusing.engine.repository.list() == before


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all refusals: they change nothing."""
    url = f"sqlite:///{tmp_path_factory.mktemp('rifiuti') / 'patti.db'}"
    with World.open(START, database_url=url, deploy=[DIAGRAMS], operations=Trial().registry()) as opened:
        yield opened


def test_the_name_of_the_element_is_told(refusing: World, folder: Path) -> None:
    diagram = changed(folder, "fragile.bpmn", "prova.fragile", "prova.fragili")
    with pytest.raises(InvalidInput) as refused:
        refusing.engine.deployments.deploy(DeploymentBundle.from_path(diagram), SYSTEM)
    (finding,) = refused.value.findings
    assert (finding.element_name, finding.line) == ("Chiama il servizio", 6)
    assert "forse «prova.fragile»" in finding.sentence
    assert str(finding).startswith("fragile.bpmn:6 [Chiama «Chiama il servizio»]")


def test_all_faults_are_told_at_once(refusing: World, folder: Path) -> None:
    changed(folder, "fragile.bpmn", "prova.fragile", "prova.fragili")
    changed(folder, "fragile.bpmn", 'name="Dopo" c:candidateGroups="assistente_sociale"', 'name="Dopo"')
    with pytest.raises(InvalidInput) as refused:
        refusing.engine.deployments.deploy(DeploymentBundle.from_path(folder / "fragile.bpmn"), SYSTEM)
    assert {finding.code for finding in refused.value.findings} == {"UNKNOWN_OPERATION", "NOBODY"}


def test_the_same_content_is_not_deployed_twice(world: World) -> None:
    before = world.engine.repository.list()
    reports = world.engine.deployments.deploy_folder(DIAGRAMS, world.actor("nino"))
    assert reports
    assert not any(report.created for report in reports)
    assert world.engine.repository.list() == before


def test_deploying_needs_the_permission(world: World) -> None:
    with pytest.raises(Forbidden):
        world.engine.deployments.deploy_folder(DIAGRAMS, world.actor("anna"))


def test_running_cases_stay_on_their_version(world: World, folder: Path, start: Start) -> None:
    old = start("fragile")
    diagram = changed(
        folder,
        "fragile.bpmn",
        '<userTask id="Dopo" name="Dopo"',
        '<userTask id="Dopo" name="Dopo, in altro modo"',
    )
    report = world.engine.deployments.deploy(DeploymentBundle.from_path(diagram), SYSTEM)
    assert (report.created, report.definition.version) == (True, 2)
    new = start("fragile")
    world.restart()
    names = []
    for case in (old, new):
        world.task("Prepara", case).complete(by="anna")
        names.append(world.tasks(case)[0].row.name)
    assert names == ["Dopo", "Dopo, in altro modo"]
    assert [world.instance(case).definition_version for case in (old, new)] == [1, 2]
    versions = {e.definition_id for e in world.engine.history.timeline(old, SYSTEM).items}
    assert versions == {"fragile:1"}


def test_a_called_process_is_pinned_when_its_caller_is_deployed(
    world: World, folder: Path, start: Start
) -> None:
    inner = changed(
        folder,
        "errore_interno.bpmn",
        '<serviceTask id="Rifiuta" name="Rifiuta" c:type="external" c:topic="prova.rifiuta"/>',
        '<userTask id="Rifiuta" name="Adesso chiede" c:candidateGroups="assistente_sociale"/>',
    )
    world.engine.deployments.deploy(DeploymentBundle.from_path(inner), SYSTEM)
    before = start("errori", dove="chiamata")
    assert [task.row.name for task in world.tasks(before)] == ["Rimedia"]
    again = world.engine.deployments.deploy(DeploymentBundle.from_path(folder / "errori.bpmn"), SYSTEM)
    assert again.created
    assert again.definition.called["errore_interno"] == "errore_interno:2"
    after = start("errori", dove="chiamata")
    assert [task.row.name for task in world.tasks(after)] == ["Adesso chiede"]
    assert [task.row.name for task in world.tasks(before)] == ["Rimedia"]


def test_a_retired_process_is_not_started_and_goes_on_where_it_runs(world: World, start: Start) -> None:
    case = start("fragile")
    world.engine.deployments.retire("fragile", world.actor("nino"))
    with pytest.raises(InvalidState, match="ritirato"):
        start("fragile")
    world.task("Prepara", case).complete(by="anna")
    assert world.tasks(case)


def read(world: World, scope: str, who: str) -> object:
    """The value that a case of this scope reads."""
    case = world.start("parametri", by=who, scope=scope).id
    world.task("Prima", case).complete(by=who)
    return world.variables(case)["letta"]


def test_a_parameter_changed_for_an_ambito_counts_there_and_below(world: World) -> None:
    rita, parameters = world.actor("rita"), world.engine.parameters
    assert (read(world, "cremasco/crema", "anna"), read(world, "cremona", "vera")) == (10, 10)
    parameters.set("parametri", "soglia", "cremasco", 20, "Prova", rita)
    assert (read(world, "cremasco/crema", "anna"), read(world, "cremona", "vera")) == (20, 10)
    parameters.set("parametri", "soglia", "cremasco/crema", 30, "Prova", rita)
    parameters.set("parametri", "soglia", "", 40, "Prova", rita)
    assert (read(world, "cremasco/crema", "anna"), read(world, "cremona", "vera")) == (30, 40)
    parameters.reset("parametri", "soglia", "cremasco/crema", "Basta", rita)
    assert read(world, "cremasco/crema", "anna") == 20


def test_a_running_case_reads_the_value_in_force_when_it_uses_it(world: World, start: Start) -> None:
    case = start("parametri")
    world.engine.parameters.set("parametri", "soglia", "", 55, "Prova", world.actor("rita"))
    world.task("Prima", case).complete(by="anna")
    assert world.variables(case)["letta"] == 55


@pytest.mark.parametrize(
    ("name", "scope", "value", "reason", "who", "problem"),
    [
        ("soglia", "", "dieci", "x", "rita", InvalidInput),
        ("soglia", "", 12, " ", "rita", InvalidInput),
        ("tetto", "cremasco", 100, "x", "rita", InvalidInput),
        ("boh", "", 1, "x", "rita", NotFound),
        ("soglia", "", 12, "x", "anna", Forbidden),
    ],
)
def test_what_cannot_be_set(
    world: World, name: str, scope: str, value: object, reason: str, who: str, problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        world.engine.parameters.set("parametri", name, scope, value, reason, world.actor(who))


def test_who_changed_a_parameter_is_kept(world: World) -> None:
    world.engine.parameters.set("parametri", "soglia", "cremasco", 20, "Accordo del 1/3", world.actor("rita"))
    views = world.engine.parameters.list("parametri", "cremasco/crema", world.actor("rita"))
    found = next(view for view in views if view.name == "soglia")
    assert (found.value, found.default, found.source) == (20, 10, "cremasco")
    assert (found.changed_by, found.reason) == ("rita", "Accordo del 1/3")
