"""Where tokens meet: the parallel and the inclusive gateway, counted by incoming flow, right in every turn of a loop.

A token that comes to a join lies on its flow: a WAITING task whose parent says by which flow it came. A parallel join
takes one token from each flow as soon as each has one; what is over stays for the next turn (BPMN 2.0.2, 13.4.1). An
inclusive join takes one from each flow that has any, once no token elsewhere can still reach an empty flow without
passing the join, unless it can also reach a flow that has a token (13.4.3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ExecutionFailed
from engine.spiff.base_specs import BOUNDARY_SPLIT, Chosen, Stepwise, is_split

FAILURE = "failure"
STUCK = (
    "l'unione aspetta un ramo che non arriverà più: davanti a un'unione parallela ci vuole una divisione parallela, "
    "non una scelta"
)


Lying = dict[str, list[Task]]
"""The tokens on the flows into a join, by the name of what each flow comes from."""


class Join(Stepwise):
    """A gateway that may join. `upstream` says, for each incoming flow, from where it can be reached."""

    upstream: dict[str, frozenset[str]]
    _inputs: list[str]

    @property
    def joins(self) -> bool:
        """Whether it has several incoming flows."""
        return len(self._inputs) > 1

    def _update_hook(self, my_task: Task) -> bool:
        if not self.joins:
            return True
        if my_task.state != TaskState.WAITING:
            my_task._set_state(TaskState.WAITING)
        return self.take(my_task.workflow, my_task)

    def tokens(self, workflow: Any) -> Lying:
        """The tokens that lie on its flows, by the name of what each flow comes from."""
        found: Lying = {name: [] for name in self._inputs}
        for task in workflow.tasks.values():
            if task.task_spec is self and task.state == TaskState.WAITING:
                source = task.parent.task_spec.name
                if source not in found:  # set down here by a person: it counts for a flow that has none
                    source = next((name for name, lying in found.items() if not lying), self._inputs[0])
                found[source].append(task)
        return found

    def full(self, tokens: Lying) -> bool:
        """Whether each incoming flow has a token."""
        return all(len(tokens[name]) >= count for name, count in Counter(self._inputs).items())

    def take(self, workflow: Any, arrived: Task | None) -> bool:
        """Go on when each flow has a token: True when it is `arrived` that goes on, the others being consumed."""
        tokens = self.tokens(workflow)
        if not self.full(tokens):
            return False
        return self.consume(tokens, arrived)

    def consume(self, tokens: Lying, arrived: Task | None) -> bool:
        """Take one token from each flow that has any; the last of them goes on, the others are gone."""
        taken = [task for name, count in Counter(self._inputs).items() for task in tokens[name][:count]]
        forward = arrived if arrived is not None and arrived in taken else taken[-1]
        for task in taken:
            task.internal_data.pop(FAILURE, None)
            if task is not forward:
                task._set_state(TaskState.CANCELLED)
        if forward is arrived:
            return True
        forward._ready()
        return False


class ParallelGateway(Join, defaults.ParallelGateway):
    """Goes on when each incoming flow has a token; data needs no merging, since branches share their variables."""

    def _run_hook(self, my_task: Task) -> bool:
        return True


class InclusiveGateway(Join, Chosen, defaults.InclusiveGateway):
    """Goes on when no further token can come; leaves by every flow whose condition holds, or by the default."""

    def _run_hook(self, my_task: Task) -> bool:
        if not self._outputs:
            return True
        matches, otherwise = self._get_matching_outputs(my_task)
        if not matches and not otherwise:
            raise ExecutionFailed(
                f"«{_label(my_task)}»: nessuna condizione dei flussi in uscita è vera e nessuno è predefinito"
            )
        my_task._sync_children(matches or otherwise, TaskState.FUTURE)
        return True


def _label(task: Task) -> str:
    element = task.task_spec.element or task.parent.task_spec.element
    return str(element.label if element is not None else task.task_spec.name)


def wire(task_specs: Iterable[TaskSpec]) -> None:
    """Work out, once for each version, from where the flows into each join can be reached."""
    every = list(task_specs)
    before: dict[str, set[str]] = {}
    for spec in every:
        for name in spec._outputs:
            before.setdefault(name, set()).add(spec.name)
        if spec.name.endswith(BOUNDARY_SPLIT):
            main, *events = spec._outputs  # the activity's token leaves by its boundary events too
            for name in events:
                before.setdefault(name, set()).add(main)
    for spec in every:
        if isinstance(spec, Join):
            spec.upstream = {name: _reaching(name, spec.name, before) for name in spec._inputs}


def _reaching(name: str, stop: str, before: dict[str, set[str]]) -> frozenset[str]:
    seen: set[str] = set()
    front = [name]
    while front:
        current = front.pop()
        if current != stop and current not in seen:
            seen.add(current)
            front.extend(before.get(current, ()))
    return frozenset(seen)


def release(workflow: Any) -> bool:
    """Let the first inclusive join go on that waits for nothing more; called when all else is at rest."""
    lying = _lying(workflow)
    for spec, tokens in lying.items():
        if isinstance(spec, InclusiveGateway) and not _awaited(spec, tokens, _places(workflow, spec)):
            spec.consume(tokens, None)
            return True
    return False


def stuck(workflow: Any) -> Iterator[Task]:
    """One token of each join that can never go on: no token is left that could reach the flows it waits for."""
    lying = _lying(workflow)
    if not lying:
        return
    hopeful = {task.task_spec.name for task in _open(workflow) if task.task_spec not in lying}
    waiting = dict(lying)
    moved = True
    while moved:
        moved = False
        for spec in list(waiting):
            if _may_go_on(spec, waiting[spec], hopeful):
                del waiting[spec]
                hopeful.add(spec.name)
                moved = True
    for tokens in waiting.values():
        resting = [task for lying_here in tokens.values() for task in lying_here]
        if not any(FAILURE in task.internal_data for task in resting):
            yield resting[0]


def _may_go_on(spec: Join, tokens: Lying, hopeful: set[str]) -> bool:
    if isinstance(spec, InclusiveGateway):
        return _awaited(spec, tokens, hopeful)
    empty = [name for name, count in Counter(spec._inputs).items() if len(tokens[name]) < count]
    return all(spec.upstream[name] & hopeful for name in empty)


def _awaited(spec: Join, tokens: Lying, places: set[str]) -> bool:
    """Whether a token at one of the places can reach an empty flow of the join, and none that has a token."""
    having = [spec.upstream[name] for name, lying in tokens.items() if lying]
    empty = [spec.upstream[name] for name, lying in tokens.items() if not lying]
    return any(
        any(place in reaching for reaching in empty) and not any(place in reaching for reaching in having)
        for place in places
        if place != spec.name
    )


def _lying(workflow: Any) -> dict[Join, Lying]:
    found: dict[Join, Lying] = {
        task.task_spec: {}
        for task in workflow.tasks.values()
        if task.state == TaskState.WAITING and isinstance(task.task_spec, Join)
    }
    return {spec: spec.tokens(workflow) for spec in found}


def _places(workflow: Any, spec: Join) -> set[str]:
    return {task.task_spec.name for task in _open(workflow) if task.task_spec is not spec}


def _open(workflow: Any) -> Iterator[Task]:
    """The tasks that hold a token; a boundary event that waits holds none, its activity does."""
    for task in workflow.tasks.values():
        if task.has_state(TaskState.DEFINITE_MASK) and not (
            task.state == TaskState.WAITING
            and is_split(task.parent)
            and task.task_spec.name != main_of(task.parent)
        ):
            yield task


def main_of(split: Task) -> str:
    """The name of the activity that a boundary split begins."""
    return str(split.task_spec._outputs[0])
