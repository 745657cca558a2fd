"""Suspends definitions: a version, or all versions of a process, starts no instance until it is resumed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from engine.access import Actor, Permission, PermissionMatrix
from engine.errors import InvalidState, NotFound
from engine.execution import StepRunner, require_reason
from engine.instances.batches import Batches
from engine.instances.selection import Selection
from engine.localization import message
from engine.storage.configuration_version import configuration_changed
from engine.storage.event_log import LogEntry, append_event
from engine.storage.tables import definition, instance
from engine.storage.tables.batches import batch, batch_item


class DefinitionSuspension:
    """Suspend and resume definitions. Needs `definition.deploy`, and with the instances what a batch on them needs."""

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix, batches: Batches) -> None:
        self._step_runner = step_runner
        self._permissions = permissions
        self._batches = batches

    def suspend(
        self,
        key: str,
        reason: str,
        actor: Actor,
        *,
        version: int | None = None,
        include_instances: bool = False,
    ) -> str | None:
        """Suspend a process, or one version: it starts no instance by form, message or timer until `resume`.

        With `include_instances` a batch suspends its active instances; gives the id of the batch, None without one.
        Instances of other processes may still call it. Raises NotFound, InvalidState when nothing is left to suspend.
        """
        require_reason(reason)
        self._permissions.require(actor, Permission.DEFINITION_DEPLOY)
        with self._step_runner.database.begin() as work:
            _require_exists(work.connection, key, version)
            batch_id = None
            active = Selection(key=key, version=version, states=("active",))
            if include_instances and self._batches.preview("suspend", active, actor):
                batch_id = self._batches.create_in(work, "suspend", {}, active, actor, reason)
            changed = work.connection.execute(
                update(definition)
                .where(*_versions(key, version), definition.c.suspended_at.is_(None))
                .values(suspended_at=self._step_runner.clock.now(), suspended_batch=batch_id)
            )
            if not changed.rowcount:
                raise InvalidState("DEFINITION_ALREADY_SUSPENDED", definition=_name(key, version))
            configuration_changed(work.connection)
            data = {"key": key, "version": version, "reason": reason.strip(), "batch": batch_id}
            self._log(work.connection, "definition.suspended", actor, data)
        return batch_id

    def resume(
        self, key: str, actor: Actor, *, version: int | None = None, include_instances: bool = False
    ) -> str | None:
        """Let a process, or one version, start instances again.

        With `include_instances` a batch resumes the instances that were suspended with the definition, and no others;
        gives the id of the batch, None without one. Raises NotFound, InvalidState when nothing is suspended.
        """
        self._permissions.require(actor, Permission.DEFINITION_DEPLOY)
        with self._step_runner.database.begin() as work:
            connection = work.connection
            _require_exists(connection, key, version)
            suspending_batches = set(
                connection.execute(
                    select(definition.c.suspended_batch).where(
                        *_versions(key, version), definition.c.suspended_batch.is_not(None)
                    )
                ).scalars()
            )
            changed = connection.execute(
                update(definition)
                .where(*_versions(key, version), definition.c.suspended_at.is_not(None))
                .values(suspended_at=None, suspended_batch=None)
            )
            if not changed.rowcount:
                raise InvalidState("DEFINITION_NOT_SUSPENDED", definition=_name(key, version))
            batch_id = None
            if include_instances and suspending_batches:
                _cancel_batches(connection, suspending_batches)
                instance_ids = _suspended_by(connection, suspending_batches, key, version)
                if instance_ids:
                    reason = message("BATCH_REASON_DEFINITION_RESUMED", definition=_name(key, version))
                    batch_id = self._batches.create_in(work, "resume", {}, instance_ids, actor, reason)
            work.after_commit(self._step_runner.wake_scheduler)  # a timer start may have become due meanwhile
            configuration_changed(connection)
            data = {"key": key, "version": version, "batch": batch_id}
            self._log(connection, "definition.resumed", actor, data)
        return batch_id

    def _log(self, connection: Connection, kind: str, actor: Actor, data: dict[str, Any]) -> None:
        append_event(
            connection, LogEntry(at=self._step_runner.clock.now(), actor_id=actor.id, kind=kind, data=data)
        )


def _versions(key: str, version: int | None) -> list[ColumnElement[bool]]:
    """SQL over `definition`: the version, or all versions."""
    return [definition.c.key == key, *([] if version is None else [definition.c.version == version])]


def _name(key: str, version: int | None) -> str:
    return key if version is None else message("DEFINITION_KEY_AND_VERSION", key=key, version=version)


def _require_exists(connection: Connection, key: str, version: int | None) -> None:
    if connection.execute(select(definition.c.id).where(*_versions(key, version)).limit(1)).first() is None:
        raise NotFound("PROCESS_NOT_FOUND", process=_name(key, version))


def _cancel_batches(connection: Connection, batch_ids: set[str]) -> None:
    """Cancel the items of these batches that still wait, and the batches that still run."""
    connection.execute(
        update(batch_item)
        .where(batch_item.c.batch_id.in_(batch_ids), batch_item.c.state == "waiting")
        .values(state="cancelled")
    )
    connection.execute(
        update(batch).where(batch.c.id.in_(batch_ids), batch.c.state == "running").values(state="cancelled")
    )


def _suspended_by(connection: Connection, batch_ids: set[str], key: str, version: int | None) -> list[str]:
    """The ids of the instances that these batches have suspended and that still are, by number."""
    query = (
        select(instance.c.id)
        .join(batch_item, batch_item.c.target == instance.c.id)
        .where(
            batch_item.c.batch_id.in_(batch_ids),
            batch_item.c.state == "done",
            instance.c.state == "suspended",
            instance.c.definition_key == key,
        )
        .order_by(instance.c.number)
    )
    if version is not None:
        query = query.where(instance.c.definition_id == f"{key}:{version}")
    return list(connection.execute(query).scalars())
