"""The service of batches: create, run, cancel, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, literal, or_, select, update

from engine.access import Actor, Permission, PermissionMatrix, where_allowed
from engine.errors import Forbidden, InvalidInput, InvalidState, NotFound
from engine.execution import StepRunner, next_instance_number, require_reason
from engine.instances.batches.models import (
    BatchItem,
    BatchOperation,
    BatchView,
    Handler,
    SelectedInstance,
    stored_actor,
)
from engine.instances.batches.worker import BatchWorker, count_items, log_batch_event
from engine.instances.selection import Selection
from engine.storage import UnitOfWork
from engine.storage.sql.keyset_pagination import Cursor, Page, page_of
from engine.storage.tables import instance
from engine.storage.tables.batches import batch, batch_item
from engine.storage.types import new_id

IDS_PER_STATEMENT = 500


class Batches:
    """Operations on many instances.

    The operation on an instance and its outcome are written in one transaction: after a crash the items that wait are
    run, and nothing is done twice.
    """

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix) -> None:
        self._step_runner = step_runner
        self._permissions = permissions
        self._operations: dict[str, BatchOperation] = {}
        self._worker = BatchWorker(step_runner.database, step_runner.clock, self._operations)

    def register(
        self, kind: str, handler: Handler, *, permission: Permission, label: str, batch_only: bool = False
    ) -> None:
        """Register an operation (see `BatchOperation`). Every process that runs batches registers the same ones."""
        self._operations[kind] = BatchOperation(kind, label, permission, handler, batch_only)

    def operation(self, kind: str) -> BatchOperation:
        """The operation of a kind. Raises NotFound."""
        if kind not in self._operations:
            raise NotFound("BATCH_OPERATION_NOT_FOUND", kind=kind, kinds=sorted(self._operations))
        return self._operations[kind]

    # -- creating --------------------------------------------------------------------------------------------------

    def preview(self, kind: str, selection: Selection, actor: Actor) -> int:
        """How many instances a batch would have: those selected where the actor has the operation's permission."""
        permission = self.operation(kind).permission
        self._permissions.require(actor, Permission.CASE_BATCH)
        self._permissions.require(actor, permission)
        condition = self._condition(selection, permission, actor)
        query = select(func.count()).select_from(instance).where(condition)
        with self._step_runner.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def selected_instances(
        self, selection: Selection, actor: Actor, *, after: str = "", limit: int = 50
    ) -> Page[SelectedInstance]:
        """A page of the selected instances, by number, in the scopes where the actor has `case.batch`."""
        self._permissions.require(actor, Permission.CASE_BATCH)
        query = select(instance).where(self._condition(selection, Permission.CASE_BATCH, actor))
        if after:
            query = query.where(Cursor.decode(after, int).after([instance.c.number]))
        with self._step_runner.database.read() as connection:
            rows = connection.execute(query.order_by(instance.c.number).limit(limit + 1)).all()
        return page_of(rows, limit, _selected_instance, lambda row: (row.number,))

    def create(
        self,
        kind: str,
        payload: Mapping[str, Any],
        targets: Selection | Sequence[str],
        actor: Actor,
        reason: str,
    ) -> str:
        """Create a batch of the selected instances, or of those given by id; gives its id.

        Needs `case.batch`, unless the operation is `batch_only`. From a selection only instances are taken in whose
        scope the actor has the operation's permission; an instance given by id elsewhere raises Forbidden. The payload
        gets the `reason`. The handler runs later, as this actor with the roles held now. Raises InvalidInput without
        a reason or without instances.
        """
        with self._step_runner.database.begin() as work:
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
        """As `create`, in the caller's transaction."""
        operation = self.operation(kind)
        if not operation.batch_only:
            self._permissions.require(actor, Permission.CASE_BATCH)
        self._permissions.require(actor, operation.permission)
        require_reason(reason)
        now, connection = self._step_runner.clock.now(), work.connection
        batch_id, number = new_id(), next_instance_number(connection, "batch").number
        connection.execute(
            insert(batch).values(
                id=batch_id,
                number=number,
                kind=kind,
                payload={**payload, "reason": reason.strip()},
                asked=targets.as_values() if isinstance(targets, Selection) else None,
                reason=reason.strip(),
                actor_id=actor.id,
                actor=stored_actor(actor),
                state="running",
                total=0,
                created_at=now,
            )
        )
        if isinstance(targets, Selection):
            total = _insert_items(
                connection, batch_id, self._condition(targets, operation.permission, actor), 0
            )
        else:
            ids = list(dict.fromkeys(targets))
            total = self._insert_items_by_id(connection, batch_id, ids, operation.permission, actor)
        if not total:
            raise InvalidInput("BATCH_WITHOUT_INSTANCES")
        connection.execute(update(batch).where(batch.c.id == batch_id).values(total=total))
        log_batch_event(
            connection,
            "batch.created",
            actor.id,
            now,
            {"batch": batch_id, "number": number, "kind": kind, "total": total, "reason": reason.strip()},
        )
        work.after_commit(self._step_runner.wake_scheduler)
        return batch_id

    def _condition(self, selection: Selection, permission: Permission, actor: Actor) -> ColumnElement[bool]:
        return and_(selection.condition(), where_allowed(actor, permission, self._permissions))

    def _insert_items_by_id(
        self, connection: Connection, batch_id: str, ids: list[str], permission: Permission, actor: Actor
    ) -> int:
        allowed = where_allowed(actor, permission, self._permissions)
        total = 0
        for start in range(0, len(ids), IDS_PER_STATEMENT):
            part = ids[start : start + IDS_PER_STATEMENT]
            inserted = _insert_items(connection, batch_id, and_(instance.c.id.in_(part), allowed), total)
            if inserted != len(part):
                raise Forbidden(
                    "BATCH_INSTANCES_FORBIDDEN",
                    missing=len(part) - inserted,
                    actor=actor.name,
                    permission=permission,
                )
            total += inserted
        return total

    # -- running and cancelling ------------------------------------------------------------------------------------

    def run_pending(self, limit: int = 20) -> int:
        """Run up to `limit` items of the running batches, shared out among them; gives how many were run.

        The scheduler calls it between timers and outbox messages.
        """
        return self._worker.run_pending(limit)

    def next_due(self) -> datetime | None:
        """Now, in UTC, while a batch of a registered operation is running; None when there is none."""
        query = (
            select(batch.c.id).where(batch.c.state == "running", batch.c.kind.in_(self._operations)).limit(1)
        )
        with self._step_runner.database.read() as connection:
            return self._step_runner.clock.now() if connection.execute(query).first() else None

    def cancel(self, batch_id: str, reason: str, actor: Actor) -> int:
        """Cancel a batch and the items that still wait; gives how many those were. What is done stays done.

        For the actor who created it, or who holds the operation's permission everywhere.
        """
        require_reason(reason)
        now = self._step_runner.clock.now()
        with self._step_runner.database.begin() as work:
            row = self._row(work.connection, batch_id, actor)
            cancelled = work.connection.execute(
                update(batch)
                .where(batch.c.id == batch_id, batch.c.state == "running")
                .values(state="cancelled", ended_at=now)
            )
            if not cancelled.rowcount:
                raise InvalidState("BATCH_ALREADY_ENDED", number=row.number)
            left = work.connection.execute(
                update(batch_item)
                .where(batch_item.c.batch_id == batch_id, batch_item.c.state == "waiting")
                .values(state="cancelled", ended_at=now)
            ).rowcount
            data = {"batch": batch_id, "number": row.number, "reason": reason.strip(), "left": left}
            log_batch_event(work.connection, "batch.cancelled", actor.id, now, data)
        return int(left)

    # -- reading ---------------------------------------------------------------------------------------------------

    def get(self, batch_id: str, actor: Actor) -> BatchView:
        """A batch, for the actor who created it or who holds the operation's permission everywhere.

        Raises NotFound, Forbidden.
        """
        with self._step_runner.database.read() as connection:
            row = self._row(connection, batch_id, actor)
            return self._view(row, count_items(connection, [row.id])[row.id])

    def get_by_number(self, number: int, actor: Actor) -> BatchView:
        """As `get`, by the number that people read."""
        with self._step_runner.database.read() as connection:
            batch_id = connection.execute(select(batch.c.id).where(batch.c.number == number)).scalar()
        return self.get(batch_id or "", actor)

    def list(self, actor: Actor, *, after: str = "", limit: int = 50) -> Page[BatchView]:
        """A page of the batches that the actor may read, the latest first."""
        readable_kinds = [
            operation.kind
            for operation in self._operations.values()
            if self._permissions.allows(actor, operation.permission, "")
        ]
        query = (
            select(batch)
            .where(or_(batch.c.actor_id == actor.id, batch.c.kind.in_(readable_kinds)))
            .order_by(batch.c.number.desc())
            .limit(limit + 1)
        )
        if after:
            query = query.where(Cursor.decode(after, int).after([batch.c.number], descending=True))
        with self._step_runner.database.read() as connection:
            rows = connection.execute(query).all()
            counts = count_items(connection, [row.id for row in rows])
        return page_of(rows, limit, lambda row: self._view(row, counts[row.id]), lambda row: (row.number,))

    def items(
        self, batch_id: str, actor: Actor, *, state: str = "", after: str = "", limit: int = 100
    ) -> Page[BatchItem]:
        """A page of the items of a batch in their order, of one state where given."""
        query = (
            select(batch_item, instance.c.number)
            .join(instance, instance.c.id == batch_item.c.target, isouter=True)
            .where(batch_item.c.batch_id == batch_id)
            .order_by(batch_item.c.position)
            .limit(limit + 1)
        )
        if state:
            query = query.where(batch_item.c.state == state)
        if after:
            query = query.where(Cursor.decode(after, int).after([batch_item.c.position]))
        with self._step_runner.database.read() as connection:
            self._row(connection, batch_id, actor)
            rows = connection.execute(query).all()
        return page_of(rows, limit, _item, lambda row: (row.position,))

    def _row(self, connection: Connection, batch_id: str, actor: Actor) -> Row[Any]:
        row = connection.execute(select(batch).where(batch.c.id == batch_id)).one_or_none()
        if row is None:
            raise NotFound("BATCH_NOT_FOUND")
        operation = self._operations.get(row.kind)
        everywhere = operation is not None and self._permissions.allows(actor, operation.permission, "")
        if row.actor_id != actor.id and not everywhere and not actor.is_system:
            raise Forbidden("BATCH_FORBIDDEN", actor=actor.name, number=row.number)
        return row

    def _view(self, row: Row[Any], counts: Mapping[str, int]) -> BatchView:
        operation = self._operations.get(row.kind)
        return BatchView(
            id=row.id,
            number=row.number,
            kind=row.kind,
            label=operation.label if operation else row.kind,
            reason=row.reason,
            actor_id=row.actor_id,
            state=row.state,
            created_at=row.created_at,
            ended_at=row.ended_at,
            total=row.total,
            counts=counts,
        )


def _selected_instance(row: Row[Any]) -> SelectedInstance:
    return SelectedInstance(
        id=row.id,
        number=row.number,
        definition_key=row.definition_key,
        version=int(row.definition_id.rpartition(":")[2]),
        phase=row.phase,
        state=row.state,
        scope=row.scope,
        started_at=row.started_at,
        incidents=row.incidents,
    )


def _item(row: Row[Any]) -> BatchItem:
    return BatchItem(row.position, row.target, row.number, row.state, row.outcome or "", row.ended_at)


def _insert_items(connection: Connection, batch_id: str, condition: ColumnElement[bool], offset: int) -> int:
    """Insert an item for each instance, in the order of their numbers, in one statement; gives how many.

    Positions start after `offset`.
    """
    items = select(
        literal(batch_id),
        func.row_number().over(order_by=instance.c.number) + offset,
        instance.c.id,
        literal("waiting"),
    ).where(condition)
    result = connection.execute(
        insert(batch_item).from_select(["batch_id", "position", "target", "state"], items),
        execution_options={"preserve_rowcount": True},
    )
    return int(result.rowcount)
