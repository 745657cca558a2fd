"""One run of a program: begin, complete, fire, deliver, retry; then settle until only people and clocks are awaited.

A run knows no database: it takes a `Host` for what lies outside, and is read afterwards (`waits`, `failures`, `dump`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import BusinessError, EngineError, ExecutionFailed, InvalidState
from engine.languages.bpmn.model import Element
from engine.spiff import (
    activities,
    activity_specs,
    conditional_events,
    event_propagation,
    gateway_joins,
    logging_patch,
    modification,
    wait_states,
)
from engine.spiff.compensation import Compensation
from engine.spiff.environment import Host
from engine.spiff.event_propagation import TECHNICAL, Thrown
from engine.spiff.event_specs import CHOSEN, FIRED, REPETITION, ArmedStart
from engine.spiff.executable_process import Program
from engine.spiff.loop_detection import Guard
from engine.spiff.process_specs import START_CHOSEN
from engine.spiff.pruning import prune
from engine.spiff.state_upgrade import from_version_1
from engine.spiff.variable_scopes import PROCESS, Lent, Scopes, own
from engine.spiff.wait_states import FAILURE, Failure, Wait
from engine.spiff.workflow_tree import TopWorkflow, dump_tree, restore_tree
from engine.storage.serialization import decode, encode

for _name in ("spiff", "spiff.workflow", "spiff.task"):
    logging.getLogger(_name).setLevel(logging.WARNING)
logging_patch.install()

STATE_VERSION = 2
MOST_GROWTH = 256
"""How many tasks a step may add before what is past is forgotten."""


class _FeelScripts(PythonScriptEngine):
    """Everything that the library would evaluate as Python goes to FEEL; nothing is ever executed."""

    def evaluate(self, task: Task, expression: str, external_context: Any = None) -> Any:
        """A condition of a gateway."""
        return task.workflow.top_workflow.run.evaluate(expression, task)

    def execute(self, task: Task, script: str, external_context: Any = None) -> bool:
        """Refused: there are no scripts to execute."""
        raise ExecutionFailed("Gli script non si eseguono: usa un'espressione FEEL")


class ProcessRun:
    """The run. Use `start` or `restore`; never share one between threads."""

    def __init__(
        self,
        program: Program,
        host: Host,
        workflow: TopWorkflow,
        scopes: Scopes,
        phase: str,
        compensation: dict[str, Any] | None = None,
    ) -> None:
        self.program = program
        self.host = host
        self.scopes = scopes
        self.phase = phase
        self.thrown: list[Thrown] = []
        self._seen = 0
        self._workflow = workflow
        self.compensation = Compensation(self, compensation)
        workflow.run = self
        workflow.script_engine = _FeelScripts()

    @classmethod
    def start(
        cls, program: Program, host: Host, variables: Mapping[str, Any], start_event: str = ""
    ) -> ProcessRun:
        """Begin a process, where it has several at the start event named; what follows has run when this returns."""
        workflow = TopWorkflow(program.spec, program.subprocess_specs)
        if start_event:
            workflow.task_tree.internal_data[START_CHOSEN] = start_event
        run = cls(program, host, workflow, Scopes({PROCESS: own(variables)}), "")
        run.settle()
        return run

    @classmethod
    def restore(cls, program: Program, host: Host, state: bytes) -> ProcessRun:
        """Take up a run from the bytes of `dump`."""
        data = decode(state)
        if data["version"] not in (1, STATE_VERSION):
            raise ExecutionFailed(
                f"Lo stato salvato ha la versione {data['version']}, che questo programma non conosce"
            )
        tree = from_version_1(program, data["tree"]) if data["version"] == 1 else data["tree"]
        top = restore_tree(program, tree)
        return cls(program, host, top, Scopes(data["scopes"]), data["phase"], data.get("compensation"))

    def dump(self) -> bytes:
        """The whole run as bytes, for `restore`."""
        return encode(
            {
                "version": STATE_VERSION,
                "phase": self.phase,
                "scopes": self.scopes.sets,
                "tree": dump_tree(self._workflow),
                **self.compensation.dump(),
            }
        )

    @property
    def completed(self) -> bool:
        """Whether the process has ended."""
        return bool(self._workflow.completed)

    @property
    def variables(self) -> dict[str, Any]:
        """The process's variables, as copies."""
        return dict(own(self.scopes.sets[PROCESS]))

    # -- what moves a run ------------------------------------------------------------------------------------------

    def complete(self, token: str, values: Mapping[str, Any]) -> None:
        """A person has done the user task of `token`; `values` become variables. InvalidState when it is not open."""
        task = self._task(token)
        if task.state != TaskState.READY or not isinstance(task.task_spec, activity_specs.UserTask):
            raise InvalidState("Il compito non è più aperto")
        self.scopes.write(task, values)
        self.host.note("element.passed", task.task_spec.element)
        task.run()
        self.settle()

    def fire(self, token: str, repetition: Any = None) -> None:
        """The timer of `token` is due; `repetition` is handed to the next one when it repeats."""
        task = self._waiting(token)
        task.internal_data.pop(REPETITION, None)
        if repetition is not None:
            task.internal_data[REPETITION] = repetition
        self._happen(task, token)

    def deliver(self, token: str, payload: Mapping[str, Any]) -> None:
        """The message that `token` waits for has come; its entries become variables."""
        task = self._waiting(token)
        self.scopes.write(task, payload)
        self._happen(task, token)

    def retry(self, token: str) -> None:
        """Try a failed step again."""
        task = self._task(token)
        if FAILURE not in task.internal_data:
            raise InvalidState("Il passo non è più fermo")
        task.internal_data["attempts"] = task.internal_data.pop(FAILURE)["attempts"]
        if task.state == TaskState.STARTED and isinstance(task.task_spec, activity_specs.MULTI_INSTANCE):
            task.task_spec.go_on(task)  # whether it may end before all its runs
            self.settle()
            return
        if task.state == TaskState.WAITING:  # it could not even begin
            task.task_spec._update(task)
        else:
            task._state = TaskState.READY
        self.settle()

    modify = modification.modify
    leave = modification.leave

    def cancel(self) -> None:
        """End the run at once, everything in it cancelled."""
        for workflow in list(self._workflow.subprocesses.values()):
            workflow.cancel()
        self._workflow.cancel()
        self._tidy()

    def settle(self) -> None:
        """Run everything automatic until only people and clocks are awaited."""
        guard = Guard(self.scopes)
        settled = self._size()
        self._follow_up()
        while True:
            ready = self._ready()
            for task in ready:
                if task.state == TaskState.READY:  # a terminate end in the same round may have cancelled it
                    guard.passing(task)
                    self._run(task)
                    self._follow_up()
            if not ready and not self._joined() and not self.compensation.advance():
                break
            if self._size() > 2 * settled + MOST_GROWTH:
                self._forget()
                settled = self._size()
        self._tidy()

    # -- what is read from a run -----------------------------------------------------------------------------------

    def waits(self) -> list[Wait]:
        """All that is awaited now: user tasks, timers, messages."""
        return wait_states.waits(self._workflow, self.scopes)

    def failures(self) -> list[Failure]:
        """The steps that failed and wait for a retry."""
        return wait_states.failures(self._workflow)

    def variables_of(self, token: str) -> Mapping[str, Any]:
        """What the task of a token sees, as copies."""
        return Lent(self.scopes.view(self._task(token)))

    def active_elements(self) -> list[tuple[str, str]]:
        """(process id, element id) of every element that holds a token, those that contain one included."""
        return wait_states.active_elements(self._workflow)

    standing = modification.standing
    open_runs = modification.open_runs
    process_of = modification.process_of

    def evaluate(self, text: str, task: Task) -> Any:
        """A FEEL text, with the variables that `task` sees."""
        return self.host.evaluate(text, self.scopes.view(task))

    # -- called by the specs ---------------------------------------------------------------------------------------

    def entered(self, task: Task) -> None:
        """A token has come to a drawn element."""
        element: Element | None = task.task_spec.element
        if element is not None and element.properties.get("stato"):
            self.phase = element.properties["stato"]

    def perform(self, task: Task) -> bool:
        """Do an automatic task; False when it failed or threw an error, and stays."""
        try:
            activities.perform(self, task)
        except BusinessError as error:
            self.thrown.append(Thrown("error", task, error.code, error.message))
            return False
        except Exception as problem:
            self.fail(task, problem, "operation")
            return False
        return True

    def prepared(self, task: Task, prepare: Callable[[Task], None]) -> bool:
        """Do what an activity needs before it begins; False when that failed and the activity must wait."""
        if FAILURE in task.internal_data:
            return False
        try:
            prepare(task)
        except EngineError as problem:
            task._set_state(TaskState.WAITING)
            self.fail(task, problem, "expression")
            return False
        return True

    def throw(self, task: Task) -> bool:
        """What a throwing event does; False when the token stays there."""
        return event_propagation.throw(self, task)

    enter_call = activities.enter_call
    leave_call = activities.leave_call
    open_items = activities.open_items
    ask_loop = activities.ask_loop
    open_item = activities.open_item
    gather = activities.gather
    completion_condition = activities.completion_condition

    # -- within ----------------------------------------------------------------------------------------------------

    def _ready(self) -> list[Task]:
        found: list[Task] = []
        for workflow in self._workflow.inner_first():
            ready = [task for task in workflow.tasks.values() if task.state == TaskState.READY]
            if not ready and not workflow.completed and workflow.over():
                workflow.finish()
            found += [t for t in ready if not t.task_spec.manual and FAILURE not in t.internal_data]
        return found

    def _joined(self) -> bool:
        """All is at rest: let an inclusive join go on that nothing more can reach, else tell of those that cannot."""
        if any(gateway_joins.release(workflow) for workflow in self._workflow.all()):
            return True
        for workflow in self._workflow.all():
            for task in list(gateway_joins.stuck(workflow)):
                self.fail(task, ExecutionFailed(gateway_joins.STUCK), "expression")
        return False

    def _size(self) -> int:
        return sum(len(workflow.tasks) for workflow in self._workflow.all())

    def _forget(self) -> None:
        self._workflow.forget_finished()
        for workflow in self._workflow.all():
            prune(workflow)

    def _run(self, task: Task) -> None:
        self.entered(task)
        try:
            task.run()
        except Exception as problem:  # a condition that fails, a gateway with no way out
            task._state = TaskState.READY
            self.fail(task, problem, "expression")
            return
        element = task.task_spec.element
        armed_start = isinstance(
            task.task_spec, ArmedStart
        )  # the start event itself passes in its subprocess
        if element is not None and task.state == TaskState.COMPLETED and not armed_start:
            self.host.note("element.passed", element)

    def fail(self, task: Task, problem: Exception, kind: str) -> None:
        """A step has failed and stays; when no further attempt is made by itself, an event may catch it."""
        attempts = task.internal_data.get("attempts", 0) + 1
        sentence = (
            problem.message if isinstance(problem, EngineError) else f"{type(problem).__name__}: {problem}"
        )
        if not isinstance(problem, EngineError):
            logging.getLogger(__name__).warning("«%s» failed", _label(task), exc_info=problem)
        task.internal_data[FAILURE] = {"sentence": sentence, "attempts": attempts, "kind": kind}
        if kind != "error" and (kind != "operation" or attempts >= self.host.attempts):
            self.thrown.append(Thrown("error", task, TECHNICAL, sentence))

    def happen(self, task: Task) -> None:
        """An event that is waited for happens now: before anything else goes on, what it interrupts is cancelled."""
        task.internal_data[FIRED] = True
        task.task_spec._update(task)
        if task.state == TaskState.READY:
            self._run(task)

    def task_around(self, task: Task) -> Task:
        """The task of the subprocess or call that a task lies in."""
        return self._workflow.get_task_from_id(task.workflow.parent_task_id)

    def _follow_up(self) -> None:
        """What the last step threw finds its catchers, and conditions that it made true happen."""
        while True:
            event_propagation.handle(self)
            if not self.program.conditional:
                return
            changed, self._seen = self.scopes.changes != self._seen, self.scopes.changes
            conditional_events.look(self, changed)
            if not self.thrown and self.scopes.changes == self._seen:
                return

    def _happen(self, task: Task, token: str) -> None:
        if ":" in token:
            task.internal_data[CHOSEN] = int(token.partition(":")[2])
        self.happen(task)
        self.settle()

    def workflows(self) -> Iterator[Any]:
        """The process and what goes on inside it, each a workflow of the library."""
        return self._workflow.all()

    def find(self, task_id: UUID) -> Task | None:
        """The task of an identifier; None when it is gone."""
        return self._workflow.find(task_id)

    def _task(self, token: str) -> Task:
        task = self._workflow.find(UUID(token.partition(":")[0]))
        if task is None:
            raise InvalidState("Il passo non c'è più: il processo è andato avanti")
        return task

    def _waiting(self, token: str) -> Task:
        task = self._task(token)
        if task.state != TaskState.WAITING:
            raise InvalidState("L'evento non è più atteso")
        return task

    def _tidy(self) -> None:
        self._forget()
        if len(self.scopes.sets) > 1 or not self.compensation.idle:
            alive = {
                task.id.hex
                for workflow in self._workflow.all()
                for task in workflow.tasks.values()
                if not task.has_state(TaskState.FINISHED_MASK)
            }
            self.scopes.keep_only(alive)
            self.compensation.forget(alive)


def _label(task: Task) -> str:
    return wait_states.drawn(task).label
