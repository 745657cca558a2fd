"""Definitions that stand still: a version, or all of a process, starts nothing until resumed, and its cases with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.errors import InvalidState, NotFound
from engine.execution.step_runner import Stepper, require_reason
from engine.instances.batches.service import Batches
from engine.instances.selection import Selection
from engine.storage.configuration_version import configuration_changed
from engine.storage.tables import definition, event, instance
from engine.storage.tables.batches import batch, batch_item


class SuspendedDefinitions:
    """Suspend and resume definitions. Needs `definition.deploy`; its cases, each, what suspending a case needs."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix, batches: Batches) -> None:
        self._stepper = stepper
        self._permissions = permissions
        self._batches = batches

    def suspend(
        self,
        key: str,
        reason: str,
        actor: Actor,
        *,
        version: int | None = None,
        with_cases: bool = False,
    ) -> str | None:
        """No new case of a process (of one version, when given), by form, message or date, until `resume`.

        `with_cases` orders the suspension of its running cases and gives the id of that operation. Cases of other
        processes may go on calling it. InvalidState when nothing is left to suspend.
        """
        require_reason(reason)
        self._permissions.require(actor, Permission.DEFINITION_DEPLOY)
        with self._stepper.database.begin() as work:
            _require_known(work.connection, key, version)
            batch_id = None
            meant = Selection(key=key, version=version, states=("active",))
            if with_cases and self._batches.preview("suspend", meant, actor):
                batch_id = self._batches.create_in(work, "suspend", {}, meant, actor, reason)
            changed = work.connection.execute(
                update(definition)
                .where(*_of(key, version), definition.c.suspended_at.is_(None))
                .values(suspended_at=self._stepper.clock.now(), suspended_batch=batch_id)
            )
            if not changed.rowcount:
                raise InvalidState(f"«{_told(key, version)}» è già sospeso")
            configuration_changed(work.connection)
            data = {"key": key, "version": version, "reason": reason.strip(), "batch": batch_id}
            self._note(work.connection, "definition.suspended", actor, data)
        return batch_id

    def resume(
        self, key: str, actor: Actor, *, version: int | None = None, with_cases: bool = False
    ) -> str | None:
        """Let a process (a version) start cases again.

        `with_cases` also orders the resumption of the cases that were suspended with it, and of no others; gives the
        id of that operation, None when there are none.
        """
        self._permissions.require(actor, Permission.DEFINITION_DEPLOY)
        with self._stepper.database.begin() as work:
            connection = work.connection
            _require_known(connection, key, version)
            ordered = set(
                connection.execute(
                    select(definition.c.suspended_batch).where(
                        *_of(key, version), definition.c.suspended_batch.is_not(None)
                    )
                ).scalars()
            )
            changed = connection.execute(
                update(definition)
                .where(*_of(key, version), definition.c.suspended_at.is_not(None))
                .values(suspended_at=None, suspended_batch=None)
            )
            if not changed.rowcount:
                raise InvalidState(f"«{_told(key, version)}» non è sospeso")
            batch_id = None
            if with_cases and ordered:
                cases = _suspended_by(connection, ordered, key, version)
                if cases:
                    reason = f"Ripreso {_told(key, version)}"
                    batch_id = self._batches.create_in(work, "resume", {}, cases, actor, reason)
            work.after_commit(self._stepper.nudge)  # a start may have become due meanwhile
            configuration_changed(connection)
            data = {"key": key, "version": version, "batch": batch_id}
            self._note(connection, "definition.resumed", actor, data)
        return batch_id

    def _note(self, connection: Connection, kind: str, actor: Actor, data: dict[str, Any]) -> None:
        connection.execute(
            insert(event).values(at=self._stepper.clock.now(), actor_id=actor.id, kind=kind, data=data)
        )


def _of(key: str, version: int | None) -> list[Any]:
    return [definition.c.key == key, *([] if version is None else [definition.c.version == version])]


def _told(key: str, version: int | None) -> str:
    return key if version is None else f"{key}, versione {version}"


def _require_known(connection: Connection, key: str, version: int | None) -> None:
    if connection.execute(select(definition.c.id).where(*_of(key, version)).limit(1)).first() is None:
        raise NotFound(f"Il processo «{_told(key, version)}» non c'è")


def _suspended_by(connection: Connection, ordered: set[str], key: str, version: int | None) -> list[str]:
    """The cases that these operations have suspended, and that still are; what they had left to do is left alone."""
    connection.execute(
        update(batch_item)
        .where(batch_item.c.batch_id.in_(ordered), batch_item.c.state == "waiting")
        .values(state="cancelled")
    )
    connection.execute(
        update(batch).where(batch.c.id.in_(ordered), batch.c.state == "running").values(state="cancelled")
    )
    query = (
        select(instance.c.id)
        .join(batch_item, batch_item.c.target == instance.c.id)
        .where(
            batch_item.c.batch_id.in_(ordered),
            batch_item.c.state == "done",
            instance.c.state == "suspended",
            instance.c.definition_key == key,
        )
        .order_by(instance.c.number)
    )
    if version is not None:
        query = query.where(instance.c.definition_id == f"{key}:{version}")
    return list(connection.execute(query).scalars())
