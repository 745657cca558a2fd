"""One run of a process: start it, complete tasks, deliver events, retry failures; each time as far as the wait states.

A run knows no database: it takes a `ProcessEnvironment` for all that lies outside, and is read afterwards
(`wait_states`, `failures`, `dump`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ExecutionFailed, InvalidState
from engine.languages.bpmn.model import Element
from engine.spiff import logging_patch, modification
from engine.spiff.activity_specs import UserTask
from engine.spiff.compensation import Compensation
from engine.spiff.conditional_events import trigger_conditional_events
from engine.spiff.environment import NO_ENVIRONMENT, ProcessEnvironment
from engine.spiff.event_propagation import propagate_thrown_events
from engine.spiff.executable_process import ExecutableProcess
from engine.spiff.gateway_joins import blocked_joins, release_inclusive_join
from engine.spiff.internal_data import ATTEMPTS, FAILURE, REPETITION, START_EVENT
from engine.spiff.loop_detection import LoopDetection
from engine.spiff.modification_instructions import Instruction
from engine.spiff.multi_instance_specs import MULTI_INSTANCE
from engine.spiff.pruning import prune
from engine.spiff.run_callbacks import FeelScriptEngine, RunCallbacks
from engine.spiff.run_state import RunState
from engine.spiff.state_upgrade import upgrade_version_1
from engine.spiff.variable_scopes import PROCESS_SCOPE, CopyOnRead, VariableScopes, deep_copy
from engine.spiff.wait_states import (
    StepFailure,
    WaitState,
    drawn_element,
    find_active_elements,
    find_failures,
    find_wait_states,
)
from engine.spiff.workflow_tree import TopWorkflow, dump_tree, restore_tree
from engine.storage.serialization import decode, encode

logging_patch.install()

STATE_VERSION = 2
MAX_GROWTH = 256
"""How many tasks a step may add to the tree before finished tasks are removed."""


def stored_variables(state: bytes) -> dict[str, dict[str, Any]]:
    """The variables of a saved run by the key of their scope (see `VariableScopes`), without restoring the run."""
    scopes: dict[str, dict[str, Any]] = decode(state)["scopes"]
    return scopes


class ProcessRun(RunState):
    """The run of one process instance. Use `start`, `restore` or `for_inspection`; never share one between threads.

    A token is the text by which a `WaitState` or `StepFailure` names its task.
    """

    def __init__(
        self,
        executable: ExecutableProcess,
        environment: ProcessEnvironment,
        workflow: TopWorkflow,
        scopes: VariableScopes,
        phase: str,
        compensation: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(executable, environment, workflow, scopes, phase)
        self.compensation = Compensation(self, compensation)
        self._conditions_checked_at = 0
        workflow.callbacks = RunCallbacks(self, self.compensation)
        workflow.script_engine = FeelScriptEngine()

    @classmethod
    def start(
        cls,
        executable: ExecutableProcess,
        environment: ProcessEnvironment,
        variables: Mapping[str, Any],
        start_event: str = "",
    ) -> ProcessRun:
        """Start a process and run it to its wait states; `start_event` is the id of one of several start events."""
        workflow = TopWorkflow(executable.spec, executable.subprocess_specs)
        if start_event:
            workflow.task_tree.internal_data[START_EVENT] = start_event
        scopes = VariableScopes({PROCESS_SCOPE: deep_copy(variables)})
        run = cls(executable, environment, workflow, scopes, "")
        run.run_to_wait_states()
        return run

    @classmethod
    def restore(
        cls, executable: ExecutableProcess, environment: ProcessEnvironment, state: bytes
    ) -> ProcessRun:
        """The run of a state that `dump` has made. Raises ExecutionFailed for a state of an unknown version."""
        data = decode(state)
        if data["version"] not in (1, STATE_VERSION):
            raise ExecutionFailed("RUN_STATE_VERSION_UNKNOWN", version=data["version"])
        tree = upgrade_version_1(executable, data["tree"]) if data["version"] == 1 else data["tree"]
        workflow = restore_tree(executable, tree)
        scopes = VariableScopes(data["scopes"])
        return cls(executable, environment, workflow, scopes, data["phase"], data.get("compensation"))

    @classmethod
    def for_inspection(cls, executable: ExecutableProcess, state: bytes) -> ProcessRun:
        """A saved run that is only read: whatever needs an environment raises RuntimeError."""
        return cls.restore(executable, NO_ENVIRONMENT, state)

    def dump(self) -> bytes:
        """The whole run as bytes, for `restore`."""
        return encode(
            {
                "version": STATE_VERSION,
                "phase": self.phase,
                "scopes": self.scopes.by_key,
                "tree": dump_tree(self.workflow),
                **self.compensation.dump(),
            }
        )

    # -- moving the run --------------------------------------------------------------------------------------------

    def complete_task(self, token: str, values: Mapping[str, Any]) -> None:
        """A person has done a user task; `values` become variables. Raises InvalidState when it is not open."""
        task = self.task(token)
        if task.state != TaskState.READY or not isinstance(task.task_spec, UserTask):
            raise InvalidState("TASK_NO_LONGER_OPEN")
        self.scopes.write(task, values)
        self.environment.record("element.passed", task.task_spec.element)
        task.run()
        self.run_to_wait_states()

    def fire_timer(self, token: str, repetition: Any = None) -> None:
        """A timer is due; `repetition` is the recurrence of the timer that follows when it repeats."""
        task = self.waiting_task(token)
        task.internal_data.pop(REPETITION, None)
        if repetition is not None:
            task.internal_data[REPETITION] = repetition
        self._trigger_awaited(task, token)

    def deliver_event(self, token: str, payload: Mapping[str, Any]) -> None:
        """The message or signal that a token waits for has come; its payload becomes variables."""
        task = self.waiting_task(token)
        self.scopes.write(task, payload)
        self._trigger_awaited(task, token)

    def _trigger_awaited(self, task: Task, token: str) -> None:
        _, _, event_index = token.partition(":")
        self.trigger(task, int(event_index) if event_index else None)
        self.run_to_wait_states()

    def retry(self, token: str) -> None:
        """Try a failed step again. Raises InvalidState when it has not failed."""
        task = self.task(token)
        if FAILURE not in task.internal_data:
            raise InvalidState("STEP_NO_LONGER_FAILED")
        task.internal_data[ATTEMPTS] = task.internal_data.pop(FAILURE)["attempts"]
        if task.state == TaskState.STARTED and isinstance(task.task_spec, MULTI_INSTANCE):
            task.task_spec.continue_or_complete(task)
        elif task.state == TaskState.WAITING:  # it has failed before it could begin
            task.task_spec._update(task)
        else:
            task._state = TaskState.READY
        self.run_to_wait_states()

    def dismiss_failure(self, token: str) -> None:
        """A person has decided that a failed step stays as it is: it is no failure any more, and is not retried."""
        self.task(token).internal_data.get(FAILURE, {})["left"] = True

    def modify(self, instructions: Sequence[Instruction]) -> None:
        """Move tokens and set variables, all or nothing; what that starts runs at the next `run_to_wait_states`.

        Raises InvalidInput or InvalidState; the run must then be thrown away.
        """
        modification.modify(self, instructions)

    def cancel(self) -> None:
        """End the run at once; all that is open is cancelled."""
        for workflow in list(self.workflow.subprocesses.values()):
            workflow.cancel()
        self.workflow.cancel()
        self._clean_up()

    def run_to_wait_states(self) -> None:
        """Run all automatic steps, until only wait states are left."""
        loop_detection = LoopDetection(self.scopes)
        size_after_pruning = self._size()
        self._propagate_events()
        while True:
            ready = self._ready_tasks()
            for task in ready:
                if task.state == TaskState.READY:  # a terminate end in the same round may have cancelled it
                    loop_detection.count(task)
                    self.run_task(task)
                    self._propagate_events()
            if not ready and not self._advance_joins() and not self.compensation.advance():
                break
            if self._size() > 2 * size_after_pruning + MAX_GROWTH:
                self._prune()
                size_after_pruning = self._size()
        self._clean_up()

    # -- reading the run -------------------------------------------------------------------------------------------

    @property
    def completed(self) -> bool:
        """Whether the process has ended."""
        return bool(self.workflow.completed)

    @property
    def variables(self) -> dict[str, Any]:
        """Copies of the variables of the process."""
        return dict(deep_copy(self.scopes.by_key[PROCESS_SCOPE]))

    def variables_of(self, token: str) -> Mapping[str, Any]:
        """Copies of the variables that the task of a token sees."""
        return CopyOnRead(self.scopes.view(self.task(token)))

    def wait_states(self) -> list[WaitState]:
        """All that is waited for now: user tasks, timers, messages, signals, conditions."""
        return find_wait_states(self.workflow, self.scopes)

    def failures(self) -> list[StepFailure]:
        """The steps that have failed and wait for a retry."""
        return find_failures(self.workflow)

    def active_elements(self) -> list[tuple[str, str]]:
        """(process id, element id) of every element that holds a token, those that contain one included."""
        return find_active_elements(self.workflow)

    def tokens_per_element(self) -> list[tuple[Element, int]]:
        """Every element that holds tokens and their number, outer ones first."""
        return modification.tokens_per_element(self)

    def open_iterations(self) -> dict[tuple[str, str], list[int]]:
        """(process id, element id) of each open multi-instance activity → numbers of its open iterations, from 1."""
        return modification.open_iterations(self)

    def process_of(self, token: str) -> str:
        """The id of the (called) process that a token is in."""
        return drawn_element(self.task(token)).process_id

    # -- within ----------------------------------------------------------------------------------------------------

    def _ready_tasks(self) -> list[Task]:
        found: list[Task] = []
        for workflow in self.workflow.innermost_first():
            ready = [task for task in workflow.tasks.values() if task.state == TaskState.READY]
            if not ready and not workflow.completed and workflow.has_ended():
                workflow.finish()
            found += [t for t in ready if not t.task_spec.manual and FAILURE not in t.internal_data]
        return found

    def _advance_joins(self) -> bool:
        """Nothing else can run: release an inclusive join that expects no further token, or fail the blocked ones."""
        if any(release_inclusive_join(workflow) for workflow in self.workflow.all_workflows()):
            return True
        for workflow in self.workflow.all_workflows():
            for task in list(blocked_joins(workflow)):
                self.fail(task, ExecutionFailed("JOIN_BLOCKED"), "expression")
        return False

    def _propagate_events(self) -> None:
        """Bring thrown events to their catchers, and trigger the conditions that have become true."""
        while True:
            propagate_thrown_events(self)
            if not self.executable.has_conditional_events:
                return
            changed = self.scopes.change_count != self._conditions_checked_at
            self._conditions_checked_at = self.scopes.change_count
            trigger_conditional_events(self, changed)
            if not self.thrown and self.scopes.change_count == self._conditions_checked_at:
                return

    def _size(self) -> int:
        return sum(len(workflow.tasks) for workflow in self.workflow.all_workflows())

    def _prune(self) -> None:
        self.workflow.remove_closed_subprocesses()
        for workflow in self.workflow.all_workflows():
            prune(workflow)

    def _clean_up(self) -> None:
        self._prune()
        if len(self.scopes.by_key) > 1 or not self.compensation.is_empty:
            open_task_ids = {
                task.id.hex
                for workflow in self.workflow.all_workflows()
                for task in workflow.tasks.values()
                if not task.has_state(TaskState.FINISHED_MASK)
            }
            self.scopes.remove_closed(open_task_ids)
            self.compensation.remove_closed(open_task_ids)
