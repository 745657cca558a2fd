"""Task specs of activities and exclusive gateways: the library's, with variables in scopes.

A spec is shared by every instance of its definition, so none of these classes keeps anything of a run; it reaches the
run through `engine.spiff.spec_callbacks.callbacks`.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.task import Task

from engine.spiff.base_specs import BaseSpec, ChoosingGateway
from engine.spiff.spec_callbacks import callbacks


class UserTask(BaseSpec, defaults.UserTask):
    """Waits for a person."""


class PassThrough(BaseSpec, defaults.NoneTask):
    """A task without implementation: the token passes, as in other engines."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = False


class AutomaticTask(BaseSpec, defaults.NoneTask):
    """A service, send, script or business rule task, executed by the run.

    When it fails, the task stays STARTED until it is retried.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.manual = False

    def _run_hook(self, my_task: Task) -> bool | None:
        return True if callbacks(my_task).execute(my_task) else None


class EmbeddedSubprocess(BaseSpec, defaults.SubWorkflowTask):
    """A subprocess drawn inside its parent: it shares the parent's variables."""

    def copy_data(self, my_task: Task, subworkflow: Any) -> None:
        """Nothing to copy: variables are in scopes."""
        callbacks(my_task).enter(my_task)

    def update_data(self, my_task: Task, subworkflow: Any) -> None:
        """Nothing to copy back."""


class Transaction(EmbeddedSubprocess):
    """A subprocess that can be cancelled: all that it has done is compensated, then its cancel event occurs."""


class CallActivity(BaseSpec, defaults.CallActivity):
    """Calls another process, which has variables of its own."""

    def _update_hook(self, my_task: Task) -> bool | None:
        called = my_task.id in my_task.workflow.top_workflow.subprocesses
        if not called and not callbacks(my_task).enter_call(my_task):
            return False
        result: bool | None = super()._update_hook(my_task)
        return result

    def copy_data(self, my_task: Task, subworkflow: Any) -> None:
        """The variables of the called process were set by `enter_call`."""

    def update_data(self, my_task: Task, subworkflow: Any) -> None:
        """Copy back the variables that the diagram says."""
        callbacks(my_task).leave_call(my_task)


class ExclusiveGateway(ChoosingGateway, defaults.ExclusiveGateway):
    """Leaves by the first flow whose condition holds, or by the default."""

    def _run_hook(self, my_task: Task) -> bool:
        return bool(super()._run_hook(my_task)) if self._outputs else True


class StartEvent(BaseSpec, defaults.StartEvent):
    """A start event of a process or subprocess."""


class IntermediateCatchEvent(BaseSpec, defaults.IntermediateCatchEvent):
    """Waits for an event."""


class ReceiveTask(BaseSpec, defaults.ReceiveTask):
    """Waits for a message."""
