"""One run of an activity that repeats is taken away by hand: the others go on, as if its item had not been there."""

from __future__ import annotations

import pytest

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from engine.errors import InvalidInput, InvalidState
from engine.simulation import World
from engine.spiff import Instruction

DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:c="http://camunda.org/schema/1.0/bpmn" targetNamespace="prova">
<process id="visite" name="Visite" isExecutable="true" c:candidateStarterGroups="assistente_sociale">
  <startEvent id="S"/><sequenceFlow id="f" sourceRef="S" targetRef="Visita"/>
  {activity}
  <sequenceFlow id="g" sourceRef="Visita" targetRef="Chiudi"/>
  <userTask id="Chiudi" name="Chiudi" c:candidateGroups="assistente_sociale"/>
  <sequenceFlow id="h" sourceRef="Chiudi" targetRef="E"/><endEvent id="E"/></process></definitions>"""
LOOP = (
    '<extensionElements><c:properties><c:property name="raccogli" value="esiti"/></c:properties></extensionElements>'
    "{inside}"
    '<multiInstanceLoopCharacteristics isSequential="{one_by_one}" c:collection="=case" c:elementVariable="casa"/>'
)
TASK = f'<userTask id="Visita" name="Visita" c:candidateGroups="assistente_sociale">{LOOP}</userTask>'
SUBPROCESS = f'<subProcess id="Visita" name="Visita">{LOOP}</subProcess>'
WITHIN = '<userTask id="Suona" name="Suona" c:candidateGroups="assistente_sociale"/>'


def begin(world: World, activity: str, one_by_one: str = "false", inside: str = "") -> str:
    """A case that visits three houses."""
    drawn = activity.format(one_by_one=one_by_one, inside=inside)
    content = DIAGRAM.format(activity=drawn).encode()
    world.engine.deployments.deploy(DeploymentBundle.from_files({"visite.bpmn": content}), SYSTEM)
    return world.start("visite", by="anna", values={"case": ["A", "B", "C"]}).id


def leave_out(world: World, case: str, *names: str) -> None:
    """Take runs away, as an administrator would, and go on in another process."""
    said = [Instruction.parse("cancel", name) for name in names]
    world.engine_for_call().modifications.modify(case, said, "Prova", SYSTEM)
    world.engine.run_due()
    world.restart()


def house(world: World, task_id: str) -> str:
    """The house of a task; empty when it is about none."""
    return str(world.engine.inbox.task(task_id, SYSTEM).variables.get("casa") or "")


def opened(world: World, case: str) -> list[str]:
    """The open tasks, each with its house."""
    return sorted(
        f"{one.row.name.partition(' – ')[0]} {house(world, one.id)}".strip() for one in world.tasks(case)
    )


def do(world: World, case: str, where: str) -> None:
    """Complete the visit of a house."""
    one = next(one for one in world.tasks(case) if house(world, one.id) == where)
    world.engine.tasks.complete(one.id, {}, SYSTEM)


def test_the_other_runs_go_on_and_keep_their_results_in_order(world: World) -> None:
    case = begin(world, TASK)
    do(world, case, "C")
    leave_out(world, case, "Visita#2")
    assert opened(world, case) == ["Visita A"]
    do(world, case, "A")
    assert opened(world, case) == ["Chiudi"]
    esiti = world.engine.instances.variables(case, SYSTEM)["esiti"]
    assert [one["casa"] for one in esiti] == ["A", "C"]


def test_one_after_the_other_the_next_begins(world: World) -> None:
    case = begin(world, TASK, one_by_one="true")
    do(world, case, "A")
    leave_out(world, case, "Visita#2")
    assert opened(world, case) == ["Visita C"]
    leave_out(world, case, "visite:Visita#3")
    assert opened(world, case) == ["Chiudi"]


def test_without_any_run_left_the_activity_is_over(world: World) -> None:
    case = begin(world, TASK)
    leave_out(world, case, "Visita#1", "Visita#3", "Visita#2")
    assert opened(world, case) == ["Chiudi"]


def test_what_follows_the_activity_is_no_run_of_it(world: World) -> None:
    case = begin(world, TASK)
    leave_out(world, case, "Visita#1", "Visita#3", "Visita#2")
    said = [Instruction.parse("cancel", "Chiudi"), Instruction.parse("before", "Visita")]
    world.engine.modifications.modify(case, said, "Prova", SYSTEM)
    assert opened(world, case) == ["Visita A", "Visita B", "Visita C"]


def test_a_run_of_a_subprocess_goes_with_all_that_is_in_it(world: World) -> None:
    case = begin(world, SUBPROCESS, inside=WITHIN)
    leave_out(world, case, "Visita#1")
    assert opened(world, case) == ["Suona B", "Suona C"]
    standing = {one.element_id: one for one in world.engine.modifications.active_elements(case, SYSTEM)}
    assert standing["Visita"].items == (2, 3)


@pytest.mark.parametrize(
    ("kind", "name", "error", "sentence"),
    [
        ("cancel", "Visita#4", InvalidState, "La ripetizione 4 di «Visita» non è attiva"),
        ("cancel", "Visita#due", InvalidInput, "il numero della ripetizione"),
        ("before", "Visita#2", InvalidInput, "il numero della ripetizione"),
        ("cancel", "S#1", InvalidState, "La ripetizione 1"),
    ],
)
def test_what_is_no_open_run_is_refused(
    world: World, kind: str, name: str, error: type[Exception], sentence: str
) -> None:
    case = begin(world, TASK)
    with pytest.raises(error, match=sentence):
        world.engine.modifications.modify(case, [Instruction.parse(kind, name)], "Prova", SYSTEM)
    assert opened(world, case) == ["Visita A", "Visita B", "Visita C"]
