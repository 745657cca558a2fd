"""Task specs of compensation: its throwing events, the end that cancels a transaction, and the call of a handler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.task import Task

from engine.languages.bpmn.model import Element
from engine.spiff.base_specs import BaseSpec
from engine.spiff.internal_data import HANDLER
from engine.spiff.spec_callbacks import callbacks

HANDLER_CALL = "~compensation"
"""Name of the spec, in every scope, whose tasks run handlers; no flow leads to it. Part of the saved state."""


class _CompensatingEvent(BaseSpec):
    """The token stays until everything that is to be compensated has been."""

    def _run_hook(self, my_task: Task) -> bool | None:
        return True if callbacks(my_task).begin_compensation(my_task) else None


class CompensationThrow(_CompensatingEvent, defaults.IntermediateThrowEvent):
    """Compensates an activity, or all that its scope has done, and goes on."""


class CompensationEnd(_CompensatingEvent, defaults.EndEvent):
    """The same as an end event; also the end that cancels a transaction."""


class HandlerCall(BaseSpec, defaults.SubWorkflowTask):
    """The call of one handler; its subprocess is the handler's process, which the task names."""

    def start_workflow(self, my_task: Task) -> None:
        """Start the handler."""
        handler = my_task.workflow.top_workflow.create_subprocess(my_task, my_task.internal_data[HANDLER])
        handler.completed_event.connect(self._on_subworkflow_completed, my_task)
        handler.get_next_task(spec_name="Start").run()

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        callbacks(my_task).handler_completed(my_task)

    def update_data(self, my_task: Task, subworkflow: Any) -> None:
        """Nothing to copy back: variables are in scopes."""


def subprocess_name(my_task: Task) -> str:
    """The name of the process spec of a task's subprocess."""
    name: str = my_task.internal_data.get(HANDLER) or my_task.task_spec.spec
    return name


def add_compensation(spec: BpmnProcessSpec, elements: Mapping[str, Element]) -> None:
    """Add the handler call to a scope, and report to the run each activity that is completed and can be compensated.

    To be called before the iterations of multi-instance activities are connected: they close their variables.
    """
    if not any(element.involves_compensation for element in elements.values()):
        return
    for task_spec in spec.task_specs.values():
        element = task_spec.element
        repeats = hasattr(task_spec, "task_spec")  # each iteration is completed, not the whole
        boundary = element is not None and element.type == "boundaryEvent"
        if element is not None and element.has_compensation and not repeats and not boundary:
            task_spec.completed_event.connect(_completed)
    HandlerCall(spec, HANDLER_CALL, "")


def _completed(workflow: Any, my_task: Task) -> None:
    callbacks(my_task).activity_completed(my_task)
