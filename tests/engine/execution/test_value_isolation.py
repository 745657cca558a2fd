"""Nobody can change a value that somebody else sees: not an operation, a page or a sender, not another branch or case.

And no run changes the definition that all cases of a version share.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.errors import BusinessError
from engine.languages.bpmn import read_diagram
from engine.languages.bpmn.model import Element
from engine.simulation import World
from engine.spiff import ProcessRun
from engine.spiff.executable_process import ExecutableProcess, compile_process
from tests.acceptance.random_walker import Wanderer
from tests.acceptance.stages import START, USERS
from tests.engine.bare_runs import BareHost, executable
from tests.engine.trial_operations import Trial

BPMN = Path(__file__).parents[2] / "bpmn"


class Vandal(BareHost):
    """A host whose operation changes everything it can lay hands on, and gives away what it keeps."""

    def __init__(self) -> None:
        super().__init__(self._vandalise)
        self.seen: list[Any] = []
        self.kept: dict[str, Any] = {"righe": [1, 2]}

    def _vandalise(
        self, element: Element, inputs: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        for given in (inputs, variables):
            for name in list(given):
                self.seen.append(given[name])
                _spoil(given[name])
        if variables.get("rifiuta"):
            raise BusinessError("NO", "Non si può fare.")
        return self.kept


def _spoil(value: Any) -> None:
    if isinstance(value, dict):
        for item in value.values():
            _spoil(item)
        value["guastato"] = True
    elif isinstance(value, list):
        for item in value:
            _spoil(item)
        value.append("guastato")


PARALLEL = """
<startEvent id="S"/><sequenceFlow id="f1" sourceRef="S" targetRef="Fork"/><parallelGateway id="Fork"/>
<sequenceFlow id="f2" sourceRef="Fork" targetRef="Chiama"/><sequenceFlow id="f3" sourceRef="Fork" targetRef="Attendi"/>
<serviceTask id="Chiama" c:type="external" c:topic="prova"><extensionElements><c:inputOutput>
  <c:inputParameter name="dati">=scheda</c:inputParameter>
  <c:inputParameter name="parte">=scheda.figli</c:inputParameter>
  <c:outputParameter name="esito">=risultato</c:outputParameter>
  <c:outputParameter name="righe">=risultato.righe</c:outputParameter>
</c:inputOutput></extensionElements></serviceTask><sequenceFlow id="f4" sourceRef="Chiama" targetRef="Dopo"/>
<userTask id="Dopo"/><sequenceFlow id="f5" sourceRef="Dopo" targetRef="E1"/><endEvent id="E1"/>
<userTask id="Attendi"/><sequenceFlow id="f6" sourceRef="Attendi" targetRef="E2"/><endEvent id="E2"/>
"""
CARD = {"nome": "Ada", "figli": [{"nome": "Bea"}, {"nome": "Cleo"}]}


def card() -> dict[str, Any]:
    """A nested value, each time another object."""
    return {"scheda": {"nome": "Ada", "figli": [{"nome": "Bea"}, {"nome": "Cleo"}]}}


def test_an_operation_cannot_change_what_branches_see() -> None:
    host = Vandal()
    run = ProcessRun.start(executable(PARALLEL), host, card())
    assert len(host.seen) == 3
    assert all("guastato" in one for one in host.seen)
    assert run.variables["scheda"] == CARD
    assert run.wait_states()
    assert all(wait.variables["scheda"] == CARD for wait in run.wait_states())


def test_what_an_operation_keeps_is_not_what_the_case_has() -> None:
    host = Vandal()
    run = ProcessRun.start(executable(PARALLEL), host, card())
    _spoil(host.kept)
    assert run.variables["esito"] == {"righe": [1, 2]}
    assert run.variables["righe"] == [1, 2]


def test_who_starts_completes_or_looks_keeps_no_hold_on_the_values() -> None:
    given, host = card(), Vandal()
    run = ProcessRun.start(executable(PARALLEL), host, given)
    _spoil(given)
    assert run.variables["scheda"] == CARD
    token = next(wait.token for wait in run.wait_states() if wait.element.id == "Attendi")
    posted = {"scheda": {"nome": "Dora", "figli": [[1]]}}
    _spoil(dict(run.variables_of(token)))
    _spoil(run.variables)
    assert run.variables_of(token)["scheda"] == CARD
    run.complete_task(token, posted)
    _spoil(posted)
    assert run.variables["scheda"] == {"nome": "Dora", "figli": [[1]]}


def test_two_cases_started_from_the_same_values_share_nothing() -> None:
    shared, values, host = executable(PARALLEL), card(), Vandal()
    first, second = (ProcessRun.start(shared, host, values) for _ in range(2))
    token = next(wait.token for wait in first.wait_states() if wait.element.id == "Attendi")
    first.complete_task(token, {"scheda": "altro"})
    assert second.variables["scheda"] == CARD == values["scheda"]


def test_the_runs_of_a_repeated_activity_share_neither_items_nor_collection() -> None:
    loop = """
<startEvent id="S"/><sequenceFlow id="f1" sourceRef="S" targetRef="Chiama"/>
<serviceTask id="Chiama" c:type="external" c:topic="prova"><extensionElements>
  <c:properties><c:property name="raccogli" value="tutti"/></c:properties><c:inputOutput>
  <c:inputParameter name="dati">=figlio</c:inputParameter>
  <c:outputParameter name="esito">=figlio</c:outputParameter></c:inputOutput></extensionElements>
  <multiInstanceLoopCharacteristics c:collection="=scheda.figli" c:elementVariable="figlio"/></serviceTask>
<sequenceFlow id="f2" sourceRef="Chiama" targetRef="Dopo"/><userTask id="Dopo"/>
<sequenceFlow id="f3" sourceRef="Dopo" targetRef="E"/><endEvent id="E"/>
"""
    run = ProcessRun.start(executable(loop), Vandal(), card())
    assert run.variables["scheda"] == CARD
    assert [one["esito"] for one in run.variables["tutti"]] == CARD["figli"]


def test_a_refusal_leaves_the_values_alone() -> None:
    run = ProcessRun.start(executable(PARALLEL), Vandal(), {**card(), "rifiuta": True})
    assert [failure.kind for failure in run.failures()] == ["error"]
    assert run.variables == {**card(), "rifiuta": True}


# -- definitions -------------------------------------------------------------------------------------------------------


def fingerprint(executable: ExecutableProcess) -> str:
    """A digest of everything that can be reached from a program."""
    found = hashlib.sha256()
    names: dict[int, int] = {}

    def add(value: Any) -> None:
        if value is None or isinstance(value, str | int | float | bytes | enum.Enum | type):
            found.update(repr(value).encode())
        elif id(value) in names:
            found.update(f"#{names[id(value)]}".encode())
        else:
            names[id(value)] = len(names)
            found.update(type(value).__name__.encode())
            for part in _parts(value):
                add(part)

    add(executable.key)
    add(executable.spec)
    add(dict(executable.subprocess_specs))
    return found.hexdigest()


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [part for item in value.items() for part in item]
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    if hasattr(value, "__func__"):  # a method that listens to an event
        return [value.__func__.__qualname__, value.__self__]
    if hasattr(value, "__qualname__"):
        return [value.__qualname__]
    kept = {**getattr(value, "__dict__", {})}
    return [part for name in sorted(kept) if name != "lock" for part in (name, kept[name])]


def test_the_fingerprint_sees_a_change_anywhere() -> None:
    changed = executable(PARALLEL)
    before = fingerprint(changed)
    assert before == fingerprint(changed) == fingerprint(executable(PARALLEL))
    changed.spec.task_specs["Attendi"].data["x"] = 1
    assert fingerprint(changed) != before


@pytest.mark.parametrize("seed", [21, 22])
def test_walks_change_nothing_in_the_definitions_they_share(seed: int, sqlite_url: str) -> None:
    trial = Trial()
    diagrams = Path(__file__).parents[1] / "diagrams"
    opened = World.open(
        START,
        database_url=sqlite_url,
        deploy=["processes", diagrams],
        operations=trial.registry(),
        users=USERS,
    )
    with opened as world:
        world._restarts = False  # every case meets the same objects
        repository = world.engine.repository
        keys = (
            "patto_autonomia",
            "patto_inclusione",
            "fragile",
            "firme",
            "tre_volte",
            "errori",
            "sollecito",
            "bivio",
        )
        executables = [repository.compiled(f"{key}:1").executable for key in keys]
        before = [fingerprint(one) for one in executables]
        for process in ("patto_autonomia", "patto_inclusione"):
            world.instance_ids = []
            Wanderer(world, process, seed).walk(15)
        trial.failing = RuntimeError("guasto")
        _play_small_ones(world)
        world.advance(days=40)
        assert [repository.compiled(f"{key}:1").executable for key in keys] == executables
        assert [fingerprint(one) for one in executables] == before


def _play_small_ones(world: World) -> None:
    for key, values in (
        ("fragile", {}),
        ("firme", {"firmatari": ["Ada", "Bea"]}),
        ("tre_volte", {}),
        ("errori", {"importo": 1}),
        ("sollecito", {}),
        ("bivio", {"primo": "P1D", "secondo": "P2D"}),
    ):
        case = world.start(key, by="anna", values=values).id
        world.advance(hours=2)
        for task in world.tasks(case):
            task.complete(by="anna", esito="firma")


@pytest.mark.parametrize(
    "diagram", sorted(BPMN.glob("*/*.bpmn")), ids=lambda file: f"{file.parent.name}-{file.stem}"
)
def test_every_construct_leaves_its_definition_as_it_was(diagram: Path) -> None:
    """Started twice, every open task done, whatever happens: the second case finds what the first one found."""
    about = diagram.with_suffix(".yaml")
    if about.exists() and "refused:" in about.read_text(encoding="utf-8"):
        pytest.skip("is refused")
    read = read_diagram(diagram.read_bytes(), diagram.name)
    if len(read.executable) != 1 or read.executable[0].called_processes:
        pytest.skip("needs other diagrams")
    compiled = compile_process(read.executable[0].id, [read])
    before = fingerprint(compiled)
    for _ in range(2):
        _run_through(compiled)
    assert fingerprint(compiled) == before


def _run_through(compiled: ExecutableProcess) -> None:
    values = {"nomi": ["Ada", "Bea"], "annullati": 0, "fai": True, "esito": "annulla", "ancora": False}
    run = ProcessRun.start(compiled, Vandal(), values)
    for _ in range(20):
        waiting = [wait for wait in run.wait_states() if wait.kind == "task"]
        if not waiting or run.completed:
            return
        run.complete_task(waiting[0].token, {})
        run = ProcessRun.restore(compiled, Vandal(), run.dump())
