"""The spec of a process or subprocess: its first task, its start events, and its event subprocesses."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask, SimpleBpmnTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.spiff.base_specs import BaseSpec
from engine.spiff.event_specs import EventSubprocessStart, subscribe
from engine.spiff.internal_data import START_EVENT


class ScopeStart(BaseSpec, BpmnStartTask):
    """The first task of a scope: takes one start event, and lets the event subprocesses wait."""

    def create_successors(self, my_task: Task) -> None:
        """Make the task of the chosen start event; otherwise of all none start events, or of the first drawn."""
        outputs = self.outputs
        if len(outputs) > 1:
            chosen = [spec for spec in outputs if spec.name == my_task.internal_data.get(START_EVENT)]
            none_starts = [spec for spec in outputs if spec.element is None or not spec.element.events]
            outputs = chosen or none_starts or outputs[:1]
        my_task._sync_children(outputs, TaskState.FUTURE)

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        for spec in self._wf_spec.event_subprocesses:
            subscribe(my_task, spec)


class LegacyStartSplit(BaseSpec, SimpleBpmnTask):
    """Began a process with several starts in states of version 1; no token reaches it any more."""


class ScopeSpec(BpmnProcessSpec):
    """A process or subprocess that ends when nothing in it is open: no join of its ends is needed.

    `event_subprocesses` are the starts of its event subprocesses.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.task_specs.clear()
        self.start = ScopeStart(self, "Start")
        self.end = None
        self.event_subprocesses: list[EventSubprocessStart] = []
