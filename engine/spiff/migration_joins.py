"""Migrates tokens that wait at a join: by which flow each has arrived, and which flow that is in another version."""

from __future__ import annotations

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import InvalidState
from engine.languages.bpmn.model import ProcessModel
from engine.spiff.executable_process import ExecutableProcess
from engine.spiff.gateway_joins import Join
from engine.spiff.migration_mapping import SpecMapping, element_id_of


class JoinMapping:
    """The incoming flows of the joins of one (sub)process."""

    def __init__(self, specs: SpecMapping, source: ProcessModel, target: ExecutableProcess) -> None:
        self._specs = specs
        self._source = source
        self._target = target

    def incoming_spec(self, task: Task, join: TaskSpec) -> TaskSpec | None:
        """The input of the target's `join` for the flow by which this task has arrived at the join of the source.

        None when the task does not wait at a join. Raises InvalidState when the target has no such flow.
        """
        source_join = task.task_spec
        if not isinstance(source_join, Join) or task.state != TaskState.WAITING:
            return None
        if not source_join.has_several_inputs:
            return None
        came_from = task.parent.task_spec
        if came_from not in source_join.inputs:
            return None  # started there by a modification: it counts for any flow
        same = self._specs.spec(came_from)
        if same is not None and same in join.inputs:
            return same
        by_id = {element_id_of(spec): spec for spec in join.inputs}
        for candidate in self._candidates(element_id_of(came_from), source_join.element.id, join):
            if candidate in by_id:
                return by_id[candidate]
        raise InvalidState(
            "JOIN_FLOW_NOT_IN_TARGET", source=element_id_of(came_from), join=source_join.element.label
        )

    def _candidates(self, came_from: str, source_join: str, join: TaskSpec) -> list[str]:
        """The target's elements that the token may have come from: the mapped one, or by the id of the flow."""
        flows = {
            flow.id for flow in self._source.flows if flow.source == came_from and flow.target == source_join
        }
        model = self._target.models[join.element.process_id]
        mapped = (
            self._specs.target_id(self._source.elements[came_from])
            if came_from in self._source.elements
            else None
        )
        found = [mapped] if mapped else []
        found += [flow.source for flow in model.flows if flow.id in flows and flow.target == join.element.id]
        return found
