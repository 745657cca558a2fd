"""The state of a run and the basic operations on it: find, run, trigger and fail a task, evaluate an expression.

`ProcessRun` extends it. Activities, multi-instance activities, event propagation, compensation and modification work on
a `RunState`, and know nothing of `ProcessRun`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import EngineError, InvalidState
from engine.languages.bpmn.model import Element
from engine.localization import message, storable_parameters
from engine.spiff.environment import ProcessEnvironment
from engine.spiff.event_specs import EventSubprocessStart
from engine.spiff.executable_process import ExecutableProcess
from engine.spiff.internal_data import ATTEMPTS, CHOSEN_EVENT, FAILURE, FIRED
from engine.spiff.variable_scopes import VariableScopes
from engine.spiff.wait_states import drawn_element
from engine.spiff.workflow_tree import TopWorkflow

TECHNICAL_ERROR = "ERRORE_TECNICO"
"""The error code under which a failure with no attempt left looks for a catcher; no diagram throws it."""


@dataclass(frozen=True)
class ThrownEvent:
    """An event on its way to its catchers. `name` is the code of an error or escalation, or the name of a signal."""

    kind: str
    task: Task
    name: str
    message: str = ""
    values: Mapping[str, Any] | None = None


class RunState:
    """An executable process, the tree of its tasks, its variables, and the environment of the present step.

    `phase` is the last value of the property ``stato`` of an element that a token has reached. `thrown` are the events
    that the present step has thrown and that have not reached their catchers yet.
    """

    def __init__(
        self,
        executable: ExecutableProcess,
        environment: ProcessEnvironment,
        workflow: TopWorkflow,
        scopes: VariableScopes,
        phase: str,
    ) -> None:
        self.executable = executable
        self.environment = environment
        self.workflow = workflow
        self.scopes = scopes
        self.phase = phase
        self.thrown: list[ThrownEvent] = []

    # -- tasks -----------------------------------------------------------------------------------------------------

    def task(self, token: str) -> Task:
        """The task of a token. Raises InvalidState when it is gone."""
        task = self.workflow.find(UUID(token.partition(":")[0]))
        if task is None:
            raise InvalidState("STEP_GONE")
        return task

    def waiting_task(self, token: str) -> Task:
        """The task of a token, which waits for an event. Raises InvalidState when it does so no longer."""
        task = self.task(token)
        if task.state != TaskState.WAITING:
            raise InvalidState("EVENT_NOT_AWAITED")
        return task

    def task_around(self, task: Task) -> Task:
        """The task of the subprocess or call activity that a task lies in."""
        return self.workflow.get_task_from_id(task.workflow.parent_task_id)

    # -- expressions -----------------------------------------------------------------------------------------------

    def evaluate(self, text: str, task: Task) -> Any:
        """The value of a FEEL expression with the variables that a task sees."""
        return self.environment.evaluate(text, self.scopes.view(task))

    def evaluate_parameter(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The value of a parameter: FEEL after ``=``, otherwise the text itself."""
        return self.environment.evaluate(text[1:], variables) if text.startswith("=") else text

    # -- moving one task -------------------------------------------------------------------------------------------

    def enter(self, task: Task) -> None:
        """A token has reached a drawn element."""
        element: Element | None = task.task_spec.element
        if element is not None and element.properties.get("stato"):
            self.phase = element.properties["stato"]

    def run_task(self, task: Task) -> None:
        """Run a ready task; an error makes it fail."""
        self.enter(task)
        try:
            task.run()
        except Exception as problem:  # a condition that fails, a gateway that no flow leaves
            task._state = TaskState.READY
            self.fail(task, problem, "expression")
            return
        element = task.task_spec.element
        if (
            element is not None
            and task.state == TaskState.COMPLETED
            and not isinstance(
                task.task_spec, EventSubprocessStart
            )  # recorded by the start event in its subprocess
        ):
            self.environment.record("element.passed", element)

    def trigger(self, task: Task, event_index: int | None = None) -> None:
        """The event that a task waits for occurs; what it interrupts is cancelled before anything else goes on.

        `event_index` says which one of an event-based gateway.
        """
        if event_index is not None:
            task.internal_data[CHOSEN_EVENT] = event_index
        task.internal_data[FIRED] = True
        task.task_spec._update(task)
        if task.state == TaskState.READY:
            self.run_task(task)

    def prepare(self, task: Task, preparation: Callable[[RunState, Task], None]) -> bool:
        """Do what an activity needs before it begins. False when that has failed: the activity stays WAITING."""
        if FAILURE in task.internal_data:
            return False
        try:
            preparation(self, task)
        except EngineError as problem:
            task._set_state(TaskState.WAITING)
            self.fail(task, problem, "expression")
            return False
        return True

    def fail(self, task: Task, problem: Exception, kind: str) -> None:
        """A step has failed and its token stays; when it is not retried by itself, an error event may catch it."""
        attempts = task.internal_data.get(ATTEMPTS, 0) + 1
        if isinstance(problem, EngineError):
            sentence = problem.message
        else:
            sentence = message("UNEXPECTED_ERROR", error=f"{type(problem).__name__}: {problem}")
            label = drawn_element(task).label
            logging.getLogger(__name__).warning("«%s» failed", label, exc_info=problem)
        task.internal_data[FAILURE] = {
            "sentence": str(sentence),
            "attempts": attempts,
            "kind": kind,
            "code": sentence.code,
            "parameters": storable_parameters(sentence),
        }
        if kind != "error" and (kind != "operation" or attempts >= self.environment.max_attempts):
            self.thrown.append(ThrownEvent("error", task, TECHNICAL_ERROR, str(sentence)))
