"""The service of incidents: list, retry after a fix, resolve with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, true, update

from engine.access import Actor, Permission, PermissionMatrix, where_allowed
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.execution import Outbox, StepRunner, lock_instance, require_reason, write_step
from engine.incidents.models import IncidentFilter, IncidentGroup, IncidentView
from engine.incidents.queries import incident_groups, incidents_page, select_incidents
from engine.localization import restored_message
from engine.scheduling.timer_start_events import retry_start
from engine.spiff import Instruction
from engine.storage import UnitOfWork
from engine.storage.event_log import LogEntry, append_event
from engine.storage.sql.keyset_pagination import Cursor, Page, page_of
from engine.storage.tables import incident, instance, timer

MAX_RETRIES_PER_INSTANCE = 1_000


class Incidents:
    """Incidents as administrators see them. Needs `incident.manage` in the scope of the instance."""

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix, outbox: Outbox) -> None:
        self._step_runner = step_runner
        self._permissions = permissions
        self._outbox = outbox

    # -- reading ---------------------------------------------------------------------------------------------------

    def list(
        self, actor: Actor, *, state: str = "open", instance_id: str | None = None, limit: int = 200
    ) -> tuple[IncidentView, ...]:
        """The first incidents, the oldest first, of the scopes where the actor manages them."""
        incident_filter = IncidentFilter(state=state, instance_id=instance_id or "")
        return self.page(actor, incident_filter, limit=limit).items

    def page(
        self, actor: Actor, incident_filter: IncidentFilter, *, after: str = "", limit: int = 50
    ) -> Page[IncidentView]:
        """A page of incidents, the oldest first. `after` is the `next` of the page before. Raises InvalidInput."""
        cursor = Cursor.decode(after, datetime, str) if after else None
        query = incidents_page(self._visible(actor), incident_filter, cursor, limit + 1)
        with self._step_runner.database.read() as connection:
            rows = connection.execute(query).all()
        return page_of(rows, limit, _view, lambda row: (row.created_at, row.id))

    def groups(self, actor: Actor, incident_filter: IncidentFilter) -> tuple[IncidentGroup, ...]:
        """How many incidents there are by process, kind and element, the most numerous first."""
        query = incident_groups(self._visible(actor), incident_filter)
        with self._step_runner.database.read() as connection:
            return tuple(
                IncidentGroup(
                    row.definition_key or "",
                    row.kind,
                    row.element_id,
                    row.element_name,
                    row.incidents,
                    row.oldest,
                )
                for row in connection.execute(query)
            )

    def _visible(self, actor: Actor) -> ColumnElement[bool]:
        self._permissions.require(actor, Permission.INCIDENT_MANAGE)
        in_own_scopes = where_allowed(actor, Permission.INCIDENT_MANAGE, self._permissions)
        return or_(in_own_scopes, incident.c.instance_id.is_(None))

    # -- retrying --------------------------------------------------------------------------------------------------

    def retry(self, incident_id: str, actor: Actor) -> None:
        """Retry now what failed. When it fails again, a new incident is opened."""
        row = self._open_incident(incident_id, actor)
        with self._step_runner.database.begin() as work:
            self._retry(work, row.instance_id, [row], actor)

    def retry_in(
        self, work: UnitOfWork, instance_id: str, actor: Actor, *, kind: str = "", element: str = ""
    ) -> tuple[int, int]:
        """Retry, in the caller's transaction, the open incidents of an instance (of one kind, at one element).

        Gives how many were retried, and how many of the instance are open afterwards.
        """
        locked = lock_instance(work.connection, instance_id)
        self._permissions.require(actor, Permission.INCIDENT_MANAGE, locked.scope)
        incident_filter = IncidentFilter(instance_id=instance_id, kind=kind, element=element)
        query = incidents_page(true(), incident_filter, None, MAX_RETRIES_PER_INSTANCE)
        rows = work.connection.execute(query).all()
        if rows:
            self._retry(work, instance_id, rows, actor)
        still_open = (
            select(func.count())
            .select_from(incident)
            .where(incident.c.instance_id == instance_id, incident.c.state == "open")
        )
        return len(rows), int(work.connection.execute(still_open).scalar_one())

    def retry_without_instance(self, actor: Actor, *, element: str = "", limit: int = 500) -> int:
        """Retry the incidents that belong to no instance (outbox messages, scheduled starts); gives how many.

        Needs the permission everywhere.
        """
        self._permissions.require(actor, Permission.INCIDENT_MANAGE, "")
        with self._step_runner.database.begin() as work:
            query = select(incident).where(incident.c.instance_id.is_(None), incident.c.state == "open")
            if element:
                query = query.where(incident.c.element_id == element)
            rows = work.connection.execute(query.limit(limit)).all()
            self._retry(work, None, rows, actor)
        return len(rows)

    def _retry(
        self, work: UnitOfWork, instance_id: str | None, rows: Sequence[Row[Any]], actor: Actor
    ) -> None:
        now, connection = self._step_runner.clock.now(), work.connection
        tokens = {row.token for row in rows if row.token is not None}
        step = self._step_runner.open(work, instance_id, actor) if instance_id and tokens else None
        for row in rows:
            self._close(connection, row, "retried", actor, "")
            if row.source_kind == "outbox":
                self._outbox.requeue(connection, row.source_id, now)
            elif row.source_kind == "timer":
                connection.execute(
                    update(timer)
                    .where(timer.c.id == row.source_id, timer.c.state == "failed")
                    .values(state="waiting", due_at=now)
                )
            elif row.source_kind == "scheduled_start":
                retry_start(connection, row.source_id, now)
        if step is not None:
            step.open_before = None  # its incidents are no longer open
            for token in sorted(tokens):
                if any(failure.token == token for failure in step.run.failures()):
                    step.run.retry(token)
            write_step(step)
        work.after_commit(self._step_runner.wake_scheduler)

    # -- resolving without a retry ---------------------------------------------------------------------------------

    def resolve(self, incident_id: str, reason: str, actor: Actor, *, skip_step: bool = False) -> None:
        """Close an incident without a retry, with the reason (for example: done by hand).

        The failed step stays failed until a modification moves the token. With `skip_step`, which needs `case.modify`
        too, the step counts as done and the instance goes on after it.
        """
        require_reason(reason)
        row = self._open_incident(incident_id, actor)
        if skip_step:
            self._permissions.require(actor, Permission.CASE_MODIFY, row.scope)
        with self._step_runner.database.begin() as work:
            if row.instance_id is None or row.token is None:
                if skip_step:
                    raise InvalidInput("INCIDENT_WITHOUT_STEP")
                self._close(work.connection, row, "resolved", actor, reason.strip())
                return
            step = self._step_runner.open(work, row.instance_id, actor, suspended=not skip_step)
            self._close(work.connection, row, "resolved", actor, reason.strip())
            step.open_before = None  # the incident is no longer open
            if skip_step:
                target = {"element": row.element_id, "process": step.run.process_of(row.token)}
                step.run.modify(
                    [Instruction("cancel", token=row.token, **target), Instruction("after", **target)]
                )
                step.run.run_to_wait_states()
            else:
                step.run.dismiss_failure(row.token)
            write_step(step)
            work.after_commit(self._step_runner.wake_scheduler)

    def _open_incident(self, incident_id: str, actor: Actor) -> Row[Any]:
        with self._step_runner.database.read() as connection:
            row = connection.execute(select_incidents().where(incident.c.id == incident_id)).one_or_none()
        if row is None:
            raise NotFound("INCIDENT_NOT_FOUND")
        self._permissions.require(actor, Permission.INCIDENT_MANAGE, row.scope)
        if row.state != "open":
            raise InvalidState("INCIDENT_ALREADY_CLOSED")
        return row

    def _close(self, connection: Connection, row: Row[Any], state: str, actor: Actor, reason: str) -> None:
        now = self._step_runner.clock.now()
        closed = connection.execute(
            update(incident)
            .where(incident.c.id == row.id, incident.c.state == "open")
            .values(state=state, ended_at=now, ended_by=actor.id, reason=reason or None)
        )
        if not closed.rowcount:
            raise InvalidState("INCIDENT_ALREADY_CLOSED")
        if row.instance_id is not None:
            connection.execute(
                update(instance)
                .where(instance.c.id == row.instance_id, instance.c.incidents > 0)
                .values(incidents=instance.c.incidents - 1)
            )
        append_event(
            connection,
            LogEntry(
                instance_id=row.instance_id,
                at=now,
                actor_id=actor.id,
                kind=f"incident.{state}",
                element_id=row.element_id,
                element_name=row.element_name,
                data={"incident": row.id, "reason": reason},
            ),
        )


def _view(row: Row[Any]) -> IncidentView:
    return IncidentView(
        id=row.id,
        instance_id=row.instance_id,
        instance_number=row.number,
        instance_title=row.title or "",
        scope=row.scope or "",
        kind=row.kind,
        source_kind=row.source_kind,
        source_id=row.source_id,
        element_id=row.element_id,
        element_name=row.element_name,
        sentence=restored_message(row.message_code, row.message_parameters, row.sentence),
        attempts=row.attempts,
        state=row.state,
        created_at=row.created_at,
        reason=row.reason,
    )
