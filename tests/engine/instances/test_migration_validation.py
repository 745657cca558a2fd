"""Cases that cannot be moved as they stand stay whole in their version, and the preview says how many and why."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from engine.simulation import World
from tests.engine.definition_versions import plan_to

TASK = '<userTask id="{0}" name="{0}" c:candidateGroups="assistente_sociale"{1}/>'


def task(name: str, more: str = "") -> str:
    """A task for an operator."""
    return TASK.format(name, more)


def flow(*ids: str) -> str:
    """Sequence flows from each to the next."""
    return "".join(f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairwise(ids))


def deploy(world: World, body: str) -> str:
    """Publish a version of the process with that in it."""
    content = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:c="http://camunda.org/schema/1.0/bpmn" targetNamespace="prova">'
        '<process id="prova" name="Prova" isExecutable="true" c:candidateStarterGroups="assistente_sociale">'
        f"{body}</process></definitions>"
    )
    return world.engine.deployments.deploy(
        DeploymentBundle.from_files({"prova.bpmn": content.encode()}), SYSTEM
    ).definition.id


UNDOABLE = (
    '<startEvent id="S"/>' + task("A") + task("P") + "{0}"
    '<intermediateThrowEvent id="T"><compensateEventDefinition/></intermediateThrowEvent><endEvent id="E"/>'
    + task("H", ' isForCompensation="true"')
    + '<boundaryEvent id="U" attachedToRef="A"><compensateEventDefinition/></boundaryEvent>'
    '<association id="x" sourceRef="U" targetRef="H"/>'
)
FLAT = '<startEvent id="S"/>' + task("A") + task("B") + '<endEvent id="E"/>' + flow("S", "A", "B", "E")
WRAPPED = (
    '<startEvent id="S"/><subProcess id="Fase" name="Fase">'
    + task("A")
    + "</subProcess>"
    + task("B")
    + '<endEvent id="E"/>'
    + flow("S", "Fase", "B", "E")
)


def test_a_case_that_is_undoing_stays_until_it_has_undone(world: World) -> None:
    deploy(world, UNDOABLE.format("") + flow("S", "A", "P", "T", "E"))
    at_work, undoing = world.start("prova", by="anna").id, world.start("prova", by="anna").id
    for name in ("A", "P"):
        world.task(name, undoing).complete(by="anna")
    target = deploy(world, UNDOABLE.format(task("Q")) + flow("S", "A", "P", "Q", "T", "E"))
    preview = world.engine.migrations.preview(plan_to(target), SYSTEM)
    assert [(g.outcome, g.elements, g.count) for g in preview.groups] == [
        ("impossible", (("H", "H"), ("T", "T")), 1),
        ("ready", (("A", "A"),), 1),
    ]
    assert "quando sarà finito" in preview.groups[0].reasons[0]
    batch = world.engine.migrations.create_batch(plan_to(target), "Nuova", SYSTEM)
    world.engine.run_due()
    items = {one.instance_id: one for one in world.engine.batches.items(batch, SYSTEM).items}
    assert (items[at_work].state, items[undoing].state) == ("done", "failed")
    assert "quando sarà finito" in items[undoing].outcome
    assert (world.instance(at_work).definition_version, world.instance(undoing).definition_version) == (2, 1)
    world.task("H", undoing).complete(by="anna")
    assert world.instance(undoing).state == "completed"


@pytest.mark.parametrize(
    ("before", "after", "left", "place"),
    [(FLAT, WRAPPED, "A", "Fase"), (WRAPPED, FLAT, "Fase", "A")],
    ids=["wrapped", "flattened"],
)
def test_only_cases_at_what_changes_its_level_wait_for_a_decision(
    world: World, before: str, after: str, left: str, place: str
) -> None:
    deploy(world, before)
    inside, beyond = world.start("prova", by="anna").id, world.start("prova", by="anna").id
    world.task("A", beyond).complete(by="anna")
    plan = plan_to(deploy(world, after))
    (finding,) = world.engine.migrations.validate(plan, SYSTEM)
    assert (finding.code, finding.element_id, finding.severity) == ("MIGRATION_UNMAPPED", left, "warning")
    preview = world.engine.migrations.preview(plan, SYSTEM)
    assert [(g.outcome, g.elements, g.count) for g in preview.groups] == [
        ("needs_mapping", (("A", "A"),), 1),
        ("ready", (("B", "B"),), 1),
    ]
    assert f"«{left}» non ha corrispondente" in preview.groups[0].reasons[0]
    world.engine.migrations.create_batch(plan, "Nuova", SYSTEM)
    world.engine.run_due()
    assert (world.instance(inside).definition_version, world.instance(beyond).definition_version) == (1, 2)
    decided = plan_to(plan.target, **{left: place})
    assert world.engine.migrations.preview(decided, SYSTEM).count("ready") == 1
    world.engine.migrations.create_batch(decided, "Deciso", SYSTEM)
    world.engine.run_due()
    assert world.instance(inside).definition_version == 2
    for case in (inside, beyond):
        for task_name in ("A", "B") if case == inside else ("B",):
            world.task(task_name, case).complete(by="anna")
        assert world.instance(case).state == "completed"
