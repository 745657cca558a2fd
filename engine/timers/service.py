"""Fires the timers that are due: each once, in a transaction of its own, so that a failure does not stop the others."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update
from sqlalchemy.exc import OperationalError

from engine.access import SYSTEM, Actor, PermissionMatrix, require_instance
from engine.execution import StepRunner, lock_instance, open_timer_incident, write_step
from engine.languages.bpmn.model import Element
from engine.localization import message
from engine.scheduling.timer_definition import RecurrenceState, recurrence_from_column
from engine.spiff import ExecutableProcess
from engine.storage import Statement, UnitOfWork
from engine.storage.tables import instance, timer, timer_waits
from engine.timers.models import TimerView
from engine.timers.overdue import report_overdue

logger = logging.getLogger(__name__)


def _due_timer(now: Any) -> Select[Any]:
    """The earliest due timer of an instance that is not locked; locks the instance, as every step does."""
    return (
        select(timer.c.id, timer.c.instance_id)
        .join(instance, instance.c.id == timer.c.instance_id)
        .where(timer_waits, timer.c.due_at <= now)
        .order_by(timer.c.due_at)  # nothing more: the index gives them in this order
        .limit(1)
        .with_for_update(of=instance, skip_locked=True)
    )


_CLAIM = Statement(_due_timer(bindparam("now", type_=timer.c.due_at.type)))
_ROW = Statement(select(timer).where(timer.c.id == bindparam("timer_id")))


class Timers:
    """The timers of instances: fires those that are due, on behalf of the scheduler, and lists them."""

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix) -> None:
        self._step_runner = step_runner
        self._permissions = permissions

    def next_due(self) -> datetime | None:
        """When the next timer is due, UTC; None when none waits."""
        with self._step_runner.database.read() as connection:
            return connection.execute(
                select(timer.c.due_at).where(timer_waits).order_by(timer.c.due_at).limit(1)
            ).scalar_one_or_none()

    def fire_due(self, limit: int = 1000) -> int:
        """Fire at most `limit` timers that are due, the earliest first, and return how many fired.

        Several processes may call it at once: each skips the instances that another one has locked.
        """
        due = self.next_due()
        if due is None or due > self._step_runner.clock.now():
            return 0
        fired = 0
        skipped: set[str] = set()
        for _ in range(limit):
            done = self._fire_next(skipped)
            if done is None:
                break
            fired += done
        return fired

    def fire(self, timer_id: str, instance_id: str) -> bool:
        """Fire one timer if, read again under the lock of its instance, it is still waiting and due."""
        with self._step_runner.database.begin() as work:
            return self._fire(work, timer_id, instance_id)

    def of_instance(self, instance_id: str, actor: Actor) -> tuple[TimerView, ...]:
        """The waiting and suspended timers of an instance, the earliest first. Needs the right to see the instance."""
        with self._step_runner.database.read() as connection:
            row = connection.execute(select(instance).where(instance.c.id == instance_id)).one()
            require_instance(connection, row, actor, self._permissions)
            rows = connection.execute(
                select(timer)
                .where(timer.c.instance_id == instance_id, timer.c.state.in_(("waiting", "suspended")))
                .order_by(timer.c.due_at)
            )
            return tuple(
                TimerView(r.id, r.instance_id, r.element_id, r.name, r.kind, r.due_at, r.state) for r in rows
            )

    # -- within ----------------------------------------------------------------------------------------------------

    def _fire_next(self, skipped: set[str]) -> bool | None:
        """Claim and fire the earliest due timer; None when there is none. A timer to be tried later joins `skipped`."""
        timer_id = ""
        try:
            with self._step_runner.database.begin() as work:
                found = self._claim(work.connection, skipped)
                if found is None:
                    return None
                timer_id, instance_id = found
                return self._fire(work, timer_id, instance_id)
        except OperationalError as problem:  # the fault of the database, not of the timer: it stays due
            if not timer_id or problem.connection_invalidated:
                raise
            logger.exception("Timer %s was not fired; the next check tries again", timer_id)
            skipped.add(timer_id)
        except Exception as problem:
            if not timer_id:
                raise
            logger.exception("Timer %s failed", timer_id)
            self._fail(timer_id, problem)
        return False

    def _claim(self, connection: Connection, skipped: set[str]) -> tuple[str, str] | None:
        """The ids of the earliest due timer and of its instance, which is then locked."""
        now = self._step_runner.clock.now()
        if not skipped:
            found = _CLAIM.run(connection, now=now).rows
        else:
            found = connection.execute(_due_timer(now).where(timer.c.id.not_in(skipped))).all()
        return (found[0][0], found[0][1]) if found else None

    def _fire(self, work: UnitOfWork, timer_id: str, instance_id: str) -> bool:
        runner = self._step_runner
        locked, now = lock_instance(work.connection, instance_id), runner.clock.now()
        (row,) = _ROW.named(work.connection, timer_id=timer_id)
        if row.state != "waiting" or row.due_at is None or row.due_at > now:
            return False
        if row.kind == "overdue":
            days = runner.settings.overdue_escalation_days
            report_overdue(
                work.connection, row, days, lambda: runner.environment(work, locked, SYSTEM).calendar, now
            )
            work.after_commit(runner.wake_scheduler)
            return True
        step = runner.open_locked(work, locked, SYSTEM)
        step.fired_timer = timer_id
        if row.kind == "retry":
            step.run.retry(row.token)
        else:
            element = _element(step.environment.compiled.executable, row.element_id)
            step.environment.record("timer.fired", element, {"due": row.due_at, "timer": timer_id})
            recurrence = _recurrence(row)
            following = None if recurrence is None else recurrence.next()
            step.run.fire_timer(row.token, None if following is None else following.to_json())
        write_step(step)
        work.after_commit(runner.wake_scheduler)
        return True

    def _fail(self, timer_id: str, problem: Exception) -> None:
        with self._step_runner.database.begin() as work:
            row = work.connection.execute(select(timer).where(timer.c.id == timer_id)).one()
            lock_instance(work.connection, row.instance_id)
            failed = work.connection.execute(
                update(timer).where(timer.c.id == timer_id, timer.c.state == "waiting").values(state="failed")
            )
            if not failed.rowcount:
                return  # moved, ended or suspended meanwhile
            open_timer_incident(
                work.connection,
                row,
                message("TIMER_NOT_FIRED", name=row.name),
                problem,
                self._step_runner.clock.now(),
                source_kind="timer",
                instance_id=row.instance_id,
            )


def _element(executable: ExecutableProcess, element_id: str) -> Element | None:
    for model in executable.models.values():
        if element_id in model.elements:
            return model.elements[element_id]
    return None


def _recurrence(row: Row[Any]) -> RecurrenceState | None:
    """The state of a timer's repetition; that of the diagram under a rule has a column of its own."""
    recurrence = recurrence_from_column(row.repetition)
    if recurrence is None or recurrence.rule is None:
        return recurrence
    return replace(recurrence, default=recurrence_from_column(row.default_repetition))
