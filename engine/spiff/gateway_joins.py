"""The parallel and the inclusive gateway as joins: tokens are counted by incoming flow, also in a loop.

A token on a flow into a join is a WAITING task whose parent says by which flow it came. A parallel join takes one token
from each flow as soon as each has one; further tokens stay for the next turn (BPMN 2.0.2, 13.4.1). An inclusive join
takes one from each flow that has any, once no token elsewhere can still reach an empty flow without passing the join,
unless that token can also reach a flow that has one (13.4.3).
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
from engine.spiff.base_specs import BOUNDARY_SPLIT, BaseSpec, ChoosingGateway, is_boundary_split
from engine.spiff.internal_data import FAILURE

TokensByFlow = dict[str, list[Task]]
"""The tokens on the flows into a join, by the name of the spec that each flow comes from."""


class Join(BaseSpec):
    """A gateway that may join. `upstream`: for each incoming flow, the names of the specs that can reach it."""

    upstream: dict[str, frozenset[str]]
    _inputs: list[str]

    @property
    def has_several_inputs(self) -> bool:
        """Whether there is anything to join."""
        return len(self._inputs) > 1

    def _update_hook(self, my_task: Task) -> bool:
        if not self.has_several_inputs:
            return True
        if my_task.state != TaskState.WAITING:
            my_task._set_state(TaskState.WAITING)
        return self.try_join(my_task.workflow, my_task)

    def tokens(self, workflow: Any) -> TokensByFlow:
        """The tokens that wait on the incoming flows."""
        found: TokensByFlow = {name: [] for name in self._inputs}
        for task in workflow.tasks.values():
            if task.task_spec is self and task.state == TaskState.WAITING:
                source = task.parent.task_spec.name
                if source not in found:  # started here by a modification: it counts for a flow that has none
                    source = next((name for name, tokens in found.items() if not tokens), self._inputs[0])
                found[source].append(task)
        return found

    def is_complete(self, tokens: TokensByFlow) -> bool:
        """Whether each incoming flow has a token."""
        return all(len(tokens[name]) >= count for name, count in Counter(self._inputs).items())

    def try_join(self, workflow: Any, arrived: Task | None) -> bool:
        """Join when each flow has a token. True when it is `arrived` that goes on."""
        tokens = self.tokens(workflow)
        if not self.is_complete(tokens):
            return False
        return self.join(tokens, arrived)

    def join(self, tokens: TokensByFlow, arrived: Task | None) -> bool:
        """Take one token from each flow that has any; one of them goes on, `arrived` if possible, else the last."""
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


class InclusiveGateway(Join, ChoosingGateway, defaults.InclusiveGateway):
    """Goes on when no further token can come; leaves by every flow whose condition holds, or by the default."""

    def _run_hook(self, my_task: Task) -> bool:
        if not self._outputs:
            return True
        matches, default = self._get_matching_outputs(my_task)
        if not matches and not default:
            raise ExecutionFailed("NO_FLOW_TAKEN", element=_label(my_task))
        my_task._sync_children(matches or default, TaskState.FUTURE)
        return True


def _label(task: Task) -> str:
    element = task.task_spec.element or task.parent.task_spec.element
    return str(element.label if element is not None else task.task_spec.name)


def compute_upstream(task_specs: Iterable[TaskSpec]) -> None:
    """Set `upstream` of each join of a process; done once for each version."""
    every = list(task_specs)
    predecessors: dict[str, set[str]] = {}
    for spec in every:
        for name in spec._outputs:
            predecessors.setdefault(name, set()).add(spec.name)
        if spec.name.endswith(BOUNDARY_SPLIT):
            activity, *events = spec._outputs  # the activity's token leaves by its boundary events too
            for name in events:
                predecessors.setdefault(name, set()).add(activity)
    for spec in every:
        if isinstance(spec, Join):
            spec.upstream = {name: _reaching(name, spec.name, predecessors) for name in spec._inputs}


def _reaching(name: str, stop: str, predecessors: dict[str, set[str]]) -> frozenset[str]:
    seen: set[str] = set()
    front = [name]
    while front:
        current = front.pop()
        if current != stop and current not in seen:
            seen.add(current)
            front.extend(predecessors.get(current, ()))
    return frozenset(seen)


def release_inclusive_join(workflow: Any) -> bool:
    """Let the first inclusive join go on that waits for no further token; called when nothing else can run."""
    for spec, tokens in _waiting_joins(workflow).items():
        if isinstance(spec, InclusiveGateway) and not _expects_token(
            spec, tokens, _token_positions(workflow, spec)
        ):
            spec.join(tokens, None)
            return True
    return False


def blocked_joins(workflow: Any) -> Iterator[Task]:
    """One token of each join that can never go on: no token is left that could reach the flows it waits for."""
    joins = _waiting_joins(workflow)
    if not joins:
        return
    live = {task.task_spec.name for task in _tokens(workflow) if task.task_spec not in joins}
    blocked = dict(joins)
    changed = True
    while changed:
        changed = False
        for spec in list(blocked):
            if _may_go_on(spec, blocked[spec], live):
                del blocked[spec]
                live.add(spec.name)
                changed = True
    for tokens in blocked.values():
        waiting = [task for on_flow in tokens.values() for task in on_flow]
        if not any(FAILURE in task.internal_data for task in waiting):
            yield waiting[0]


def _may_go_on(spec: Join, tokens: TokensByFlow, live: set[str]) -> bool:
    if isinstance(spec, InclusiveGateway):
        return _expects_token(spec, tokens, live)
    empty = [name for name, count in Counter(spec._inputs).items() if len(tokens[name]) < count]
    return all(spec.upstream[name] & live for name in empty)


def _expects_token(spec: Join, tokens: TokensByFlow, positions: set[str]) -> bool:
    """Whether a token at one of the positions can reach an empty flow of the join, and none that has a token."""
    filled = [spec.upstream[name] for name, on_flow in tokens.items() if on_flow]
    empty = [spec.upstream[name] for name, on_flow in tokens.items() if not on_flow]
    return any(
        any(position in upstream for upstream in empty)
        and not any(position in upstream for upstream in filled)
        for position in positions
        if position != spec.name
    )


def _waiting_joins(workflow: Any) -> dict[Join, TokensByFlow]:
    found: dict[Join, TokensByFlow] = {
        task.task_spec: {}
        for task in workflow.tasks.values()
        if task.state == TaskState.WAITING and isinstance(task.task_spec, Join)
    }
    return {spec: spec.tokens(workflow) for spec in found}


def _token_positions(workflow: Any, spec: Join) -> set[str]:
    return {task.task_spec.name for task in _tokens(workflow) if task.task_spec is not spec}


def _tokens(workflow: Any) -> Iterator[Task]:
    """The tasks that hold a token; a boundary event that waits holds none, its activity does."""
    for task in workflow.tasks.values():
        if task.has_state(TaskState.DEFINITE_MASK) and not (
            task.state == TaskState.WAITING
            and is_boundary_split(task.parent)
            and task.task_spec.name != _activity_name(task.parent)
        ):
            yield task


def _activity_name(split: Task) -> str:
    return str(split.task_spec._outputs[0])
