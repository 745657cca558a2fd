"""Compensation while a process runs: a ledger of what was done and can be undone, and the undoing itself.

The ledger is part of the saved state and refers to no finished task. Each execution of an activity with a handler is
one entry, in the order of completion, in the scope (process, subprocess) where it was done. A subprocess that is over
hands the entries of its inside to the scope around it, as one entry; a scope that ends otherwise takes them with it.
Undoing goes backwards, one handler at a time, each entry once (BPMN 2.0.2, 10.7 and 13.5.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ExecutionFailed
from engine.languages.bpmn.compensation_handlers import SUFFIX
from engine.languages.bpmn.model import Element
from engine.spiff import event_specs
from engine.spiff.compensation_specs import HANDLER, RUN_OF_HANDLER
from engine.spiff.executable_process import Program
from engine.spiff.variable_scopes import PROCESS

if TYPE_CHECKING:
    from engine.spiff.process_run import ProcessRun

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
            "handler": handler_process(element.process_id, handler),
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
        undoing: dict[str, Any] = {"left": entries, "running": "", "cancels": cancels}
        self._undoing[task.id.hex] = undoing
        if not element.waits_for_completion:
            undoing["scope"] = _scope(task)
            self._go_on(
                task.id.hex, undoing
            )  # at once: nothing else may be open to keep the scope from ending
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

    def ended(self, handler: Task) -> None:
        """A handler is done: what nobody waits for goes on before its scope could end."""
        for token, undoing in list(self._undoing.items()):
            if "scope" in undoing and undoing["running"] == handler.id.hex:
                self._go_on(token, undoing)

    def _go_on(self, token: str, undoing: dict[str, Any]) -> bool:
        task = self._holder(token, undoing)
        if task is None:
            del self._undoing[token]
            return False
        running = self._run.find(UUID(undoing["running"])) if undoing["running"] else None
        if running is not None and not running.has_state(TaskState.FINISHED_MASK):
            return False
        while undoing["left"]:
            entry = undoing["left"].pop(0)
            if entry["handler"]:
                self._undo(task, entry, undoing)
                return True
            undoing["left"][:0] = reversed(entry["inner"])
        del self._undoing[token]
        if "scope" not in undoing:
            self._finish(task, undoing)
        return True

    def _holder(self, token: str, undoing: dict[str, Any]) -> Task | None:
        """The task below which handlers run: what throws, or the first of the scope when nobody waits for them."""
        if "scope" not in undoing:
            task = self._run.find(UUID(token))
            return task if task is not None and task.state in (TaskState.READY, TaskState.STARTED) else None
        for workflow in self._run.workflows():
            inside = workflow.parent_task_id
            if (PROCESS if inside is None else inside.hex) == undoing["scope"] and not workflow.completed:
                first: Task = workflow.task_tree
                return first
        return None

    def _undo(self, task: Task, entry: Entry, undoing: dict[str, Any]) -> None:
        spec = task.workflow.spec.task_specs[RUN_OF_HANDLER]
        child = task._add_child(spec, TaskState.WAITING)
        child.triggered = True
        child.internal_data[HANDLER] = entry["handler"]
        undoing["running"] = child.id.hex
        if entry["values"]:
            self._run.scopes.open("item", child, entry["values"])
        if entry["inner"]:
            self._ledger[child.id.hex] = entry["inner"]
        activity = self._run.program.element(entry["process"], entry["activity"])
        self._run.host.note("activity.compensated", activity, {})
        spec._update(child)

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

    # -- another version -------------------------------------------------------------------------------------------

    @property
    def undoing(self) -> bool:
        """Whether something is being undone now."""
        return bool(self._undoing)

    def moved(self, places: Mapping[tuple[str, str], tuple[str, str]], target: Program) -> dict[str, Any]:
        """The ledger, for a run that goes on under another version of its program.

        `places` maps (process id, element id) to those of `target`. Raises LookupError with the label of an activity
        that was done and that nothing undoes there.
        """
        return {
            "ledger": {key: self._renamed(entries, places, target) for key, entries in self._ledger.items()}
        }

    def _renamed(
        self, entries: list[Entry], places: Mapping[tuple[str, str], tuple[str, str]], target: Program
    ) -> list[Entry]:
        found = []
        for entry in entries:
            old = (entry["process"], entry["activity"])
            goal = places.get(old)
            element = target.element(*goal) if goal else None
            handler = (element.handler or element.undone_by) if element is not None else ""
            if element is None or bool(handler) != bool(entry["handler"]):
                raise LookupError(self._run.program.element(*old).label)
            found.append(
                {
                    **entry,
                    "process": element.process_id,
                    "activity": element.id,
                    "handler": handler_process(element.process_id, handler),
                    "inner": self._renamed(entry["inner"], places, target),
                }
            )
        return found

    # -- what is gone ----------------------------------------------------------------------------------------------

    def forget(self, alive: set[str]) -> None:
        """Drop the entries of scopes that are no more, and what was being undone in them."""
        for token in [one for one, undoing in self._undoing.items() if self._holder(one, undoing) is None]:
            del self._undoing[token]
        for key in [key for key in self._ledger if key != PROCESS and key not in alive]:
            del self._ledger[key]

    @property
    def idle(self) -> bool:
        """Whether there is nothing to undo and nothing is being undone."""
        return not self._ledger and not self._undoing


def handler_process(process_id: str, handler: str) -> str:
    """The name under which a program knows the process of a handler; "" for none."""
    return f"{process_id}:{handler}{SUFFIX}" if handler else ""


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
    return event_specs.boundary_events(task)


def _cancel_all_but(kept: Task) -> None:
    for task in list(kept.workflow.tasks.values()):
        there = kept.workflow.tasks.get(task.id) is task
        if task is not kept and there and not task.has_state(TaskState.FINISHED_MASK):
            task.cancel()
