"""Compensation at run time: a ledger of what was completed and can be compensated, and the running of the handlers.

The ledger is part of the saved state and refers to no finished task. Each completion of an activity with a handler is
one entry, in the order of completion, in the scope (process, subprocess) where it happened. A subprocess that is
completed passes the entries of its inside to the scope around it, as one entry; a scope that ends otherwise loses them.
Compensation goes backwards, one handler at a time, each entry once (BPMN 2.0.2, 10.7 and 13.5.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ExecutionFailed, InvalidState
from engine.languages.bpmn.compensation_handlers import HANDLER_SUFFIX
from engine.languages.bpmn.model import Element
from engine.spiff.compensation_specs import HANDLER_CALL
from engine.spiff.event_specs import boundary_events
from engine.spiff.executable_process import ExecutableProcess
from engine.spiff.internal_data import HANDLER
from engine.spiff.run_state import RunState
from engine.spiff.variable_scopes import PROCESS_SCOPE

Entry = dict[str, Any]
"""``activity`` and ``process`` (ids), ``handler`` (name of its process, or ""), ``values`` (the variables of the
multi-instance iterations around the activity), ``inner`` (the entries of its inside)."""

Compensating = dict[str, Any]
"""A compensation that is running: ``left`` (entries), ``running`` (task id of the handler call, or ""), ``cancels``
(whether a transaction is cancelled), and ``scope`` (key, only when the throwing event does not wait for the end)."""


class Compensation:
    """The ledger of one run, and the compensations that are running, by the token of the event that threw them."""

    def __init__(self, run: RunState, saved: dict[str, Any] | None = None) -> None:
        self._run = run
        saved = saved or {}
        self._ledger: dict[str, list[Entry]] = saved.get("ledger", {})
        self._running: dict[str, Compensating] = saved.get("undoing", {})

    def dump(self) -> dict[str, Any]:
        """For the saved state: empty when there is nothing to compensate."""
        if self.is_empty:
            return {}
        return {"compensation": {"ledger": self._ledger, "undoing": self._running}}

    @property
    def is_running(self) -> bool:
        """Whether something is being compensated now."""
        return bool(self._running)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to compensate and nothing is being compensated."""
        return not self._ledger and not self._running

    # -- the ledger ------------------------------------------------------------------------------------------------

    def activity_completed(self, task: Task) -> None:
        """Add an entry for an activity that can be compensated, or for a subprocess that contains such activities."""
        element: Element = task.task_spec.element
        inner = self._ledger.pop(task.id.hex, [])
        if element.compensation_handler:
            inner = []
        handler = element.compensation_handler or element.compensation_subprocess
        if not handler and not inner:
            return
        entry = {
            "activity": element.id,
            "process": element.process_id,
            "handler": _handler_process(element.process_id, handler),
            "values": self._iteration_variables(task),
            "inner": inner,
        }
        self._ledger.setdefault(_scope_key(task), []).append(entry)

    def _iteration_variables(self, task: Task) -> dict[str, Any]:
        """The variables of the multi-instance iterations around a task; they are gone when it is compensated."""
        values: dict[str, Any] = {}
        for key in reversed(self._run.scopes.keys_for(task)[:-1]):
            values.update(self._run.scopes.by_key[key])
        return values

    # -- running handlers ------------------------------------------------------------------------------------------

    def begin(self, task: Task) -> bool:
        """A token has reached an event that compensates. True when it may go on at once."""
        element: Element = task.task_spec.element
        cancels = "cancel" in element.events
        if cancels:
            _cancel_rest_of_scope(task)
        entries: list[Entry] = []
        for key in self._compensated_scopes(task):
            all_entries = self._ledger.pop(key, [])
            chosen = [one for one in all_entries if element.activity_ref in ("", one["activity"])]
            others = [one for one in all_entries if one not in chosen]
            if others:
                self._ledger[key] = others
            entries += reversed(chosen)
        if not entries and not cancels:
            return True
        compensating: Compensating = {"left": entries, "running": "", "cancels": cancels}
        self._running[task.id.hex] = compensating
        if not element.waits_for_completion:
            compensating["scope"] = _scope_key(task)
            self._continue(task.id.hex, compensating)  # at once: else the scope might end before
        return not element.waits_for_completion

    def _compensated_scopes(self, task: Task) -> list[str]:
        """The keys of the scope of a task and, from an event subprocess, of the scope that it belongs to."""
        keys = [_scope_key(task)]
        current: Task = task
        while current.workflow.parent_task_id is not None:
            current = current.workflow.parent_task
            element = current.task_spec.element
            if element is None or not element.triggered_by_event:
                break
            keys.append(_scope_key(current))
        return keys

    def advance(self) -> bool:
        """Nothing else can run: go on with the compensations. True when a handler was started or one has ended."""
        return any(self._continue(token, one) for token, one in list(self._running.items()))

    def handler_completed(self, handler_call: Task) -> None:
        """A handler has ended: a compensation that nobody waits for goes on before its scope could end."""
        for token, compensating in list(self._running.items()):
            if "scope" in compensating and compensating["running"] == handler_call.id.hex:
                self._continue(token, compensating)

    def _continue(self, token: str, compensating: Compensating) -> bool:
        task = self._parent_of_handlers(token, compensating)
        if task is None:
            del self._running[token]
            return False
        current = self._run.workflow.find(UUID(compensating["running"])) if compensating["running"] else None
        if current is not None and not current.has_state(TaskState.FINISHED_MASK):
            return False
        while compensating["left"]:
            entry = compensating["left"].pop(0)
            if entry["handler"]:
                self._call_handler(task, entry, compensating)
                return True
            compensating["left"][:0] = reversed(entry["inner"])
        del self._running[token]
        if "scope" not in compensating:
            self._complete(task, compensating)
        return True

    def _parent_of_handlers(self, token: str, compensating: Compensating) -> Task | None:
        """The task below which handlers run: the throwing event or, when it does not wait, the first of its scope."""
        if "scope" not in compensating:
            task = self._run.workflow.find(UUID(token))
            return task if task is not None and task.state in (TaskState.READY, TaskState.STARTED) else None
        for workflow in self._run.workflow.all_workflows():
            parent = workflow.parent_task_id
            key = PROCESS_SCOPE if parent is None else parent.hex
            if key == compensating["scope"] and not workflow.completed:
                first: Task = workflow.task_tree
                return first
        return None

    def _call_handler(self, task: Task, entry: Entry, compensating: Compensating) -> None:
        spec = task.workflow.spec.task_specs[HANDLER_CALL]
        call = task._add_child(spec, TaskState.WAITING)
        call.triggered = True
        call.internal_data[HANDLER] = entry["handler"]
        compensating["running"] = call.id.hex
        if entry["values"]:
            self._run.scopes.open("item", call, entry["values"])
        if entry["inner"]:
            self._ledger[call.id.hex] = entry["inner"]
        activity = self._run.executable.element(entry["process"], entry["activity"])
        self._run.environment.record("activity.compensated", activity, {})
        spec._update(call)

    def _complete(self, task: Task, compensating: Compensating) -> None:
        if not compensating["cancels"]:
            task.complete()
            self._run.environment.record("element.passed", task.task_spec.element)
            return
        self._run.environment.record("element.passed", task.task_spec.element)
        around = _boundary_events_around(task)
        cancel_events = [event for event in around if event.task_spec.event_definition.kind == "cancel"]
        if cancel_events:
            self._run.trigger(cancel_events[0])
        else:
            self._run.fail(task, ExecutionFailed("TRANSACTION_CANCEL_NOT_CAUGHT"), "error")

    # -- migration and pruning -------------------------------------------------------------------------------------

    def migrated_ledger(
        self, mapping: Mapping[tuple[str, str], tuple[str, str]], target: ExecutableProcess
    ) -> dict[str, Any]:
        """The saved form of the ledger for a run that goes on under another version of its process.

        `mapping` maps (process id, element id) to those of `target`. Raises InvalidState when an activity in the
        ledger has no handler there.
        """
        return {
            "ledger": {key: self._migrated(entries, mapping, target) for key, entries in self._ledger.items()}
        }

    def _migrated(
        self,
        entries: list[Entry],
        mapping: Mapping[tuple[str, str], tuple[str, str]],
        target: ExecutableProcess,
    ) -> list[Entry]:
        migrated = []
        for entry in entries:
            source = (entry["process"], entry["activity"])
            goal = mapping.get(source)
            element = target.element(*goal) if goal else None
            handler = (
                (element.compensation_handler or element.compensation_subprocess)
                if element is not None
                else ""
            )
            if element is None or bool(handler) != bool(entry["handler"]):
                raise InvalidState(
                    "HANDLER_NOT_IN_TARGET", element=self._run.executable.element(*source).label
                )
            migrated.append(
                {
                    **entry,
                    "process": element.process_id,
                    "activity": element.id,
                    "handler": _handler_process(element.process_id, handler),
                    "inner": self._migrated(entry["inner"], mapping, target),
                }
            )
        return migrated

    def remove_closed(self, open_task_ids: set[str]) -> None:
        """Remove the entries of scopes that have ended, and the compensations that were running in them."""
        ended = [
            token
            for token, compensating in self._running.items()
            if self._parent_of_handlers(token, compensating) is None
        ]
        for token in ended:
            del self._running[token]
        for key in [key for key in self._ledger if key != PROCESS_SCOPE and key not in open_task_ids]:
            del self._ledger[key]


def _handler_process(process_id: str, handler: str) -> str:
    """The name of the process spec of a handler; "" for none."""
    return f"{process_id}:{handler}{HANDLER_SUFFIX}" if handler else ""


def _scope_key(task: Task) -> str:
    parent: UUID | None = task.workflow.parent_task_id
    return PROCESS_SCOPE if parent is None else parent.hex


def _boundary_events_around(task: Task) -> list[Task]:
    """The boundary events of the subprocess that a task lies in, also when it is an iteration of a loop activity."""
    if task.workflow.parent_task_id is None:
        return []
    task = task.workflow.parent_task
    while task.triggered and hasattr(task.parent.task_spec, "task_spec"):
        task = task.parent
    return boundary_events(task)


def _cancel_rest_of_scope(kept: Task) -> None:
    for task in list(kept.workflow.tasks.values()):
        present = kept.workflow.tasks.get(task.id) is task
        if task is not kept and present and not task.has_state(TaskState.FINISHED_MASK):
            task.cancel()
