"""Compensation while a process runs: a ledger of what was done and can be undone, and the undoing itself.

The ledger is part of the saved state and refers to no finished task. Each execution of an activity with a handler is
one entry, in the order of completion, in the scope (process, subprocess) where it was done. A subprocess that is over
hands the entries of its inside to the scope around it, as one entry; a scope that ends otherwise takes them with it.
Undoing goes backwards, one handler at a time, each entry once (BPMN 2.0.2, 10.7 and 13.5.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.compensation import SUFFIX
from engine.bpmn.model import Element
from engine.errors import ExecutionFailed
from engine.spiff import specs
from engine.spiff.compensation_specs import HANDLER, RUN_OF_HANDLER
from engine.spiff.scopes import PROCESS

if TYPE_CHECKING:
    from engine.spiff.run import ProcessRun

Entry = dict[str, Any]
"""``activity`` and ``process`` (identifiers), ``handler`` (process name or ""), ``values`` (of the multi-instance run
that it was done in), ``inner`` (the entries of its inside)."""


class Compensation:
    """The ledger of one run and the undoings under way."""

    def __init__(self, run: ProcessRun, saved: dict[str, Any] | None = None) -> None:
        self._run = run
        found = saved or {}
        self._ledger: dict[str, list[Entry]] = found.get("ledger", {})
        self._undoing: dict[str, dict[str, Any]] = found.get("undoing", {})

    def dump(self) -> dict[str, Any]:
        """For the saved state: empty as long as there is nothing to undo."""
        if not self._ledger and not self._undoing:
            return {}
        return {"compensation": {"ledger": self._ledger, "undoing": self._undoing}}

    # -- what was done ---------------------------------------------------------------------------------------------

    def done(self, task: Task) -> None:
        """An activity that can be undone, or a subprocess that may contain one, has been completed."""
        element: Element = task.task_spec.element
        inner = self._ledger.pop(task.id.hex, [])
        if element.handler:
            inner = []
        handler = element.handler or element.undone_by
        if not handler and not inner:
            return
        entry = {
            "activity": element.id,
            "process": element.process_id,
            "handler": f"{element.process_id}:{handler}{SUFFIX}" if handler else "",
            "values": self._values(task),
            "inner": inner,
        }
        self._ledger.setdefault(_scope(task), []).append(entry)

    def _values(self, task: Task) -> dict[str, Any]:
        """What the multi-instance runs around it hold, for they will be gone when it is undone."""
        values: dict[str, Any] = {}
        for key in reversed(self._run.scopes.keys_for(task)[:-1]):
            values.update(self._run.scopes.sets[key])
        return values

    # -- undoing ---------------------------------------------------------------------------------------------------

    def begin(self, task: Task) -> bool:
        """A token has come to what undoes; True when it may go on at once."""
        element: Element = task.task_spec.element
        cancels = "cancel" in element.events
        if cancels:
            _cancel_all_but(task)
        entries: list[Entry] = []
        for key in self._reach(task):
            kept = self._ledger.pop(key, [])
            chosen = [one for one in kept if element.activity_ref in ("", one["activity"])]
            left = [one for one in kept if one not in chosen]
            if left:
                self._ledger[key] = left
            entries += reversed(chosen)
        if not entries and not cancels:
            return True
        self._undoing[task.id.hex] = {"left": entries, "running": "", "cancels": cancels}
        return not element.waits_for_completion

    def _reach(self, task: Task) -> list[str]:
        """The scope of a task; from an event subprocess also the scope that it lies in."""
        keys = [_scope(task)]
        current: Task = task
        while current.workflow.parent_task_id is not None:
            current = current.workflow.parent_task
            element = current.task_spec.element
            if element is None or not element.triggered_by_event:
                break
            keys.append(_scope(current))
        return keys

    def advance(self) -> bool:
        """Everything else is at rest: go on with what is being undone. True when something was begun or ended."""
        return any(self._go_on(token, one) for token, one in list(self._undoing.items()))

    def _go_on(self, token: str, undoing: dict[str, Any]) -> bool:
        task = self._run.find(UUID(token))
        waits = task is not None and task.state == TaskState.STARTED
        if task is None or not (waits or task.state == TaskState.COMPLETED):
            del self._undoing[token]
            return False
        running = self._run.find(UUID(undoing["running"])) if undoing["running"] else None
        if running is not None and not running.has_state(TaskState.FINISHED_MASK):
            return False
        while undoing["left"]:
            entry = undoing["left"].pop(0)
            if entry["handler"]:
                undoing["running"] = self._undo(task, entry).id.hex
                return True
            undoing["left"][:0] = reversed(entry["inner"])
        del self._undoing[token]
        if waits:
            self._finish(task, undoing)
        return waits

    def _undo(self, task: Task, entry: Entry) -> Task:
        spec = task.workflow.spec.task_specs[RUN_OF_HANDLER]
        child = task._add_child(spec, TaskState.WAITING)
        child.triggered = True
        child.internal_data[HANDLER] = entry["handler"]
        if entry["values"]:
            self._run.scopes.open("item", child, entry["values"])
        if entry["inner"]:
            self._ledger[child.id.hex] = entry["inner"]
        activity = self._run.program.element(entry["process"], entry["activity"])
        self._run.host.note("activity.compensated", activity, {})
        spec._update(child)
        return child

    def _finish(self, task: Task, undoing: dict[str, Any]) -> None:
        if not undoing["cancels"]:
            task.complete()
            self._run.host.note("element.passed", task.task_spec.element)
            return
        self._run.host.note("element.passed", task.task_spec.element)
        events = [event for event in _around(task) if event.task_spec.event_definition.kind == "cancel"]
        if events:
            self._run.happen(events[0])
        else:
            problem = ExecutionFailed(
                "La transazione è stata annullata, ma nessun evento di bordo lo raccoglie"
            )
            self._run.fail(task, problem, "error")

    # -- what is gone ----------------------------------------------------------------------------------------------

    def forget(self, alive: set[str]) -> None:
        """Drop the entries of scopes that are no more."""
        for key in [key for key in self._ledger if key != PROCESS and key not in alive]:
            del self._ledger[key]

    @property
    def idle(self) -> bool:
        """Whether there is nothing to undo and nothing is being undone."""
        return not self._ledger and not self._undoing


def _scope(task: Task) -> str:
    inside: UUID | None = task.workflow.parent_task_id
    return PROCESS if inside is None else inside.hex


def _around(task: Task) -> list[Task]:
    """The events on the boundary of the subprocess that a task lies in, also when it is one run of several."""
    if task.workflow.parent_task_id is None:
        return []
    task = task.workflow.parent_task
    while task.triggered and hasattr(task.parent.task_spec, "task_spec"):
        task = task.parent
    return specs.boundary_events(task)


def _cancel_all_but(kept: Task) -> None:
    for task in list(kept.workflow.tasks.values()):
        there = kept.workflow.tasks.get(task.id) is task
        if task is not kept and there and not task.has_state(TaskState.FINISHED_MASK):
            task.cancel()
