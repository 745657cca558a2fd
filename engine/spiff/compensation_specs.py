"""Specs of compensation: events that throw it, the end that cancels a transaction, and the run of a handler."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.task import Task

from engine.languages.bpmn.model import Element
from engine.spiff.base_specs import Stepwise

HANDLER = "handler"
"""In the task that runs a handler: the name of the handler's process."""
RUN_OF_HANDLER = "~compensation"
"""Name of the spec, in every scope, whose tasks run handlers; no flow leads to it."""


class _Compensating:
    """The token stays until everything that is to be undone has been."""

    def _run_hook(self, my_task: Task) -> bool | None:
        return True if my_task.workflow.top_workflow.run.compensation.begin(my_task) else None


class CompensationThrow(_Compensating, Stepwise, defaults.IntermediateThrowEvent):
    """Undoes an activity, or all that its scope has done, and goes on."""


class CompensationEnd(_Compensating, Stepwise, defaults.EndEvent):
    """The same, as an end; the end of a transaction that cancels it, too."""


class HandlerRun(Stepwise, defaults.SubWorkflowTask):
    """The run of one handler, begun by what throws compensation; its inside is the handler's process."""

    def start_workflow(self, my_task: Task) -> None:
        """Begin the handler that the task names."""
        inner = my_task.workflow.top_workflow.create_subprocess(my_task, my_task.internal_data[HANDLER])
        inner.completed_event.connect(self._on_subworkflow_completed, my_task)
        inner.get_next_task(spec_name="Start").run()

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        my_task.workflow.top_workflow.run.compensation.ended(my_task)

    def update_data(self, my_task: Task, subworkflow: Any) -> None:
        """Nothing to copy back."""


def spec_of(my_task: Task) -> str:
    """The name of the process that is the inside of a task."""
    name: str = my_task.internal_data.get(HANDLER) or my_task.task_spec.spec
    return name


def equip(spec: BpmnProcessSpec, elements: Mapping[str, Element]) -> None:
    """Let a scope run handlers, and tell the run when something that can be undone is done.

    To be called before the runs of multi-instance activities are connected: they close the variables of a run.
    """
    if not any(element.compensating for element in elements.values()):
        return
    for task_spec in spec.task_specs.values():
        element = task_spec.element
        repeats = hasattr(task_spec, "task_spec")  # its runs are what is done, not the whole
        if element is not None and element.compensable and not repeats and not _is_boundary(element):
            task_spec.completed_event.connect(_done)
    runner = HandlerRun(spec, RUN_OF_HANDLER, "")
    runner.element = None


def _is_boundary(element: Element) -> bool:
    return element.type == "boundaryEvent"


def _done(workflow: Any, my_task: Task) -> None:
    workflow.top_workflow.run.compensation.done(my_task)


def handler_names(elements: Iterable[Element]) -> set[str]:
    """The identifiers of all handlers, those of boundary events and event subprocesses."""
    return {name for element in elements for name in (element.handler, element.undone_by) if name}
