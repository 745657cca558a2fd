"""What is due, and firing it: each timer once, each in a transaction of its own; one that fails holds back no other."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, update
from sqlalchemy.exc import OperationalError

from engine.access.actors import SYSTEM, Actor
from engine.access.permissions import PermissionMatrix
from engine.access.visibility import require_case
from engine.execution.incident_rows import open_clock_incident
from engine.execution.locking import HeldCase, hold_case
from engine.execution.outbox import enqueue
from engine.execution.step import working_days_late
from engine.execution.step_runner import Stepper
from engine.execution.step_writer import write
from engine.languages.bpmn.model import Element
from engine.scheduling.timer_definition import next_repetition
from engine.spiff import Program
from engine.storage import UnitOfWork
from engine.storage.sql.statements import Statement
from engine.storage.tables import instance, task, timer, timer_waits
from engine.timers.models import TimerView

logger = logging.getLogger(__name__)

ADMINISTRATOR_AFTER = 5


def _claiming(now: Any) -> Select[Any]:
    """The lock is the instance's, as for every step: a step that ends a timer never waits for who fires it."""
    return (
        select(timer.c.id, timer.c.instance_id)
        .join(instance, instance.c.id == timer.c.instance_id)
        .where(timer_waits, timer.c.due_at <= now)
        .order_by(
            timer.c.due_at
        )  # and nothing more: the index gives them in this order, however many at once
        .limit(1)
        .with_for_update(of=instance, skip_locked=True)
    )


_CLAIM = Statement(_claiming(bindparam("now", type_=timer.c.due_at.type)))
_ROW = Statement(select(timer).where(timer.c.id == bindparam("timer_id")))


class Timers:
    """The clock's side of the engine. Called by the scheduler; no person is involved."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix) -> None:
        self._stepper = stepper
        self._permissions = permissions

    def next_due(self) -> datetime | None:
        """When the next timer is due, UTC; None when none waits."""
        with self._stepper.database.read() as connection:
            return connection.execute(
                select(timer.c.due_at).where(timer_waits).order_by(timer.c.due_at).limit(1)
            ).scalar_one_or_none()

    def fire_due(self, limit: int = 1000) -> int:
        """Fire what is due now, earliest first, each in a transaction of its own, and say how many fired.

        Several processes may at once: an instance that one of them holds is left to it.
        """
        due = self.next_due()
        if due is None or due > self._stepper.clock.now():
            return 0
        fired = 0
        passed_over: set[str] = set()
        for _ in range(limit):
            done = self._fire_next(passed_over)
            if done is None:
                break
            fired += done
        return fired

    def _fire_next(self, passed_over: set[str]) -> bool | None:
        """Fire the earliest that is due and not held elsewhere; None when there is none."""
        timer_id = ""
        try:
            with self._stepper.database.begin() as work:
                found = self._claim(work.connection, passed_over)
                if found is None:
                    return None
                timer_id, instance_id = found
                return self._fire(work, timer_id, instance_id)
        except OperationalError as problem:  # the database's trouble, not the timer's: it stays due
            if not timer_id or problem.connection_invalidated:
                raise
            logger.exception("Timer %s was not fired; the next look tries again", timer_id)
            passed_over.add(timer_id)
        except Exception as problem:
            if not timer_id:
                raise
            logger.exception("Timer %s failed", timer_id)
            self._give_up(timer_id, problem)
        return False

    def _claim(self, connection: Connection, passed_over: set[str]) -> tuple[str, str] | None:
        """The earliest due timer of an instance that nobody holds, with that instance held."""
        now = self._stepper.clock.now()
        if not passed_over:
            found = _CLAIM.run(connection, now=now).rows
        else:
            found = connection.execute(_claiming(now).where(timer.c.id.not_in(passed_over))).all()
        return (found[0][0], found[0][1]) if found else None

    def fire(self, timer_id: str, instance_id: str) -> bool:
        """Fire one timer if, read again under the instance's lock, it is still waiting and due."""
        with self._stepper.database.begin() as work:
            return self._fire(work, timer_id, instance_id)

    def _fire(self, work: UnitOfWork, timer_id: str, instance_id: str) -> bool:
        case = hold_case(work.connection, instance_id)
        (row,) = _ROW.named(work.connection, timer_id=timer_id)
        if row.state != "waiting" or row.due_at is None or row.due_at > self._stepper.clock.now():
            return False
        if row.kind == "overdue":
            self._tell_overdue(work, case, row)
            work.after_commit(self._stepper.nudge)
            return True
        advance = self._stepper.opened(work, case, SYSTEM)
        advance.fired_timer = timer_id
        if row.kind == "retry":
            advance.run.retry(row.token)
        else:
            drawn = _drawn(advance.host.compiled.program, row)
            advance.host.note("timer.fired", drawn, {"due": row.due_at, "timer": timer_id})
            advance.run.fire(row.token, next_repetition(_armed(row)) if row.repetition else None)
        write(advance)
        work.after_commit(self._stepper.nudge)
        return True

    def of_instance(self, instance_id: str, actor: Actor) -> tuple[TimerView, ...]:
        """The timers that an instance waits for, earliest first; for those who may see the case."""
        with self._stepper.database.read() as connection:
            case = connection.execute(select(instance).where(instance.c.id == instance_id)).one()
            require_case(connection, case, actor, self._permissions)
            rows = connection.execute(
                select(timer)
                .where(timer.c.instance_id == instance_id, timer.c.state.in_(("waiting", "suspended")))
                .order_by(timer.c.due_at)
            )
            return tuple(
                TimerView(r.id, r.instance_id, r.element_id, r.name, r.kind, r.due_at, r.state) for r in rows
            )

    def _tell_overdue(self, work: UnitOfWork, case: HeldCase, row: Row[Any]) -> None:
        """One working day late: the coordinatore is told; five: the administrators."""
        now = self._stepper.clock.now()
        late = work.connection.execute(
            select(task.c.id, task.c.due_at).where(
                task.c.instance_id == row.instance_id, task.c.token == row.token, task.c.state == "open"
            )
        ).one_or_none()
        if late is None or row.attempts:
            values: dict[str, Any] = {"state": "fired", "fired_at": now}
        else:
            calendar = self._stepper.host(work, case, SYSTEM).calendar
            values = {"attempts": 1, "due_at": working_days_late(late.due_at, ADMINISTRATOR_AFTER, calendar)}
        work.connection.execute(update(timer).where(timer.c.id == row.id).values(**values))
        if late is not None:
            payload = {"task_id": late.id, "roles": ["amministratore"] if row.attempts else None}
            key = f"task.overdue:{late.id}:{row.id}:{row.attempts}"
            enqueue(work.connection, "task.overdue", payload, key, now=now, instance_id=row.instance_id)

    def _give_up(self, timer_id: str, problem: Exception) -> None:
        now = self._stepper.clock.now()
        with self._stepper.database.begin() as work:
            row = work.connection.execute(select(timer).where(timer.c.id == timer_id)).one()
            work.connection.execute(
                select(instance.c.id).where(instance.c.id == row.instance_id).with_for_update()
            )
            failed = work.connection.execute(
                update(timer).where(timer.c.id == timer_id, timer.c.state == "waiting").values(state="failed")
            )
            if not failed.rowcount:
                return  # somebody moved, ended or suspended it meanwhile
            sentence = f"Il timer «{row.name}» non è scattato"
            open_clock_incident(work.connection, row, sentence, problem, now, instance_id=row.instance_id)


def _drawn(program: Program, row: Row[Any]) -> Element | None:
    for model in program.models.values():
        if row.element_id in model.elements:
            return model.elements[row.element_id]
    return None


def _armed(row: Row[Any]) -> dict[str, Any]:
    """The state of a repetition; with an administrator's rule goes along what the diagram says."""
    armed: dict[str, Any] = row.repetition
    return {**armed, "default": row.default_repetition} if "rule" in armed else armed
