"""The service of deadlines: lists them, previews, applies and undoes overrides, sets the due date of one instance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.access import SYSTEM, Actor, Permission, PermissionMatrix
from engine.access.visibility import read_instance
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.execution import StepEnvironment, StepRunner, require_reason
from engine.localization import message
from engine.scheduling.overrides import (
    Every,
    Override,
    override_from_json,
    override_to_json,
    overrides_in_force,
)
from engine.scheduling.overrides.deadline_keys import STARTS
from engine.scheduling.overrides.embedded import override_value
from engine.service_tasks import InstanceRef
from engine.storage import UnitOfWork
from engine.storage.configuration_version import configuration_changed
from engine.storage.sql.bulk_memory import extra_memory
from engine.storage.tables.deadlines import deadline_change
from engine.storage.triggers.job_queue import notify_once
from engine.temporal import WorkingCalendar
from engine.timers.deadlines.bulk_update import update_rows
from engine.timers.deadlines.catalogue import Deadline, read_catalogue
from engine.timers.deadlines.columns import due_columns_of
from engine.timers.deadlines.embedded_expressions import (
    embedding_keys,
    extend_preview,
    recalculate,
    write_recalculated,
)
from engine.timers.deadlines.instance_deadlines import InstanceDeadlines, read_instance_deadlines
from engine.timers.deadlines.models import DeadlineChange, DeadlineOverview
from engine.timers.deadlines.notifications import log_change, notify_assignees
from engine.timers.deadlines.preview import (
    MAX_LISTED,
    Calendars,
    DeadlinePreview,
    PlannedChange,
    compute_preview,
)
from engine.timers.deadlines.set_due_date import set_due_date
from engine.timers.deadlines.start_timers import preview_starts, require_start_override, write_starts
from engine.timers.deadlines.summary import active_overrides, latest_change_ids, waiting_by_key, waiting_for

Write = Callable[[int, int], None]
"""Writes what a change does, given the ids of the change and of its log entry."""


class Deadlines:
    """The deadlines of all processes and their overrides, as a Camunda job definition has an overriding value.

    Reading needs `deadline.write`; a change needs it in the scope that it is made for.
    """

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix) -> None:
        self._step_runner = step_runner
        self._permissions = permissions

    # -- reading ---------------------------------------------------------------------------------------------------

    def list(self, actor: Actor) -> tuple[DeadlineOverview, ...]:
        """Every deadline of the latest versions, in the order of processes and diagrams."""
        self._permissions.require(actor, Permission.DEADLINE_WRITE)
        found = read_catalogue(self._step_runner.repository)
        with self._step_runner.database.read() as connection:
            waiting, overrides = waiting_by_key(connection), active_overrides(connection)
        return tuple(
            DeadlineOverview(one, tuple(overrides.get(one.key, ())), *waiting_for(one, waiting))
            for one in found.values()
        )

    def get(self, key: str, actor: Actor) -> DeadlineOverview:
        """One deadline. Raises NotFound."""
        for overview in self.list(actor):
            if overview.deadline.key == key:
                return overview
        raise NotFound("DEADLINE_NOT_FOUND", key=key)

    def history(self, actor: Actor, key: str = "", limit: int = 50) -> tuple[DeadlineChange, ...]:
        """The changes of one deadline, or of all, the latest first."""
        self._permissions.require(actor, Permission.DEADLINE_WRITE)
        query = select(deadline_change).order_by(deadline_change.c.id.desc()).limit(limit)
        if key:
            query = query.where(deadline_change.c.deadline == key)
        with self._step_runner.database.read() as connection:
            latest = set(connection.execute(latest_change_ids()).scalars())
            return tuple(_change_of(row, undoable=row.id in latest) for row in connection.execute(query))

    def of_instance(self, instance_id: str, actor: Actor) -> InstanceDeadlines:
        """The deadlines of one instance. Needs `deadline.write` in its scope. Raises NotFound."""
        with self._step_runner.database.read() as connection:
            row = read_instance(connection, instance_id)
            self._permissions.require(actor, Permission.DEADLINE_WRITE, row.scope)
            deadlines = read_instance_deadlines(connection, row, self._now())
        name = self._step_runner.repository.get(row.definition_id).name
        return InstanceDeadlines(row.id, row.number, name, row.scope, row.state, deadlines)

    # -- changing --------------------------------------------------------------------------------------------------

    def preview(self, key: str, scope: str, override: Override | None, actor: Actor) -> DeadlinePreview:
        """What an override in a scope (empty: everywhere) would do; None removes the scope's own override.

        Nothing changes. Raises InvalidInput for an override that this deadline cannot have.
        """
        self._check(key, scope, override, actor)
        with self._step_runner.database.read() as connection, extra_memory(connection):
            return self._preview(connection, key, scope, override)

    def apply(
        self,
        key: str,
        scope: str,
        override: Override | None,
        *,
        fingerprint: str,
        reason: str,
        actor: Actor,
        past_confirmed: bool = False,
    ) -> DeadlineChange:
        """Put an override in force and move the due dates of all that waits, in one transaction.

        `fingerprint` is that of the preview. Raises InvalidInput without a reason, or when due dates would be in the
        past and `past_confirmed` is False; InvalidState when something has changed since the preview.
        """
        self._check(key, scope, override, actor)
        require_reason(reason)
        with self._step_runner.database.begin() as work, extra_memory(work.connection):
            return self._apply(
                work, key, scope, override, fingerprint, reason.strip(), actor, past_confirmed, None
            )

    def preview_undo(self, change_id: int, actor: Actor) -> tuple[DeadlineChange, DeadlinePreview]:
        """The change and what undoing it would do. Nothing changes. Raises as `undo`."""
        with self._step_runner.database.read() as connection, extra_memory(connection):
            row, override = self._undoable(connection, change_id, actor)
            preview = self._preview(connection, row.deadline, row.scope, override)
        return _change_of(row, undoable=True), preview

    def undo(
        self, change_id: int, reason: str, actor: Actor, *, past_confirmed: bool = False
    ) -> DeadlineChange:
        """Restore what a change replaced, as a new change. Raises InvalidState unless it is the latest of its scope."""
        with self._step_runner.database.begin() as work, extra_memory(work.connection):
            row, override = self._undoable(work.connection, change_id, actor)
            why = reason.strip() or str(message("DEADLINE_CHANGE_UNDONE", number=change_id))
            return self._apply(
                work, row.deadline, row.scope, override, None, why, actor, past_confirmed, row.id
            )

    def set_due_date(
        self,
        kind: str,
        row_id: str,
        moment: datetime,
        reason: str,
        actor: Actor,
        *,
        past_confirmed: bool = False,
    ) -> str:
        """Set one due date of one instance (`kind`: timer, due, follow_up) and return the id of the instance.

        Overrides leave it alone from then on. Needs `deadline.write` in the scope of the instance and a reason; a
        moment in the past needs to be confirmed.
        """
        return set_due_date(
            self._step_runner, self._permissions, kind, row_id, moment, reason, actor, past_confirmed
        )

    # -- within ----------------------------------------------------------------------------------------------------

    def _preview(
        self, connection: Connection, key: str, scope: str, override: Override | None
    ) -> DeadlinePreview:
        change = PlannedChange.plan(connection, key, scope, override)
        return self._prepare(connection, change, self._calendars(connection, key))[0]

    def _undoable(
        self, connection: Connection, change_id: int, actor: Actor
    ) -> tuple[Row[Any], Override | None]:
        """The row of the latest change of a scope, and the override before it."""
        query = select(deadline_change).where(deadline_change.c.id == change_id)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound("DEADLINE_CHANGE_NOT_FOUND", number=change_id)
        override = override_from_json(row.old)
        self._check(row.deadline, row.scope, override, actor)
        if row.id not in set(connection.execute(latest_change_ids()).scalars()):
            raise InvalidState("DEADLINE_CHANGE_NOT_LATEST")
        return row, override

    def _apply(
        self,
        work: UnitOfWork,
        key: str,
        scope: str,
        override: Override | None,
        fingerprint: str | None,
        reason: str,
        actor: Actor,
        past_confirmed: bool,
        undoes: int | None,
    ) -> DeadlineChange:
        connection, now = work.connection, self._now()
        deadline = self._deadline(key)
        if deadline.kind != STARTS:
            self._lock_instances(connection)
        configuration_changed(
            connection
        )  # first: the deployment of a new version, with its timer starts, waits
        change = PlannedChange.plan(connection, key, scope, override)
        preview, write = self._prepare(connection, change, self._calendars(connection, key), lock=True)
        if fingerprint is not None and preview.fingerprint != fingerprint:
            raise InvalidState("DEADLINE_PREVIEW_OUTDATED")
        moved, overdue = preview.counts["moves"], preview.counts["overdue"]
        if overdue and not past_confirmed:
            confirm = {"passato": message("DEADLINE_CONFIRM_PAST")}
            if deadline.kind == STARTS:
                raise InvalidInput("SCHEDULED_START_IN_THE_PAST", fields=confirm)
            raise InvalidInput("DEADLINES_OVERDUE_AT_ONCE", number=overdue, fields=confirm)
        value = override_to_json(override)
        old = override_to_json(overrides_in_force(connection, key).get((key, scope)))
        inserted = (
            deadline_change.insert()
            .values(
                deadline=key,
                scope=scope,
                value=value,
                old=old,
                reason=reason,
                changed_at=now,
                changed_by=actor.id,
                undoes=undoes,
                moved=moved,
                overdue=overdue,
            )
            .returning(deadline_change.c.id)
        )
        change_id = int(connection.execute(inserted).scalar_one())
        data = {
            "change": change_id,
            "key": key,
            "label": deadline.label,
            "scope": scope,
            "reason": reason,
            "old": preview.before,
            "new": preview.after,
            "moved": moved,
        }
        write(change_id, log_change(connection, actor.id, now, data))
        work.after_commit(self._step_runner.wake_scheduler)
        return DeadlineChange(
            change_id, key, scope, value, old, reason, now, actor.id, undoes, moved, overdue, undoable=True
        )

    def _prepare(
        self, connection: Connection, change: PlannedChange, calendars: Calendars, *, lock: bool = False
    ) -> tuple[DeadlinePreview, Write]:
        """The preview of a change, and the function that writes it. `lock` locks what the function needs."""
        runner, now = self._step_runner, self._now()
        if change.key.endswith(f"/{STARTS}"):
            preview, starts = preview_starts(runner.repository, connection, change, now, lock=lock)
            return preview, lambda _change_id, _log_id: write_starts(connection, starts, self._now())
        deadline = self._deadline(change.key)
        if deadline.embedded_uses and change.requested is not None:
            if isinstance(change.requested, Every):
                raise InvalidInput("EMBEDDED_DEADLINE_CANNOT_REPEAT")
            override_value(change.requested, deadline.default_value, now, lambda: calendars(change.scope))
        columns = due_columns_of(change.key)
        preview, days = compute_preview(connection, columns, change, calendars, now)
        embedding = embedding_keys(runner.repository, change.key)
        recalculated = recalculate(runner, connection, embedding, change)
        reminder_days = runner.settings.overdue_reminder_days

        def write(change_id: int, log_id: int) -> None:
            notify_assignees(connection, columns, change, embedding, change_id, deadline.label, now)
            with notify_once(connection, "timers"):
                for column in columns:
                    update_rows(connection, column, change, log_id, days, calendars, reminder_days)
            write_recalculated(connection, recalculated, log_id, calendars, reminder_days)

        return extend_preview(preview, recalculated, MAX_LISTED), write

    def _lock_instances(self, connection: Connection) -> None:
        """Wait for the steps under way and let none begin before the commit: none writes an old due date."""
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE instance IN EXCLUSIVE MODE")

    def _check(self, key: str, scope: str, override: Override | None, actor: Actor) -> None:
        """Raise Forbidden, NotFound, or InvalidInput for an override that this deadline cannot have."""
        self._permissions.require(actor, Permission.DEADLINE_WRITE, scope)
        deadline = self._deadline(key)
        if deadline.kind == STARTS:
            require_start_override(override, deadline.label)
            return
        if override is None:
            return
        if deadline.mixed:
            raise InvalidInput("DEADLINE_NAME_MIXED", name=deadline.name)
        if deadline.repeats and not isinstance(override, Every):
            raise InvalidInput(
                "DEADLINE_NEEDS_REPETITION",
                label=deadline.label,
                fields={"genere": message("THIS_DEADLINE_NEEDS_REPETITION")},
            )
        if not deadline.repeats and isinstance(override, Every):
            raise InvalidInput(
                "DEADLINE_NEEDS_DATE_OR_OFFSET",
                label=deadline.label,
                fields={"genere": message("THIS_DEADLINE_NEEDS_DATE_OR_OFFSET")},
            )

    def _deadline(self, key: str) -> Deadline:
        found = read_catalogue(self._step_runner.repository).get(key)
        if found is None:
            raise NotFound("DEADLINE_NOT_FOUND", key=key)
        return found

    def _calendars(self, connection: Connection, key: str) -> Calendars:
        """The working days of each scope, as an instance of the deadline's process there would have them."""
        calendars: dict[str, WorkingCalendar] = {}
        process = self._step_runner.repository.latest(self._deadline(key).process_key)
        compiled = self._step_runner.repository.compiled(process.id)

        def of(scope: str) -> WorkingCalendar:
            if scope not in calendars:
                reference = InstanceRef.for_preview(process.id, compiled.key, scope)
                environment = StepEnvironment(
                    connection, compiled, reference, SYSTEM, self._now(), self._step_runner.operations
                )
                calendars[scope] = environment.calendar
            return calendars[scope]

        return of

    def _now(self) -> datetime:
        return self._step_runner.clock.now()


def _change_of(row: Row[Any], *, undoable: bool) -> DeadlineChange:
    return DeadlineChange(
        row.id,
        row.deadline,
        row.scope,
        row.value,
        row.old,
        row.reason,
        row.changed_at,
        row.changed_by,
        row.undoes,
        row.moved,
        row.overdue,
        undoable,
    )
