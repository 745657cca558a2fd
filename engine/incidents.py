"""What stopped: list, retry after a fix, resolve with a reason. Needs `incident.manage` in the scope of the case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update

from engine.actors import Actor
from engine.advance import write
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.outbox import Outbox
from engine.permissions import Permission, PermissionMatrix
from engine.steps import Stepper
from engine.storage.tables import event, incident, instance, timer
from engine.views import IncidentView
from engine.visibility import within


class Incidents:
    """The administrator's list of what needs a hand."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix, outbox: Outbox) -> None:
        self._stepper = stepper
        self._permissions = permissions
        self._outbox = outbox

    def list(
        self, actor: Actor, *, state: str = "open", instance_id: str | None = None, limit: int = 200
    ) -> tuple[IncidentView, ...]:
        """The incidents of the scopes where the actor manages them, the oldest first."""
        self._permissions.require(actor, Permission.INCIDENT_MANAGE)
        mine: list[ColumnElement[bool]] = [
            within(instance.c.scope, scope)
            for scope in self._permissions.scopes(actor, Permission.INCIDENT_MANAGE)
        ]
        query = (
            select(incident, instance.c.number, instance.c.title, instance.c.scope)
            .join(instance, instance.c.id == incident.c.instance_id, isouter=True)
            .where(incident.c.state == state, or_(*mine, incident.c.instance_id.is_(None)))
            .order_by(incident.c.created_at)
            .limit(limit)
        )
        if instance_id:
            query = query.where(incident.c.instance_id == instance_id)
        with self._stepper.database.read() as connection:
            return tuple(_view(row) for row in connection.execute(query))

    def retry(self, incident_id: str, actor: Actor) -> None:
        """Try the failed step again now. When it fails once more, a new incident is opened."""
        row = self._found(incident_id, actor)
        now = self._stepper.clock.now()
        with self._stepper.database.begin() as work:
            if row.instance_id is None or row.kind == "outbox":
                self._outbox.again(work.connection, row.outbox_id, now)
                self._end(work.connection, row, "retried", actor, "")
            elif row.token is None:
                work.connection.execute(
                    update(timer)
                    .where(timer.c.id == row.outbox_id, timer.c.state == "failed")
                    .values(state="waiting", due_at=now)
                )
                self._end(work.connection, row, "retried", actor, "")
            else:
                advance = self._stepper.open(work, row.instance_id, actor)
                self._end(work.connection, row, "retried", actor, "")
                advance.host.note("incident.retried", None, {"incident": incident_id})
                if any(failure.token == row.token for failure in advance.run.failures()):
                    advance.run.retry(row.token)
                write(advance)
            work.after_commit(self._stepper.nudge)

    def resolve(self, incident_id: str, reason: str, actor: Actor) -> None:
        """Close an incident without retrying, with the reason (for example: done by hand)."""
        if not reason.strip():
            raise InvalidInput("Scrivi il motivo", fields={"motivo": "Scrivi il motivo"})
        row = self._found(incident_id, actor)
        with self._stepper.database.begin() as work:
            self._end(work.connection, row, "resolved", actor, reason.strip())

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
