"""Instances: start, suspend, resume, cancel, reopen, read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import require_case
from engine.definitions.models import Definition
from engine.definitions.resources import Resource
from engine.definitions.restricted_variables import restricted_names, without
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.execution.step import Advance
from engine.execution.step_runner import Stepper, locked, next_place, require_active, require_reason
from engine.execution.step_writer import write
from engine.instances.models import InstanceView
from engine.instances.suspension import go_on, stand_still
from engine.spiff import ProcessRun
from engine.storage import UnitOfWork
from engine.storage.serialization import decode
from engine.storage.tables import definition, event, instance


class Instances:
    """The life of instances from outside. Every call says who may."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix) -> None:
        self._stepper = stepper
        self._permissions = permissions

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
        """Start the latest version of a process with the values of its start form.

        For the roles named as starters, in the scope. InvalidInput lists the fields that do not hold; InvalidState
        for a retired process.
        """
        repository = self._stepper.repository
        with self._stepper.database.begin() as work:
            place = next_place(work.connection)
            found = self._stepper.kept.get(
                ("latest", key), place.changes, lambda: repository.latest(key, work.connection)
            )
            repository.require_start(found, actor, scope)
            repository.require_starts(found)
            accepted = self._checked(work.connection, found, values, scope, place.changes)
            advance = self._stepper.begin(
                work,
                found,
                accepted,
                actor,
                scope=scope,
                business_key=business_key,
                subject=subject,
                title=title,
                place=place,
                last=True,
            )
        return _begun(found, advance)

    def _checked(
        self, connection: Connection, found: Definition, values: Mapping[str, Any], scope: str, changes: int
    ) -> dict[str, Any]:
        form = self._stepper.repository.start_form(found.id)
        if form is None:
            return dict(values)
        surroundings = self._stepper.form_context(connection, found.id, scope, changes)
        submission = form.validate(values, {}, **surroundings)
        if submission.errors:
            raise InvalidInput("Alcuni campi non vanno bene", fields=submission.errors)
        return dict(submission.values)

    def suspend(self, instance_id: str, reason: str, actor: Actor) -> None:
        """Stop an instance: its tasks cannot be completed and its clocks stand still. Needs `case.suspend`."""
        with self._stepper.database.begin() as work:
            self.suspend_in(work, instance_id, reason, actor)

    def suspend_in(self, work: UnitOfWork, instance_id: str, reason: str, actor: Actor) -> Row[Any]:
        """As `suspend`, in the caller's transaction; gives the row as it was."""
        require_reason(reason)
        row = locked(work.connection, instance_id)
        self._permissions.require(actor, Permission.CASE_SUSPEND, row.scope)
        require_active(row)
        stand_still(work.connection, row, reason, actor, self._stepper.clock.now())
        return row

    def resume(self, instance_id: str, actor: Actor) -> None:
        """Let a suspended instance go on: spans resume with the time they had left, dates stay (those past fire now).

        Needs `case.suspend`.
        """
        with self._stepper.database.begin() as work:
            self.resume_in(work, instance_id, actor)

    def resume_in(self, work: UnitOfWork, instance_id: str, actor: Actor) -> Row[Any]:
        """As `resume`, in the caller's transaction; gives the row as it was."""
        row = locked(work.connection, instance_id)
        self._permissions.require(actor, Permission.CASE_SUSPEND, row.scope)
        if row.state != "suspended":
            raise InvalidState(f"La pratica n. {row.number} non è sospesa")
        go_on(work.connection, row, actor, self._stepper.clock.now())
        work.after_commit(self._stepper.nudge)
        return row

    def cancel(self, instance_id: str, reason: str, actor: Actor) -> None:
        """End an instance at once, by a human decision. Needs `case.cancel` and a reason."""
        with self._stepper.database.begin() as work:
            self.cancel_in(work, instance_id, reason, actor)

    def cancel_in(self, work: UnitOfWork, instance_id: str, reason: str, actor: Actor) -> None:
        """As `cancel`, in the caller's transaction."""
        require_reason(reason)
        row = locked(work.connection, instance_id)
        self._permissions.require(actor, Permission.CASE_CANCEL, row.scope)
        advance = self._stepper.opened(work, row, actor, suspended=True)
        advance.run.cancel()
        advance.state = "cancelled"
        advance.host.note("instance.cancel_reason", None, {"reason": reason})
        write(advance)

    def reopen(self, instance_id: str, reason: str, actor: Actor) -> InstanceView:
        """Start a new instance linked to one that has ended, of the same process in its latest version.

        Its variables are `riapertura` = true and, under `precedente`, those the old one ended with; scope, subject and
        title are the same. Needs `case.reopen` and a reason. A case is reopened once: InvalidState the second time.
        """
        require_reason(reason)
        repository = self._stepper.repository
        with self._stepper.database.begin() as work:
            row = locked(work.connection, instance_id)
            self._permissions.require(actor, Permission.CASE_REOPEN, row.scope)
            if row.state not in ("completed", "cancelled"):
                raise InvalidState(f"La pratica n. {row.number} è ancora aperta")
            if (
                work.connection.execute(
                    select(instance.c.number).where(instance.c.linked_from == instance_id)
                ).first()
                is not None
            ):
                raise InvalidState(f"La pratica n. {row.number} è già stata riaperta")
            latest = repository.latest(row.definition_key)
            if latest.suspended_at is not None:
                repository.require_starts(latest)
            before = decode(bytes(row.run_state))["scopes"][""]
            before.pop("precedente", None)
            variables = {**before, "riapertura": True, "motivo_riapertura": reason, "precedente": before}
            advance = self._stepper.begin(
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
            work.connection.execute(
                insert(event).values(
                    instance_id=instance_id,
                    at=advance.now,
                    actor_id=actor.id,
                    kind="instance.reopened",
                    definition_id=row.definition_id,
                    data={"reason": reason, "new": advance.instance_id},
                )
            )
        return self._view(advance.instance_id)

    # -- reading ---------------------------------------------------------------------------------------------------

    def get(self, instance_id: str, actor: Actor) -> InstanceView:
        """One instance, for those who may see the case. Raises NotFound, Forbidden."""
        with self._stepper.database.read() as connection:
            row = _read(connection, instance_id)
            require_case(connection, row, actor, self._permissions)
            return view(row)

    def numbered(self, number: int, actor: Actor) -> InstanceView:
        """One instance by the number that people read, for those who may see the case."""
        with self._stepper.database.read() as connection:
            found = connection.execute(select(instance.c.id).where(instance.c.number == number)).scalar()
        return self.get(found or "", actor)

    def variables(self, instance_id: str, actor: Actor) -> dict[str, Any]:
        """The variables of an instance, called processes included, for those who may see the case.

        What restricted tasks wrote only for those who hold `case.restricted` there.
        """
        with self._stepper.database.read() as connection:
            row = _read(connection, instance_id)
            require_case(connection, row, actor, self._permissions)
        found = all_variables(bytes(row.run_state))
        if self._permissions.allows(actor, Permission.CASE_RESTRICTED, row.scope):
            return found
        names = restricted_names(self._stepper.repository.compiled(row.definition_id))
        return {name: without(value, names) for name, value in found.items() if name not in names}

    def active_elements(self, instance_id: str, actor: Actor) -> tuple[tuple[str, str], ...]:
        """(process id, element id) of every element that holds a token, for those who may see the case."""
        with self._stepper.database.read() as connection:
            row = _read(connection, instance_id)
            require_case(connection, row, actor, self._permissions)
        if row.state in ("completed", "cancelled"):
            return ()
        compiled = self._stepper.repository.compiled(row.definition_id)
        run = ProcessRun.restore(compiled.program, None, bytes(row.run_state))  # type: ignore[arg-type]
        return tuple(run.active_elements())

    def diagrams(self, instance_id: str, actor: Actor) -> tuple[tuple[str, str, Resource], ...]:
        """(process id, name, diagram) of the instance's process and of those it calls, in the versions that run."""
        found = self.get(instance_id, actor)
        compiled = self._stepper.repository.compiled(found.definition_id)
        result = []
        for key, definition_id in compiled.definition_ids.items():
            resources = self._stepper.repository.resources(definition_id)
            drawing = next(resource for resource in resources if resource.kind == "bpmn")
            result.append((key, compiled.program.models[key].name, drawing))
        return tuple(sorted(result, key=lambda item: item[0] != found.definition_key))

    def _view(self, instance_id: str) -> InstanceView:
        with self._stepper.database.read() as connection:
            return view(_read(connection, instance_id))


def _begun(found: Definition, step: Advance) -> InstanceView:
    """A case as its first step has left it, without reading it again."""
    case, ended = step.host.instance, step.run.completed
    subject, title = step.host.subject or (case.subject, case.title)
    return InstanceView(
        id=case.id,
        number=case.number,
        definition_id=found.id,
        definition_key=found.key,
        definition_name=found.name,
        definition_version=found.version,
        business_key=case.business_key,
        scope=case.scope,
        title=title,
        subject=subject,
        phase=step.run.phase,
        state="completed" if ended else "active",
        revision=step.revision + 1,
        linked_from=case.linked_from,
        started_at=step.now,
        started_by=step.actor.id,
        ended_at=step.now if ended else None,
        suspended_at=None,
        incidents=step.new_incidents,
    )


def _read(connection: Any, instance_id: str) -> Row[Any]:
    row: Row[Any] | None = connection.execute(
        select(instance, definition.c.name.label("definition_name"), definition.c.version)
        .join(definition, definition.c.id == instance.c.definition_id)
        .where(instance.c.id == instance_id)
    ).one_or_none()
    if row is None:
        raise NotFound("La pratica non c'è")
    return row


def view(row: Row[Any]) -> InstanceView:
    """A row of instance with its definition's name and version, as a page needs it."""
    return InstanceView(
        id=row.id,
        number=row.number,
        definition_id=row.definition_id,
        definition_key=row.definition_key,
        definition_name=row.definition_name,
        definition_version=row.version,
        business_key=row.business_key,
        scope=row.scope,
        title=row.title,
        subject=row.subject,
        phase=row.phase,
        state=row.state,
        revision=row.revision,
        linked_from=row.linked_from,
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=row.ended_at,
        suspended_at=row.suspended_at,
        incidents=row.incidents,
    )


def all_variables(run_state: bytes) -> dict[str, Any]:
    """The variables of a saved run: those of the process and, over them, those of the processes it is calling."""
    found: dict[str, Any] = {}
    for key, values in decode(run_state)["scopes"].items():
        if not key.startswith("item:"):
            found.update(values)
    return found
