"""What stopped: list, retry after a fix, resolve with a reason. Needs `incident.manage` in the scope of the case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, true, update

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import where_allowed
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.execution.outbox import Outbox
from engine.execution.step_runner import Stepper, locked, require_reason
from engine.execution.step_writer import write
from engine.incidents.models import IncidentView
from engine.incidents.queries import IncidentFilter, IncidentGroup, groups_of, page_of
from engine.spiff import Instruction
from engine.storage import UnitOfWork
from engine.storage.tables import event, incident, instance, timer
from engine.timers.scheduled_starts import try_again

MOST_OF_ONE = 1_000
"""How many incidents of one instance are tried again at once."""

__all__ = ["IncidentFilter", "IncidentGroup", "Incidents"]


class Incidents:
    """The administrator's list of what needs a hand."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix, outbox: Outbox) -> None:
        self._stepper = stepper
        self._permissions = permissions
        self._outbox = outbox

    # -- reading ---------------------------------------------------------------------------------------------------

    def list(
        self, actor: Actor, *, state: str = "open", instance_id: str | None = None, limit: int = 200
    ) -> tuple[IncidentView, ...]:
        """The incidents of the scopes where the actor manages them, the oldest first."""
        chosen = IncidentFilter(state=state, instance_id=instance_id or "")
        return self.page(actor, chosen, limit=limit)[0]

    def page(
        self, actor: Actor, chosen: IncidentFilter, *, after: str = "", limit: int = 50
    ) -> tuple[tuple[IncidentView, ...], str | None]:
        """A page of incidents, the oldest first, and the key of the next page (None at the end)."""
        with self._stepper.database.read() as connection:
            rows = connection.execute(page_of(self._seen(actor), chosen, after, limit + 1)).all()
        more = rows[limit - 1].id if len(rows) > limit else None
        return tuple(_view(row) for row in rows[:limit]), more

    def groups(self, actor: Actor, chosen: IncidentFilter) -> tuple[IncidentGroup, ...]:
        """How many incidents there are by process, kind and element, the most numerous first."""
        with self._stepper.database.read() as connection:
            return tuple(
                IncidentGroup(r.definition_key or "", r.kind, r.element_id, r.element_name, r.many, r.oldest)
                for r in connection.execute(groups_of(self._seen(actor), chosen))
            )

    def _seen(self, actor: Actor) -> ColumnElement[bool]:
        self._permissions.require(actor, Permission.INCIDENT_MANAGE)
        mine = where_allowed(actor, Permission.INCIDENT_MANAGE, self._permissions)
        return or_(mine, incident.c.instance_id.is_(None))

    # -- retrying --------------------------------------------------------------------------------------------------

    def retry(self, incident_id: str, actor: Actor) -> None:
        """Try the failed step again now. When it fails once more, a new incident is opened."""
        row = self._found(incident_id, actor)
        with self._stepper.database.begin() as work:
            self._retry(work, row.instance_id, [row], actor)

    def retry_in(
        self, work: UnitOfWork, instance_id: str, actor: Actor, *, kind: str = "", element: str = ""
    ) -> tuple[int, int]:
        """Try again, in the caller's transaction, all that has stopped in an instance (of one kind, at one element).

        Gives how many were tried and how many of the instance are open afterwards.
        """
        case = locked(work.connection, instance_id)
        self._permissions.require(actor, Permission.INCIDENT_MANAGE, case.scope)
        chosen = IncidentFilter(instance_id=instance_id, kind=kind, element=element)
        rows = work.connection.execute(page_of(true(), chosen, "", MOST_OF_ONE)).all()
        if rows:
            self._retry(work, instance_id, rows, actor)
        left = (
            select(func.count())
            .select_from(incident)
            .where(incident.c.instance_id == instance_id, incident.c.state == "open")
        )
        return len(rows), int(work.connection.execute(left).scalar_one())

    def retry_messages(self, actor: Actor, *, element: str = "", limit: int = 500) -> int:
        """Send again what could not be sent and belongs to no instance; says how many.

        Needs the permission everywhere.
        """
        self._permissions.require(actor, Permission.INCIDENT_MANAGE, "")
        with self._stepper.database.begin() as work:
            query = select(incident).where(incident.c.instance_id.is_(None), incident.c.state == "open")
            if element:
                query = query.where(incident.c.element_id == element)
            rows = work.connection.execute(query.limit(limit)).all()
            self._retry(work, None, rows, actor)
        return len(rows)

    def _retry(
        self, work: UnitOfWork, instance_id: str | None, rows: Sequence[Row[Any]], actor: Actor
    ) -> None:
        now, connection = self._stepper.clock.now(), work.connection
        tokens = {row.token for row in rows if row.token is not None}
        advance = self._stepper.open(work, instance_id, actor) if instance_id and tokens else None
        for row in rows:
            self._end(connection, row, "retried", actor, "")
            if row.kind == "outbox":
                self._outbox.again(connection, row.outbox_id, now)
            elif row.token is None:
                connection.execute(
                    update(timer)
                    .where(timer.c.id == row.outbox_id, timer.c.state == "failed")
                    .values(state="waiting", due_at=now)
                )
                try_again(connection, row.outbox_id, now)
        if advance is not None:
            advance.known = None  # its incidents are open no more
            for token in sorted(tokens):
                if any(failure.token == token for failure in advance.run.failures()):
                    advance.run.retry(token)
            write(advance)
        work.after_commit(self._stepper.nudge)

    # -- closing without a retry -----------------------------------------------------------------------------------

    def resolve(self, incident_id: str, reason: str, actor: Actor, *, go_on: bool = False) -> None:
        """Close an incident without retrying, with the reason (for example: done by hand).

        The step stays where it is, silent, until a modification moves it; with `go_on`, which needs
        `case.modify` too, it counts as done and the instance goes on behind it.
        """
        require_reason(reason)
        row = self._found(incident_id, actor)
        if go_on:
            self._permissions.require(actor, Permission.CASE_MODIFY, row.scope)
        with self._stepper.database.begin() as work:
            if row.instance_id is None or row.token is None:
                if go_on:
                    raise InvalidInput("Questo incidente non ferma un passo: non c'è da dove proseguire")
                self._end(work.connection, row, "resolved", actor, reason.strip())
                return
            advance = self._stepper.open(work, row.instance_id, actor, suspended=not go_on)
            self._end(work.connection, row, "resolved", actor, reason.strip())
            advance.known = None  # its incident is open no more
            if go_on:
                place = {"element": row.element_id, "process": advance.run.process_of(row.token)}
                advance.run.modify(
                    [Instruction("cancel", token=row.token, **place), Instruction("after", **place)]
                )
                advance.run.settle()
            else:
                advance.run.leave(row.token)
            write(advance)
            work.after_commit(self._stepper.nudge)

    def _found(self, incident_id: str, actor: Actor) -> Row[Any]:
        with self._stepper.database.read() as connection:
            row = connection.execute(
                select(incident, instance.c.number, instance.c.title, instance.c.scope)
                .join(instance, instance.c.id == incident.c.instance_id, isouter=True)
                .where(incident.c.id == incident_id)
            ).one_or_none()
        if row is None:
            raise NotFound("L'incidente non c'è")
        self._permissions.require(actor, Permission.INCIDENT_MANAGE, row.scope)
        if row.state != "open":
            raise InvalidState("L'incidente è già chiuso")
        return row

    def _end(self, connection: Connection, row: Row[Any], state: str, actor: Actor, reason: str) -> None:
        now = self._stepper.clock.now()
        ended = connection.execute(
            update(incident)
            .where(incident.c.id == row.id, incident.c.state == "open")
            .values(state=state, ended_at=now, ended_by=actor.id, reason=reason or None)
        )
        if not ended.rowcount:
            raise InvalidState("L'incidente è già chiuso")
        if row.instance_id is not None:
            connection.execute(
                update(instance)
                .where(instance.c.id == row.instance_id, instance.c.incidents > 0)
                .values(incidents=instance.c.incidents - 1)
            )
        connection.execute(
            insert(event).values(
                instance_id=row.instance_id,
                at=now,
                actor_id=actor.id,
                kind=f"incident.{state}",
                element_id=row.element_id,
                element_name=row.element_name,
                data={"incident": row.id, "reason": reason},
            )
        )


def _view(row: Row[Any]) -> IncidentView:
    return IncidentView(
        row.id,
        row.instance_id,
        row.number,
        row.title or "",
        row.scope or "",
        row.kind,
        row.element_id,
        row.element_name,
        row.sentence,
        row.attempts,
        row.state,
        row.created_at,
        row.reason,
    )
