"""Both patti stopped at many places, moved to a version in which every element has another name, and driven on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.access import SYSTEM
from engine.definitions.compilation import parse_bundle
from engine.definitions.resources import DeploymentBundle, Resource
from engine.instances.migration import MigrationPlan
from engine.service_tasks import REGISTRY
from engine.simulation import World, read_scenarios, run_scenario
from engine.simulation.scenario_parser import Scenario
from engine.simulation.trace import PrintedTrace
from tests.acceptance.random_walker import Wanderer
from tests.acceptance.stages import CANDIDATE, SOCIAL, WORK, Album, log_of
from tests.acceptance.test_migration_equal_version import Moving, by_step
from tests.databases import Databases
from tests.engine.definition_versions import redeploy

PROCESSES = Path("processes")
ENDING = "_bis"
QUICK = ("firma_rifiutata",)
SLOW = ("b_rientro", "sostituzione", "a_fino_alla_conclusione", "respinto_riesaminato")


def elements_of(key: str) -> list[str]:
    """The identifiers of all elements of a process."""
    (model,) = parse_bundle(
        DeploymentBundle.from_path(PROCESSES / f"{key}.bpmn"), REGISTRY
    ).diagram.executable
    return list(model.elements)


def renamed(key: str) -> DeploymentBundle:
    """The files of a process, each element with another identifier."""
    bundle = DeploymentBundle.from_path(PROCESSES / f"{key}.bpmn")
    names = "|".join(sorted(map(re.escape, elements_of(key)), key=len, reverse=True))
    text = re.sub(rf"\b({names})\b", rf"\1{ENDING}", bundle.diagram.content.decode())
    diagram = Resource(bundle.diagram.path, "bpmn", text.encode())
    return DeploymentBundle((diagram, *(r for r in bundle.resources if r.kind != "bpmn")))


def _rename(world: World, case: str) -> int:
    """Move an open case to the other version, where all names differ."""
    found = world.instance(case)
    if found.state not in ("active", "suspended"):
        return 0
    key, here = found.definition_key, found.definition_id
    if not any(one.id == f"{key}:2" for one in world.engine.repository.list()):
        called = world.engine.repository.get(here).called
        for one in (*called, key):  # those called first: the new version calls the new ones
            world.engine.deployments.deploy(renamed(one), SYSTEM)
        for one in (*called, key):
            world.engine.deployments.deploy(renamed(one), SYSTEM)
    there = world.engine.repository.latest(key).id if here == f"{key}:1" else f"{key}:1"
    world.engine.migrations.migrate(case, MigrationPlan((here,), there, _names(world, here)), "prova", SYSTEM)
    assert world.instance(case).definition_id == there
    return 1


def _names(world: World, here: str) -> dict[str, str]:
    pairs = {}
    key = here.partition(":")[0]
    for process in (key, *world.engine.repository.get(here).called):
        for name in elements_of(process):
            place = name if process == key else f"{process}/{name}"
            old, new = (place, place + ENDING) if here.endswith(":1") else (place + ENDING, place)
            pairs[old] = new
    return pairs


def scenarios() -> Iterator[object]:
    """The scenarios played, the long ones marked."""
    for file in sorted(PROCESSES.rglob("*.scenarios.yaml")):
        stem = file.stem.split(".")[0]
        if stem in QUICK + SLOW:
            for one in read_scenarios(file):
                yield pytest.param(one, id=stem, marks=[] if stem in QUICK else pytest.mark.slow)


@pytest.mark.parametrize("scenario", list(scenarios()))
def test_every_name_changes_at_every_step_and_nobody_notices(
    scenario: Scenario, databases: Databases, tmp_path: Path
) -> None:
    plain: list[str] = []
    with databases.published("sqlite", tmp_path) as url:
        run_scenario(scenario, database_url=url, trace=PrintedTrace(plain.append))
    moving = Moving(_rename)
    with databases.published("sqlite", tmp_path) as url:
        run_scenario(scenario, database_url=url, trace=moving)
    assert by_step(moving.lines) == by_step(plain)
    assert moving.moves > 0


@pytest.mark.parametrize("stage", ["progetto", "commissione", "firma", "attivo"])
def test_from_each_stage_a_walk_goes_on_in_the_new_version(
    album: Album, database_kind: str, stage: str, tmp_path: Path
) -> None:
    """The last step before the project is preceded by a new one; the cases already beyond it do not go back."""
    with album.copy(database_kind, stage, tmp_path) as world:
        target = redeploy(world.engine, PROCESSES / "patto_autonomia.bpmn", mark=stage)
        plan = MigrationPlan(("patto_autonomia:1",), target)
        before = [task.row for task in world.tasks()]
        timers = [(t.id, t.due_at) for t in world.engine.timers.of_instance(world.instance_ids[-1], SYSTEM)]
        assert world.engine.migrations.preview(plan, SYSTEM).count("ready") == len(world.instance_ids)
        world.engine.migrations.create_batch(plan, "Versione nuova", SYSTEM)
        world.engine.run_due()
        assert [task.row for task in world.tasks()] == before
        assert [
            (t.id, t.due_at) for t in world.engine.timers.of_instance(world.instance_ids[-1], SYSTEM)
        ] == timers
        assert len(log_of(world, "instance.migrated")) == 1
        Wanderer(world, "patto_autonomia", 5).walk(6)


def test_one_half_of_the_form_is_done_and_a_step_comes_before_the_join(
    album: Album, database_kind: str, tmp_path: Path
) -> None:
    """Half arrived at a join: what has come stays, the other branch meets the step that is new, then both go on."""
    with album.copy(database_kind, "inizio", tmp_path) as world:
        world.start("patto_autonomia", by="anna", values=CANDIDATE)
        contact = {"contatto_il": "2016-01-28", "contatto_modo": "telefono", "esito_contatto": "prosegue"}
        world.task("Primo contatto con la persona").complete(by="anna", values=contact)
        world.task("Scheda di analisi: parte sociale").complete(by="anna", values=SOCIAL)
        way = "Flow_SchedaLavorativa_SchedeFine"
        flow = f'<bpmn:sequenceFlow id="{way}" sourceRef="Task_SchedaLavorativa" targetRef="{{0}}" />'
        target = redeploy(
            world.engine,
            PROCESSES / "patto_autonomia.bpmn",
            (
                flow.format("Gateway_SchedeFine"),
                flow.format("Task_Rilettura")
                + '<bpmn:userTask id="Task_Rilettura" name="Rilettura" camunda:candidateGroups="assistente_sociale" />'
                '<bpmn:sequenceFlow id="Flow_Nuovo" sourceRef="Task_Rilettura" targetRef="Gateway_SchedeFine" />',
            ),
            (f"<bpmn:incoming>{way}<", "<bpmn:incoming>Flow_Nuovo<"),
        )
        plan = MigrationPlan(("patto_autonomia:1",), target)
        world.engine.migrations.migrate(world.instance_ids[-1], plan, "Si rilegge", SYSTEM)
        world.task("Scheda di analisi: parte lavorativa").complete(by="bruno", values=WORK)
        assert [task.row.name for task in world.tasks()] == ["Rilettura"]
        world.task("Rilettura").complete(by="anna")
        assert [task.row.name for task in world.tasks()] == ["Lettura di bisogni e risorse"]
