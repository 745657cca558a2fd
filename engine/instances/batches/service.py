"""Operations over many cases: ordered once, done case by case, each in a transaction of its own with its outcome.

What has been done to a case and the line that says so are written together, so that after a crash the rest is taken up
where it stood and nothing is done twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, literal, or_, select, update

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import where_allowed
from engine.errors import Forbidden, InvalidInput, InvalidState, NotFound
from engine.execution.step_runner import Stepper, next_place
from engine.instances.batches.worker import BatchWork, Handler, Kind, Skipped, counts_of, note
from engine.instances.selection import Selection
from engine.storage import UnitOfWork
from engine.storage.tables import instance
from engine.storage.tables.batches import batch, batch_item
from engine.storage.types import new_id

MOST_IDS = 500


__all__ = ["BatchItem", "BatchView", "Batches", "CaseLine", "Handler", "Skipped"]


@dataclass(frozen=True)
class BatchView:
    """An operation over many cases with how far it has come. `counts` has every state of `ITEM_STATES`."""

    id: str
    number: int
    kind: str
    label: str
    reason: str
    payload: Mapping[str, Any]
    asked: Selection | None
    actor_id: str
    state: str
    created_at: datetime
    ended_at: datetime | None
    total: int
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def finished(self) -> int:
        """How many cases are no longer waiting."""
        return self.total - self.counts["waiting"]


@dataclass(frozen=True)
class BatchItem:
    """One case of an operation with its outcome."""

    position: int
    instance_id: str
    instance_number: int | None
    state: str
    outcome: str
    ended_at: datetime | None


@dataclass(frozen=True)
class CaseLine:
    """A case in the list that an operation is chosen from; its title, which may name a person, is left out."""

    id: str
    number: int
    definition_key: str
    version: int
    phase: str
    state: str
    scope: str
    started_at: datetime
    incidents: int


class Batches:
    """Order, do, follow and stop operations over many cases."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix) -> None:
        self._stepper = stepper
        self._permissions = permissions
        self._kinds: dict[str, Kind] = {}
        self._work = BatchWork(stepper.database, stepper.clock, self._kinds)

    def register(
        self, kind: str, handler: Handler, *, permission: Permission, label: str, always_many: bool = False
    ) -> None:
        """Make a kind known; every process that runs batches registers the same kinds when it opens the engine.

        `always_many`: its permission is about many cases by itself, so `case.batch` is not asked too.
        """
        self._kinds[kind] = Kind(kind, label, permission, handler, always_many)

    def kind(self, name: str) -> Kind:
        """A kind by name. Raises NotFound."""
        if name not in self._kinds:
            raise NotFound(f"L'operazione «{name}» non c'è; ci sono: {', '.join(sorted(self._kinds))}")
        return self._kinds[name]

    # -- ordering --------------------------------------------------------------------------------------------------

    def preview(self, kind: str, selection: Selection, actor: Actor) -> int:
        """How many cases an operation would touch: those selected where the actor has the kind's permission."""
        permission = self.kind(kind).permission
        self._permissions.require(actor, Permission.CASE_BATCH)
        self._permissions.require(actor, permission)
        query = select(func.count()).select_from(instance).where(self._meant(selection, permission, actor))
        with self._stepper.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def cases(
        self, selection: Selection, actor: Actor, *, after: int = 0, limit: int = 50
    ) -> tuple[CaseLine, ...]:
        """The selected cases of the scopes where the actor has `case.batch`, by number, after a number."""
        self._permissions.require(actor, Permission.CASE_BATCH)
        meant = self._meant(selection, Permission.CASE_BATCH, actor)
        query = select(instance).where(meant, instance.c.number > after).order_by(instance.c.number)
        with self._stepper.database.read() as connection:
            return tuple(
                CaseLine(
                    row.id,
                    row.number,
                    row.definition_key,
                    int(row.definition_id.rpartition(":")[2]),
                    row.phase,
                    row.state,
                    row.scope,
                    row.started_at,
                    row.incidents,
                )
                for row in connection.execute(query.limit(limit))
            )

    def create(
        self,
        kind: str,
        payload: Mapping[str, Any],
        targets: Selection | Sequence[str],
        actor: Actor,
        reason: str,
    ) -> str:
        """Order an operation over the selected cases (or over those named by id) and give its id.

        Needs `case.batch`, unless the kind is always about many. Only cases in whose scope the actor has the kind's
        permission are taken from a selection; a named one outside raises Forbidden. The payload gets the `reason`.
        The handler runs later, as this actor with the roles held now. InvalidInput without a reason or when no case
        is meant.
        """
        with self._stepper.database.begin() as work:
            return self.create_in(work, kind, payload, targets, actor, reason)

    def create_in(
        self,
        work: UnitOfWork,
        kind: str,
        payload: Mapping[str, Any],
        targets: Selection | Sequence[str],
        actor: Actor,
        reason: str,
    ) -> str:
        """As `create`, within the caller's transaction."""
        permission = self.kind(kind).permission
        if not self.kind(kind).always_many:
            self._permissions.require(actor, Permission.CASE_BATCH)
        self._permissions.require(actor, permission)
        if not reason.strip():
            raise InvalidInput("Scrivi il motivo", fields={"motivo": "Scrivi il motivo"})
        now, connection = self._stepper.clock.now(), work.connection
        batch_id, number = new_id(), next_place(connection, "batch").number
        connection.execute(
            insert(batch).values(
                id=batch_id,
                number=number,
                kind=kind,
                payload={**payload, "reason": reason.strip()},
                asked=targets.as_values() if isinstance(targets, Selection) else None,
                reason=reason.strip(),
                actor_id=actor.id,
                actor=_actor_values(actor),
                state="running",
                total=0,
                created_at=now,
            )
        )
        if isinstance(targets, Selection):
            total = _fill(connection, batch_id, self._meant(targets, permission, actor), 0)
        else:
            total = self._fill_named(connection, batch_id, list(dict.fromkeys(targets)), permission, actor)
        if not total:
            raise InvalidInput("Nessuna pratica corrisponde alla scelta: non c'è niente da fare")
        connection.execute(update(batch).where(batch.c.id == batch_id).values(total=total))
        note(
            connection,
            "batch.created",
            actor.id,
            now,
            {"batch": batch_id, "number": number, "kind": kind, "total": total, "reason": reason.strip()},
        )
        work.after_commit(self._stepper.nudge)
        return batch_id

    def _meant(self, selection: Selection, permission: Permission, actor: Actor) -> Any:
        return and_(selection.condition(), where_allowed(actor, permission, self._permissions))

    def _fill_named(
        self, connection: Connection, batch_id: str, ids: list[str], permission: Permission, actor: Actor
    ) -> int:
        allowed = where_allowed(actor, permission, self._permissions)
        total = 0
        for begin in range(0, len(ids), MOST_IDS):
            part = ids[begin : begin + MOST_IDS]
            filled = _fill(connection, batch_id, and_(instance.c.id.in_(part), allowed), total)
            if filled != len(part):
                raise Forbidden(
                    f"{len(part) - filled} pratiche dell'elenco non ci sono, "
                    f"o lì {actor.name} non ha il permesso «{permission}»"
                )
            total += filled
        return total

    # -- doing and stopping ----------------------------------------------------------------------------------------

    def run_pending(self, limit: int = 20) -> int:
        """Do up to `limit` cases of the operations under way, shared out among them, and say how many were done.

        Called by the scheduler between timers and deliveries.
        """
        return self._work.run_pending(limit)

    def next_due(self) -> datetime | None:
        """Now, in UTC, while an operation of a kind known here is under way; None when there is none."""
        query = select(batch.c.id).where(batch.c.state == "running", batch.c.kind.in_(self._kinds)).limit(1)
        with self._stepper.database.read() as connection:
            return self._stepper.clock.now() if connection.execute(query).first() else None

    def cancel(self, batch_id: str, reason: str, actor: Actor) -> int:
        """Leave the cases that still wait alone and say how many they are; what is done stays done.

        For whoever ordered it, or holds the kind's permission everywhere.
        """
        if not reason.strip():
            raise InvalidInput("Scrivi il motivo", fields={"motivo": "Scrivi il motivo"})
        now = self._stepper.clock.now()
        with self._stepper.database.begin() as work:
            row = self._row(work.connection, batch_id, actor)
            stopped = work.connection.execute(
                update(batch)
                .where(batch.c.id == batch_id, batch.c.state == "running")
                .values(state="cancelled", ended_at=now)
            )
            if not stopped.rowcount:
                raise InvalidState(f"L'operazione n. {row.number} è già finita")
            left = work.connection.execute(
                update(batch_item)
                .where(batch_item.c.batch_id == batch_id, batch_item.c.state == "waiting")
                .values(state="cancelled", ended_at=now)
            ).rowcount
            data = {"batch": batch_id, "number": row.number, "reason": reason.strip(), "left": left}
            note(work.connection, "batch.cancelled", actor.id, now, data)
        return int(left)

    # -- following -------------------------------------------------------------------------------------------------

    def get(self, batch_id: str, actor: Actor) -> BatchView:
        """One operation with its progress, for whoever ordered it or holds the kind's permission everywhere."""
        with self._stepper.database.read() as connection:
            row = self._row(connection, batch_id, actor)
            return self._view(row, counts_of(connection, [row.id])[row.id])

    def by_number(self, number: int, actor: Actor) -> BatchView:
        """One operation by the number that people read. Raises NotFound."""
        with self._stepper.database.read() as connection:
            found = connection.execute(select(batch.c.id).where(batch.c.number == number)).scalar()
        return self.get(found or "", actor)

    def list(self, actor: Actor, *, before: int | None = None, limit: int = 50) -> tuple[BatchView, ...]:
        """The operations that the actor may follow, the latest first; `before` is the number a page ended with."""
        everywhere = [
            k.name for k in self._kinds.values() if self._permissions.allows(actor, k.permission, "")
        ]
        query = (
            select(batch)
            .where(or_(batch.c.actor_id == actor.id, batch.c.kind.in_(everywhere)))
            .order_by(batch.c.number.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(batch.c.number < before)
        with self._stepper.database.read() as connection:
            rows = connection.execute(query).all()
            counts = counts_of(connection, [row.id for row in rows])
        return tuple(self._view(row, counts[row.id]) for row in rows)

    def items(
        self, batch_id: str, actor: Actor, *, state: str = "", after: int = 0, limit: int = 100
    ) -> tuple[BatchItem, ...]:
        """The cases of an operation in their order, those of one state when given, after a position."""
        query = (
            select(batch_item, instance.c.number)
            .join(instance, instance.c.id == batch_item.c.target, isouter=True)
            .where(batch_item.c.batch_id == batch_id, batch_item.c.position > after)
            .order_by(batch_item.c.position)
            .limit(limit)
        )
        if state:
            query = query.where(batch_item.c.state == state)
        with self._stepper.database.read() as connection:
            self._row(connection, batch_id, actor)
            return tuple(
                BatchItem(r.position, r.target, r.number, r.state, r.outcome or "", r.ended_at)
                for r in connection.execute(query)
            )

    def _row(self, connection: Connection, batch_id: str, actor: Actor) -> Row[Any]:
        row = connection.execute(select(batch).where(batch.c.id == batch_id)).one_or_none()
        if row is None:
            raise NotFound("L'operazione non c'è")
        kind = self._kinds.get(row.kind)
        everywhere = kind is not None and self._permissions.allows(actor, kind.permission, "")
        if row.actor_id != actor.id and not everywhere and not actor.is_system:
            raise Forbidden(f"{actor.name} non può seguire l'operazione n. {row.number}")
        return row

    def _view(self, row: Row[Any], counts: Mapping[str, int]) -> BatchView:
        known = self._kinds.get(row.kind)
        return BatchView(
            id=row.id,
            number=row.number,
            kind=row.kind,
            label=known.label if known else row.kind,
            reason=row.reason,
            payload=row.payload,
            asked=Selection.of_values(row.asked) if row.asked else None,
            actor_id=row.actor_id,
            state=row.state,
            created_at=row.created_at,
            ended_at=row.ended_at,
            total=row.total,
            counts=counts,
        )


def _fill(connection: Connection, batch_id: str, meant: Any, after: int) -> int:
    """One statement, however many cases: an item for each, in the order of their numbers."""
    chosen = select(
        literal(batch_id),
        func.row_number().over(order_by=instance.c.number) + after,
        instance.c.id,
        literal("waiting"),
    ).where(meant)
    result = connection.execute(
        insert(batch_item).from_select(["batch_id", "position", "target", "state"], chosen),
        execution_options={"preserve_rowcount": True},
    )
    return int(result.rowcount)


def _actor_values(actor: Actor) -> dict[str, Any]:
    roles = [[held.role, held.scope] for held in sorted(actor.memberships)]
    return {"name": actor.name, "roles": roles, "system": actor.is_system}
