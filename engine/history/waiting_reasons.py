"""Why an instance waits, in sentences: who or what it waits for, until when, and what happens then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.access import PermissionMatrix, accounts
from engine.localization import Message, message, restored_message
from engine.spiff import ExecutableProcess
from engine.storage.tables import incident, subscription, task, task_candidate, timer
from engine.temporal import day_in_rome, in_rome


@dataclass(frozen=True)
class RoleLabel:
    """The name of a role for people, in the language in which it is shown."""

    role: str
    permissions: PermissionMatrix

    def in_language(self, language: str) -> str:
        """The name in a language."""
        return self.permissions.labels([self.role], language)[0]


class WaitingReasons:
    """Reads what an instance waits for."""

    def __init__(
        self,
        connection: Connection,
        executable: ExecutableProcess,
        permissions: PermissionMatrix,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._executable = executable
        self._permissions = permissions
        self._now = now

    def of_instance(self, row: Row[Any]) -> tuple[Message, ...]:
        """A sentence for each thing that the instance of this row waits for; of one that has ended, since when."""
        if row.state == "completed":
            return (message("WAITING_INSTANCE_COMPLETED", day=day_in_rome(row.ended_at)),)
        if row.state == "cancelled":
            return (message("WAITING_INSTANCE_CANCELLED", day=day_in_rome(row.ended_at)),)
        reasons = []
        if row.state == "suspended":
            reasons.append(message("WAITING_INSTANCE_SUSPENDED", day=day_in_rome(row.suspended_at)))
        reasons += [*self._tasks(row.id), *self._timers(row.id)]
        if not reasons:
            reasons += self._subscriptions(row.id)
        return (*reasons, *self._incidents(row.id))

    def _tasks(self, instance_id: str) -> list[Message]:
        rows = self._connection.execute(
            select(task)
            .where(task.c.instance_id == instance_id, task.c.state.in_(("open", "suspended")))
            .order_by(task.c.due_order, task.c.id)
        ).all()
        candidates = self._candidates([row.id for row in rows])
        users = {row.assignee for row in rows if row.assignee}
        users |= {name for offered in candidates.values() for kind, name in offered if kind == "user"}
        names = accounts.names(self._connection, users)
        return [self._task(row, candidates.get(row.id, []), names) for row in rows]

    def _task(self, row: Row[Any], candidates: list[tuple[str, str]], names: Mapping[str, str]) -> Message:
        due = None if row.due_at is None else day_in_rome(row.due_at)
        overdue = row.due_at is not None and row.due_at < self._now
        if row.assignee:
            assignee = names.get(row.assignee, row.assignee)
            if due is None:
                return message("WAITING_ASSIGNEE", who=assignee, task=row.name)
            if overdue:
                return message("WAITING_ASSIGNEE_OVERDUE", who=assignee, task=row.name, day=due)
            return message("WAITING_ASSIGNEE_DUE", who=assignee, task=row.name, day=due)
        who = tuple(
            RoleLabel(name, self._permissions) if kind == "role" else names.get(name, name)
            for kind, name in candidates
        )
        if due is None:
            return message("WAITING_CANDIDATES", who=who, task=row.name)
        if overdue:
            return message("WAITING_CANDIDATES_OVERDUE", who=who, task=row.name, day=due)
        return message("WAITING_CANDIDATES_DUE", who=who, task=row.name, day=due)

    def _candidates(self, task_ids: list[str]) -> dict[str, list[tuple[str, str]]]:
        """(kind, name) of the candidates of each task."""
        found: dict[str, list[tuple[str, str]]] = {}
        rows = self._connection.execute(
            select(task_candidate)
            .where(task_candidate.c.task_id.in_(task_ids))
            .order_by(task_candidate.c.name)
        )
        for row in rows:
            found.setdefault(row.task_id, []).append((row.kind, row.name))
        return found

    def _timers(self, instance_id: str) -> list[Message]:
        rows = self._connection.execute(
            select(timer)
            .where(timer.c.instance_id == instance_id, timer.c.state == "waiting", timer.c.kind != "overdue")
            .order_by(timer.c.due_at, timer.c.id)
        )
        return [self._timer(row) for row in rows]

    def _timer(self, row: Row[Any]) -> Message:
        day, hour = _day_and_hour(row.due_at)
        if row.kind == "retry":
            return message("WAITING_RETRY", name=row.name, day=day, hour=hour)
        target = self._name_of_target(row.element_id)
        if target:
            return message("WAITING_TIMER_WITH_TARGET", name=row.name, day=day, hour=hour, then=target)
        return message("WAITING_TIMER", name=row.name, day=day, hour=hour)

    def _name_of_target(self, element_id: str) -> str:
        """The name of the element that follows; empty without one, or when it has no name."""
        for model in self._executable.models.values():
            if element_id in model.elements:
                targets = [flow.target for flow in model.flows if flow.source == element_id]
                return model.elements[targets[0]].name if targets and targets[0] in model.elements else ""
        return ""

    def _subscriptions(self, instance_id: str) -> list[Message]:
        rows = self._connection.execute(
            select(subscription.c.kind, subscription.c.message)
            .distinct()
            .where(subscription.c.instance_id == instance_id, subscription.c.state == "waiting")
            .order_by(subscription.c.kind, subscription.c.message)
        )
        return [_subscription(row.kind, row.message) for row in rows]

    def _incidents(self, instance_id: str) -> list[Message]:
        rows = self._connection.execute(
            select(incident)
            .where(incident.c.instance_id == instance_id, incident.c.state == "open")
            .order_by(incident.c.created_at)
        )
        return [
            message(
                "WAITING_INCIDENT",
                name=row.element_name,
                problem=restored_message(row.message_code, row.message_parameters, row.sentence),
            )
            for row in rows
        ]


def _subscription(kind: str, name: str) -> Message:
    if kind == "signal":
        return message("WAITING_SIGNAL", name=name)
    if kind == "condition":
        return message("WAITING_CONDITION", condition=name)
    return message("WAITING_MESSAGE", name=name)


def _day_and_hour(moment: datetime) -> tuple[date, str]:
    """The day, and the hour as text, of a moment in Europe/Rome."""
    return day_in_rome(moment), f"{in_rome(moment):%H:%M}"
