"""What a run does when its task specs call: the implementation of `engine.spiff.spec_callbacks.SpecCallbacks`."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.task import Task

from engine.errors import ExecutionFailed
from engine.spiff import activities, event_propagation, multi_instance
from engine.spiff.compensation import Compensation
from engine.spiff.run_state import RunState
from engine.spiff.spec_callbacks import callbacks


class RunCallbacks:
    """The callbacks of one run; the methods are explained in the protocol."""

    def __init__(self, run: RunState, compensation: Compensation) -> None:
        self._run = run
        self._compensation = compensation

    def evaluate(self, text: str, task: Task) -> Any:
        """The value of a FEEL expression."""
        return self._run.evaluate(text, task)

    def enter(self, task: Task) -> None:
        """A token has reached a drawn element."""
        self._run.enter(task)

    def execute(self, task: Task) -> bool:
        """Do an automatic task."""
        return activities.execute(self._run, task)

    def throw(self, task: Task) -> bool:
        """Do what a throwing event does."""
        return event_propagation.throw(self._run, task)

    def enter_call(self, task: Task) -> bool:
        """Open the variables of a called process."""
        return self._run.prepare(task, activities.enter_call)

    def leave_call(self, task: Task) -> None:
        """Close the variables of a called process."""
        activities.leave_call(self._run, task)

    def evaluate_loop(self, task: Task) -> bool:
        """Decide whether a standard loop has another turn."""
        return self._run.prepare(task, activities.evaluate_loop)

    def evaluate_items(self, task: Task) -> bool:
        """Find the items of a multi-instance activity."""
        return self._run.prepare(task, multi_instance.evaluate_items)

    def open_iteration(self, task: Task, child: Task, index: int) -> None:
        """Open the variables of one iteration."""
        multi_instance.open_iteration(self._run, task, child, index)

    def collect_result(self, task: Task, child: Task) -> None:
        """Close the variables of an iteration and keep its result."""
        multi_instance.collect_result(self._run, task, child)

    def discard_iteration(self, child: Task) -> None:
        """Close the variables of an iteration without a result."""
        self._run.scopes.close("item", child)

    def completion_condition(self, task: Task) -> bool | None:
        """Whether a multi-instance activity may end early."""
        return multi_instance.completion_condition(self._run, task)

    def begin_compensation(self, task: Task) -> bool:
        """A token has reached an event that compensates."""
        return self._compensation.begin(task)

    def activity_completed(self, task: Task) -> None:
        """An activity that can be compensated has been completed."""
        self._compensation.activity_completed(task)

    def handler_completed(self, task: Task) -> None:
        """A compensation handler has been completed."""
        self._compensation.handler_completed(task)


class FeelScriptEngine(PythonScriptEngine):
    """The script engine of the library, which evaluates FEEL instead of Python and executes no scripts."""

    def evaluate(self, task: Task, expression: str, external_context: Any = None) -> Any:
        """The value of a gateway's condition."""
        return callbacks(task).evaluate(expression, task)

    def execute(self, task: Task, script: str, external_context: Any = None) -> bool:
        """Refused: there are no scripts to execute."""
        raise ExecutionFailed("SCRIPT_NOT_FEEL")
