"""The service of user tasks: claim, release, hand over, save a draft, complete."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from engine.access import Actor, Permission, PermissionMatrix
from engine.access.visibility import is_candidate, roles_in_instance
from engine.errors import Forbidden, InvalidInput, InvalidState, OptimisticLockError
from engine.execution import LockedTask, Step, StepRunner, SubmittedForm, TaskAccess, write_step
from engine.execution.instance_cache import CachedInstance
from engine.localization import message
from engine.storage import Statement
from engine.storage.tables import draft, task
from engine.tasks.comments import InstanceAttachments
from engine.tasks.models import Completion
from engine.tasks.preconditions import (
    find_task,
    has_candidates,
    lock_visible_task,
    may_take,
    require_may_work,
    require_open,
)
from engine.tasks.task_log import log_task
from engine.temporal import day_in_rome


class Tasks:
    """What people do with tasks. Every change locks the instance of the task."""

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix) -> None:
        self._step_runner = step_runner
        self._permissions = permissions

    def claim(self, task_id: str, actor: Actor) -> None:
        """Assign a task to the actor, a candidate of it; one's own task stays as it is.

        Raises InvalidState when it has another assignee, Forbidden when the actor is no candidate.
        """
        with self._step_runner.database.begin() as work:
            row = lock_visible_task(work.connection, task_id, actor, self._permissions).task
            require_open(row)
            if row.assignee == actor.id:
                return
            if row.assignee:
                raise InvalidState("TASK_ALREADY_CLAIMED", name=row.name, assignee=row.assignee)
            if not may_take(work.connection, row, actor):
                raise Forbidden("TASK_CLAIM_FORBIDDEN", actor=actor.name, name=row.name)
            self._assign(work.connection, row, actor.id, actor, "task.claimed")

    def release(self, task_id: str, actor: Actor) -> None:
        """Remove the assignee: by the assignee, or with `task.assign`. InvalidState when it has no candidates."""
        with self._step_runner.database.begin() as work:
            row = lock_visible_task(work.connection, task_id, actor, self._permissions).task
            require_open(row)
            if row.assignee is None:
                return
            if row.assignee != actor.id:
                self._permissions.require(actor, Permission.TASK_ASSIGN, row.scope)
            if not has_candidates(work.connection, task_id):
                raise InvalidState("TASK_WITHOUT_GROUPS", name=row.name)
            self._assign(work.connection, row, None, actor, "task.released")

    def hand_over(self, task_id: str, to: Actor, note: str, actor: Actor) -> None:
        """Assign a task to a colleague who may take it: by the assignee, or with `task.assign` in the scope."""
        with self._step_runner.database.begin() as work:
            row = lock_visible_task(work.connection, task_id, actor, self._permissions).task
            require_open(row)
            if row.assignee != actor.id:
                self._permissions.require(actor, Permission.TASK_ASSIGN, row.scope)
            if has_candidates(work.connection, task_id) and not may_take(work.connection, row, to):
                raise InvalidInput(
                    "COLLEAGUE_WITHOUT_ROLE",
                    fields={"a": message("CHOOSE_COLLEAGUE_WITH_ROLE")},
                    colleague=to.name,
                    name=row.name,
                )
            if not to.has_any_role(row.scope) and not may_take(work.connection, row, to):
                raise InvalidInput(
                    "COLLEAGUE_OUTSIDE_SCOPE",
                    fields={"a": message("CHOOSE_COLLEAGUE_OF_SCOPE")},
                    colleague=to.name,
                )
            self._assign(work.connection, row, to.id, actor, "task.handed_over", note)

    def _assign(
        self,
        connection: Connection,
        row: LockedTask,
        to: str | None,
        actor: Actor,
        kind: str,
        note: str = "",
    ) -> None:
        connection.execute(
            update(task).where(task.c.id == row.id).values(assignee=to, revision=task.c.revision + 1)
        )
        data = {"task": row.id, "from": row.assignee, "to": to, "note": note}
        log_task(connection, row, actor, kind, data, self._step_runner.clock.now())

    # -- drafts ----------------------------------------------------------------------------------------------------

    def save_draft(self, task_id: str, values: Mapping[str, Any], actor: Actor) -> None:
        """Store what the actor has typed so far, even if the task has been completed meanwhile.

        Each person has one draft of a task. Raises NotFound, Forbidden.
        """
        now = self._step_runner.clock.now()
        with self._step_runner.database.begin() as work:
            row = find_task(work.connection, task_id)
            require_may_work(row, actor, row.assignee is None and may_take(work.connection, row, actor))
            mine = (draft.c.task_id == task_id) & (draft.c.actor_id == actor.id)
            changed = work.connection.execute(
                update(draft).where(mine).values(content=dict(values), saved_at=now)
            )
            if not changed.rowcount:
                work.connection.execute(
                    insert(draft).values(
                        task_id=task_id, actor_id=actor.id, content=dict(values), saved_at=now
                    )
                )

    def draft(self, task_id: str, actor: Actor) -> Mapping[str, Any] | None:
        """The actor's draft, or None."""
        with self._step_runner.database.read() as connection:
            return connection.execute(
                select(draft.c.content).where(draft.c.task_id == task_id, draft.c.actor_id == actor.id)
            ).scalar_one_or_none()

    def drop_draft(self, task_id: str, actor: Actor) -> None:
        """Delete the actor's draft."""
        with self._step_runner.database.begin() as work:
            work.connection.execute(
                delete(draft).where(draft.c.task_id == task_id, draft.c.actor_id == actor.id)
            )

    # -- completing ------------------------------------------------------------------------------------------------

    def complete(
        self, task_id: str, values: Mapping[str, Any], actor: Actor, *, revision: int | None = None
    ) -> Completion:
        """Complete a task with the values of its form, and run the instance to its next wait states.

        By the assignee, or by anyone to whom the task is offered while it has no assignee. Raises InvalidInput with the
        invalid fields; InvalidState when the task is no longer open, or when `revision` is given and the task has had
        another assignee since; Forbidden without the role, or when another person must complete it.
        """
        cached = self._step_runner.cache.take_by_task(task_id)
        access = cached.access(task_id, actor) if cached is not None else None
        if access is not None:
            with contextlib.suppress(OptimisticLockError):
                return self._complete(task_id, values, actor, revision, access, cached)
        return self._complete(task_id, values, actor, revision)

    def _complete(
        self,
        task_id: str,
        values: Mapping[str, Any],
        actor: Actor,
        revision: int | None,
        cached_access: TaskAccess | None = None,
        cached: CachedInstance | None = None,
    ) -> Completion:
        """Complete the task as it is in memory, without reading it; without `cached`, as it is read and locked.

        Raises OptimisticLockError when the task or the instance has changed since it was cached.
        """
        with self._step_runner.database.begin() as work:
            access = cached_access or lock_visible_task(work.connection, task_id, actor, self._permissions)
            row = access.task
            require_open(row)
            require_may_work(row, actor, access.offered)
            if revision is not None and revision != row.revision and row.assignee not in (None, actor.id):
                raise InvalidState("TASK_REASSIGNED_MEANWHILE", name=row.name, assignee=row.assignee)
            _require_other_person(work.connection, row, actor)
            step = self._step_runner.open_locked(
                work, access.instance, actor, roles=access.roles, optimistic=cached
            )
            submitted = _validated(work.connection, step, row, values)
            accepted = submitted.answers if submitted else {}
            step.completed_task = row
            element = step.environment.compiled.executable.element(row.process_id, row.element_id)
            data = {"task": task_id, "fields": sorted(accepted)}
            step.environment.record("task.completed", element, data)
            if submitted is not None:
                step.add_row("submission", _submission(step, row, submitted))
            elif access.has_draft:  # submitting deletes the draft
                step.add_update(_DELETE_DRAFT, task_id=task_id, actor_id=actor.id)
            step.run.complete_task(row.token, accepted)
            write_step(step, last_of=work)
            work.after_commit(self._step_runner.wake_scheduler)
            next_tasks = _new_tasks_of(work.connection, step, access.roles)
        return Completion(row.instance_id, next_tasks, step.run.completed)


_DELETE_DRAFT = Statement(
    delete(draft).where(draft.c.task_id == bindparam("task_id"), draft.c.actor_id == bindparam("actor_id"))
)


def _validated(
    connection: Connection, step: Step, row: LockedTask, values: Mapping[str, Any]
) -> SubmittedForm | None:
    """The form of a task with the accepted values, None without a form. Raises InvalidInput."""
    form = step.environment.compiled.form(row.process_id, row.form_id) if row.form_id else None
    if form is None:
        return None
    variables = step.run.variables_of(row.token)
    submission = form.validate(
        values,
        variables,
        today=day_in_rome(step.now),
        bindings=step.environment.bindings,
        attachments=InstanceAttachments(connection, row.instance_id),
    )
    if submission.errors:
        raise InvalidInput("FORM_FIELDS_INVALID", fields=submission.errors)
    return SubmittedForm(form, submission.values, variables)


def _submission(step: Step, row: LockedTask, submitted: SubmittedForm) -> dict[str, Any]:
    """The row of a submitted task form."""
    return submitted.row(
        instance_id=row.instance_id,
        task_id=row.id,
        element_id=row.element_id,
        name=row.name,
        process_id=row.process_id,
        definition_id=step.environment.compiled.definition_ids[row.process_id],
        actor_id=step.actor.id,
        at=step.now,
        restricted=row.restricted,
    )


def _require_other_person(connection: Connection, row: LockedTask, actor: Actor) -> None:
    """Raise Forbidden when the actor has completed a task that the diagram names in `diverso_da`."""
    if not row.not_by:
        return
    elements = [name.strip().rpartition(":")[2] for name in row.not_by.split(",")]
    completed_by_actor = connection.execute(
        select(task.c.id)
        .where(
            task.c.instance_id == row.instance_id,
            task.c.element_id.in_(elements),
            task.c.state == "completed",
            task.c.completed_by == actor.id,
        )
        .limit(1)
    ).first()
    if completed_by_actor is not None:
        raise Forbidden("TASK_NEEDS_OTHER_PERSON", name=row.name)


def _new_tasks_of(connection: Connection, step: Step, roles: frozenset[str]) -> tuple[str, ...]:
    """The new tasks that the actor has or may take, with the roles in the instance before the step."""
    actor = step.actor
    if any(entry.kind.startswith("participant.") for entry in step.environment.log):
        roles = roles_in_instance(connection, step.instance_id, actor)
    scope = step.environment.instance.scope
    return tuple(
        new.id
        for new, candidates in step.new_tasks
        if new.assignee == actor.id
        or (new.assignee is None and is_candidate(actor, candidates, scope, roles))
    )
