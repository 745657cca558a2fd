"""The ledger of what can be undone: small, kept over saving and pruning, carried to another version of a process.

What compensation does, construct by construct, is in `tests/bpmn/compensation`.
"""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.spiff import ProcessRun
from engine.spiff.executable_process import ExecutableProcess
from engine.spiff.migration import migrate_run
from engine.storage.serialization import decode
from tests.engine.bare_runs import BareHost, complete, executable

UNDO = (
    '<boundaryEvent id="U{0}" attachedToRef="{0}"><compensateEventDefinition/></boundaryEvent>'
    '<association id="x{0}" sourceRef="U{0}" targetRef="{1}"/>'
)
THROW = '<intermediateThrowEvent id="T"><compensateEventDefinition/></intermediateThrowEvent>'
ENDS = '<endEvent id="E"/>'


def flow(*ids: str) -> str:
    """Sequence flows from each to the next."""
    return "".join(f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairwise(ids))


def simple(activity: str = "A", handler: str = "H", *, undone: bool = True) -> ExecutableProcess:
    """Activity, a pause, compensation; the handler is a person's."""
    undo = (
        f'<userTask id="{handler}" isForCompensation="true"/>{UNDO.format(activity, handler)}'
        if undone
        else ""
    )
    body = f'<startEvent id="S"/><userTask id="{activity}"/><userTask id="P"/>{THROW}{ENDS}{undo}'
    return executable(body + flow("S", activity, "P", "T", "E"))


def saved_and_read(run: ProcessRun, under: ExecutableProcess, host: BareHost) -> ProcessRun:
    """The run as another process would take it up."""
    return ProcessRun.restore(under, host, run.dump())


def test_a_state_says_nothing_of_compensation_while_there_is_nothing_to_undo() -> None:
    host, one = BareHost(), simple()
    run = ProcessRun.start(one, host, {})
    assert "compensation" not in decode(run.dump())
    complete(run, "A")
    assert "compensation" in decode(run.dump())
    complete(run, "P")
    complete(run, "H")
    assert run.completed
    assert "compensation" not in decode(run.dump())


def test_a_thousand_turns_are_undone_from_the_last_to_the_first() -> None:
    body = (
        '<startEvent id="S"/><exclusiveGateway id="M"/>'
        '<scriptTask id="A" scriptFormat="feel"><script>{giri: giri + 1}</script></scriptTask>'
        '<scriptTask id="H" scriptFormat="feel" isForCompensation="true"><script>{annullati: annullati + 1}</script>'
        '</scriptTask><exclusiveGateway id="G" default="out"/><userTask id="P"/>'
        '<sequenceFlow id="again" sourceRef="G" targetRef="M"><conditionExpression>giri &lt; 1000</conditionExpression>'
        '</sequenceFlow><sequenceFlow id="out" sourceRef="G" targetRef="P"/>'
    )
    one = executable(
        body + UNDO.format("A", "H") + THROW + ENDS + flow("S", "M", "A", "G") + flow("P", "T", "E")
    )
    host = BareHost()
    run = ProcessRun.start(one, host, {"giri": 0, "annullati": 0})
    run = saved_and_read(run, one, host)
    assert sum(len(workflow.tasks) for workflow in run.workflow.all_workflows()) < 20
    complete(run, "P")
    assert run.variables["annullati"] == 1000
    assert host.passed.count("H") == 1000
    assert run.completed


def test_a_case_cancelled_while_it_undoes_is_over() -> None:
    host, one = BareHost(), simple()
    run = ProcessRun.start(one, host, {})
    complete(run, "A")
    complete(run, "P")
    run = saved_and_read(run, one, host)
    run.cancel()
    assert run.completed
    assert run.wait_states() == []
    assert "compensation" not in decode(run.dump())


def test_two_branches_may_undo_at_once_and_no_execution_is_undone_twice() -> None:
    body = (
        '<startEvent id="S"/><userTask id="A"/><userTask id="H" isForCompensation="true"/><parallelGateway id="F"/>'
        '<intermediateThrowEvent id="T1"><compensateEventDefinition/></intermediateThrowEvent>'
        '<intermediateThrowEvent id="T2"><compensateEventDefinition/></intermediateThrowEvent>'
        '<endEvent id="E1"/><endEvent id="E2"/>'
    )
    one = executable(body + UNDO.format("A", "H") + flow("S", "A", "F", "T1", "E1") + flow("F", "T2", "E2"))
    host = BareHost()
    run = ProcessRun.start(one, host, {})
    complete(run, "A")
    complete(run, "H")
    assert run.completed
    assert sorted(host.passed) == ["A", "E1", "E2", "F", "H", "S", "T1", "T2"]


# -- another version ---------------------------------------------------------------------------------------------------


def mapping(source: ExecutableProcess, **renamed: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Every element to the one of its name, or to the one that took its place."""
    return {("prova", name): ("prova", renamed.get(name, name)) for name in source.models["prova"].elements}


def test_what_was_done_can_be_undone_under_the_next_version() -> None:
    old, new, host = simple(), simple("A2", "H2"), BareHost()
    run = ProcessRun.start(old, host, {})
    complete(run, "A")
    found = migrate_run(old, new, mapping(old, A="A2", H="H2", UA="UA2"), run.dump())
    assert not found.obstacles
    moved = found.finish(host)
    complete(moved, "P")
    complete(moved, "H2")
    assert moved.completed


@pytest.mark.parametrize("undoing", [False, True])
def test_a_case_does_not_move_where_what_it_did_could_no_longer_be_undone(undoing: bool) -> None:
    old, host = simple(), BareHost()
    new = simple() if undoing else simple(undone=False)
    run = ProcessRun.start(old, host, {})
    complete(run, "A")
    if undoing:
        complete(run, "P")
    (obstacle,) = migrate_run(old, new, mapping(old), run.dump()).obstacles
    assert ("si sta annullando" if undoing else "si può ancora annullare") in obstacle.sentence
