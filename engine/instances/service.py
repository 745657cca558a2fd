"""The service of instances: start, suspend, resume, cancel, reopen, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.access import Actor, Permission, PermissionMatrix, require_instance
from engine.definitions.models import Definition
from engine.definitions.resources import Resource
from engine.definitions.restricted_variables import remove_variables, restricted_variable_names
from engine.errors import InvalidInput, InvalidState
from engine.execution import (
    LockedInstance,
    Step,
    StepRunner,
    SubmittedForm,
    lock_instance,
    next_instance_number,
    require_active,
    require_reason,
    write_step,
)
from engine.instances.models import InstanceHit, InstanceView
from engine.instances.queries import (
    ALL_INSTANCES,
    InstanceFilter,
    InstanceQueries,
    instance_row,
    instance_view,
)
from engine.instances.suspension import resume_rows, suspend_rows
from engine.spiff import PROCESS_SCOPE, ProcessRun, stored_variables
from engine.storage import UnitOfWork
from engine.storage.event_log import LogEntry, append_event
from engine.storage.sql.keyset_pagination import Page
from engine.storage.tables import instance


class Instances:
    """Process instances: their life cycle, and what pages read of them."""

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix) -> None:
        self._step_runner = step_runner
        self._permissions = permissions
        self._queries = InstanceQueries(step_runner.database, permissions)

    def start(
        self,
        key: str,
        values: Mapping[str, Any],
        actor: Actor,
        scope: str,
        *,
        business_key: str | None = None,
        subject: str | None = None,
        title: str | None = None,
    ) -> InstanceView:
        """Start an instance of the latest version of a process, with the values of its start form.

        For the roles that may start the process, in the scope. Raises InvalidInput with the fields that are wrong,
        InvalidState for a process that is retired or suspended.
        """
        repository = self._step_runner.repository
        with self._step_runner.database.begin() as work:
            number = next_instance_number(work.connection)
            found = self._step_runner.configuration.get(
                ("latest", key), number.configuration_version, lambda: repository.latest(key, work.connection)
            )
            repository.require_may_start(found, actor, scope)
            repository.require_startable(found)
            accepted = self._validated(work.connection, found, values, scope, number.configuration_version)
            step = self._step_runner.start_instance(
                work,
                found,
                accepted.answers if isinstance(accepted, SubmittedForm) else accepted,
                actor,
                scope=scope,
                business_key=business_key,
                subject=subject,
                title=title,
                number=number,
                write_at_commit=True,
                submitted=accepted if isinstance(accepted, SubmittedForm) else None,
            )
        return _started_view(found, step)

    def _validated(
        self,
        connection: Connection,
        found: Definition,
        values: Mapping[str, Any],
        scope: str,
        configuration_version: int,
    ) -> SubmittedForm | dict[str, Any]:
        """The start form with the accepted values; without a form the values as they are. Raises InvalidInput."""
        form = self._step_runner.repository.start_form(found.id)
        if form is None:
            return dict(values)
        context = self._step_runner.form_context(connection, found.id, scope, configuration_version)
        submission = form.validate(values, {}, **context)
        if submission.errors:
            raise InvalidInput("FORM_FIELDS_INVALID", fields=submission.errors)
        return SubmittedForm(form, submission.values, {})

    def suspend(self, instance_id: str, reason: str, actor: Actor) -> None:
        """Suspend an instance: its tasks cannot be completed and its timers do not fire. Needs `case.suspend`."""
        with self._step_runner.database.begin() as work:
            self.suspend_in(work, instance_id, reason, actor)

    def suspend_in(self, work: UnitOfWork, instance_id: str, reason: str, actor: Actor) -> LockedInstance:
        """As `suspend`, in the caller's transaction; gives the instance as it was."""
        require_reason(reason)
        row = lock_instance(work.connection, instance_id)
        self._permissions.require(actor, Permission.CASE_SUSPEND, row.scope)
        require_active(row)
        suspend_rows(work.connection, row, reason, actor, self._step_runner.clock.now())
        return row

    def resume(self, instance_id: str, actor: Actor) -> None:
        """Resume a suspended instance. Needs `case.suspend`.

        Durations go on with the time they had left; dates stay the same, and timers whose date has passed fire now.
        """
        with self._step_runner.database.begin() as work:
            self.resume_in(work, instance_id, actor)

    def resume_in(self, work: UnitOfWork, instance_id: str, actor: Actor) -> LockedInstance:
        """As `resume`, in the caller's transaction; gives the instance as it was."""
        row = lock_instance(work.connection, instance_id)
        self._permissions.require(actor, Permission.CASE_SUSPEND, row.scope)
        if row.state != "suspended":
            raise InvalidState("INSTANCE_NOT_SUSPENDED", number=row.number)
        resume_rows(work.connection, row, actor, self._step_runner.clock.now())
        work.after_commit(self._step_runner.wake_scheduler)
        return row

    def cancel(self, instance_id: str, reason: str, actor: Actor) -> None:
        """Cancel an instance: it ends at once. Needs `case.cancel` and a reason."""
        with self._step_runner.database.begin() as work:
            self.cancel_in(work, instance_id, reason, actor)

    def cancel_in(self, work: UnitOfWork, instance_id: str, reason: str, actor: Actor) -> None:
        """As `cancel`, in the caller's transaction."""
        require_reason(reason)
        row = lock_instance(work.connection, instance_id)
        self._permissions.require(actor, Permission.CASE_CANCEL, row.scope)
        step = self._step_runner.open_locked(work, row, actor, suspended=True)
        step.run.cancel()
        step.state = "cancelled"
        step.environment.record("instance.cancel_reason", None, {"reason": reason})
        write_step(step)

    def reopen(self, instance_id: str, reason: str, actor: Actor) -> InstanceView:
        """Start a new instance linked to one that has ended, of the latest version of the same process.

        It has the variables of the old instance, `riapertura` = true, `motivo_riapertura`, and the old variables again
        under `precedente`; business key, scope, subject and title are the same. Needs `case.reopen` and a reason. An
        instance is reopened once: raises InvalidState the second time, and for an instance that has not ended.
        """
        require_reason(reason)
        repository = self._step_runner.repository
        with self._step_runner.database.begin() as work:
            row = lock_instance(work.connection, instance_id)
            self._permissions.require(actor, Permission.CASE_REOPEN, row.scope)
            if row.state not in ("completed", "cancelled"):
                raise InvalidState("INSTANCE_STILL_OPEN", number=row.number)
            linked = select(instance.c.number).where(instance.c.linked_from == instance_id)
            if work.connection.execute(linked).first() is not None:
                raise InvalidState("INSTANCE_ALREADY_REOPENED", number=row.number)
            latest = repository.latest(row.definition_key)
            if latest.suspended_at is not None:
                repository.require_startable(latest)
            before = stored_variables(bytes(row.run_state))[PROCESS_SCOPE]
            before.pop("precedente", None)
            variables = {**before, "riapertura": True, "motivo_riapertura": reason, "precedente": before}
            step = self._step_runner.start_instance(
                work,
                latest,
                variables,
                actor,
                scope=row.scope,
                business_key=row.business_key,
                subject=row.subject,
                title=row.title,
                linked_from=instance_id,
            )
            append_event(
                work.connection,
                LogEntry(
                    instance_id=instance_id,
                    at=step.now,
                    actor_id=actor.id,
                    kind="instance.reopened",
                    definition_id=row.definition_id,
                    data={"reason": reason, "new": step.instance_id},
                ),
            )
        with self._step_runner.database.read() as connection:
            return instance_view(instance_row(connection, step.instance_id))

    # -- reading ---------------------------------------------------------------------------------------------------

    def get(self, instance_id: str, actor: Actor) -> InstanceView:
        """An instance, for an actor who may see it. Raises NotFound, Forbidden."""
        with self._step_runner.database.read() as connection:
            return instance_view(self._visible_row(connection, instance_id, actor))

    def get_by_number(self, number: int, actor: Actor) -> InstanceView:
        """As `get`, by the number that people read."""
        with self._step_runner.database.read() as connection:
            found = connection.execute(select(instance.c.id).where(instance.c.number == number)).scalar()
        return self.get(found or "", actor)

    def variables(self, instance_id: str, actor: Actor) -> dict[str, Any]:
        """The variables of an instance and of the processes it calls, for an actor who may see it.

        Restricted variables only for an actor with `case.restricted` in the scope.
        """
        with self._step_runner.database.read() as connection:
            row = self._visible_row(connection, instance_id, actor)
        found = _all_variables(bytes(row.run_state))
        if self._permissions.allows(actor, Permission.CASE_RESTRICTED, row.scope):
            return found
        names = restricted_variable_names(self._step_runner.repository.compiled(row.definition_id))
        return {name: remove_variables(value, names) for name, value in found.items() if name not in names}

    def active_elements(self, instance_id: str, actor: Actor) -> tuple[tuple[str, str], ...]:
        """(process id, element id) of every element that holds a token, for an actor who may see the instance."""
        with self._step_runner.database.read() as connection:
            row = self._visible_row(connection, instance_id, actor)
        if row.state in ("completed", "cancelled"):
            return ()
        compiled = self._step_runner.repository.compiled(row.definition_id)
        run = ProcessRun.for_inspection(compiled.executable, bytes(row.run_state))
        return tuple(run.active_elements())

    def diagrams(self, instance_id: str, actor: Actor) -> tuple[tuple[str, str, Resource], ...]:
        """(process id, name, diagram) of the instance's process, then of those it calls, in their versions."""
        found = self.get(instance_id, actor)
        compiled = self._step_runner.repository.compiled(found.definition_id)
        result = []
        for key, definition_id in compiled.definition_ids.items():
            resources = self._step_runner.repository.resources(definition_id)
            diagram = next(resource for resource in resources if resource.kind == "bpmn")
            result.append((key, compiled.executable.models[key].name, diagram))
        return tuple(sorted(result, key=lambda item: item[0] != found.definition_key))

    def list(
        self,
        actor: Actor,
        instance_filter: InstanceFilter = ALL_INSTANCES,
        *,
        after: str = "",
        limit: int = 25,
    ) -> Page[InstanceView]:
        """A page of the instances that the actor may see, the newest first. Raises InvalidInput for a wrong `after`."""
        return self._queries.list(actor, instance_filter, after=after, limit=limit)

    def search(self, text: str, actor: Actor, limit: int = 20) -> tuple[InstanceHit, ...]:
        """The newest instances that the actor may see with this number, business key, or words in the title."""
        return self._queries.search(text, actor, limit)

    def _visible_row(self, connection: Connection, instance_id: str, actor: Actor) -> Row[Any]:
        row = instance_row(connection, instance_id)
        require_instance(connection, row, actor, self._permissions)
        return row


def _started_view(found: Definition, step: Step) -> InstanceView:
    """The view of an instance after its first step, without reading it again."""
    started, ended = step.environment.instance, step.run.completed
    subject, title = step.environment.subject or (started.subject, started.title)
    return InstanceView(
        id=started.id,
        number=started.number,
        definition_id=found.id,
        definition_key=found.key,
        definition_name=found.name,
        definition_version=found.version,
        business_key=started.business_key,
        scope=started.scope,
        title=title,
        subject=subject,
        phase=step.run.phase,
        state="completed" if ended else "active",
        revision=step.revision + 1,
        linked_from=started.linked_from,
        started_at=step.now,
        started_by=step.actor.id,
        ended_at=step.now if ended else None,
        suspended_at=None,
        incidents=step.new_incidents,
    )


def _all_variables(run_state: bytes) -> dict[str, Any]:
    """The variables of a saved run: those of the process, overridden by those of the processes it is calling."""
    found: dict[str, Any] = {}
    for key, values in stored_variables(run_state).items():
        if not key.startswith("item:"):
            found.update(values)
    return found
