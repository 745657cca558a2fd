"""User tasks: claim, release, hand over, draft, complete. May they? is it open?"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import offered_to, roles_in_case
from engine.errors import Forbidden, InvalidInput, InvalidState
from engine.execution.instance_cache import LiveRun
from engine.execution.locking import Held, HeldTask
from engine.execution.step import Advance
from engine.execution.step_runner import Stepper
from engine.execution.step_writer import write
from engine.storage.sql.statements import Statement
from engine.storage.sql.write_batch import Overtaken
from engine.storage.tables import draft, task
from engine.tasks.comments import FilesOf
from engine.tasks.models import Completion
from engine.tasks.preconditions import (
    find_task,
    has_candidates,
    held_for,
    log_task,
    may_take,
    require_open,
    require_working,
)
from engine.temporal import day_in_rome


class Tasks:
    """What people do with tasks. Every change happens under the lock of the task's instance."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix) -> None:
        self._stepper = stepper
        self._permissions = permissions

    def claim(self, task_id: str, actor: Actor) -> None:
        """Take a task of one's groups. Claiming one's own again changes nothing; InvalidState when another holds it."""
        with self._stepper.database.begin() as work:
            row = held_for(work.connection, task_id, actor, self._permissions).task
            require_open(row)
            if row.assignee == actor.id:
                return
            if row.assignee:
                raise InvalidState(f"«{row.name}» è già in carico a {row.assignee}")
            if not may_take(work.connection, row, actor):
                raise Forbidden(f"{actor.name} non può prendere in carico «{row.name}»")
            self._assign(work.connection, row, actor.id, actor, "task.claimed")

    def release(self, task_id: str, actor: Actor) -> None:
        """Give a task back to its groups: by its holder, or by who may assign tasks. InvalidState without groups."""
        with self._stepper.database.begin() as work:
            row = held_for(work.connection, task_id, actor, self._permissions).task
            require_open(row)
            if row.assignee is None:
                return
            if row.assignee != actor.id:
                self._permissions.require(actor, Permission.TASK_ASSIGN, row.scope)
            if not has_candidates(work.connection, task_id):
                raise InvalidState(
                    f"«{row.name}» è affidato a una persona sola: consegnalo a un collega invece di rilasciarlo"
                )
            self._assign(work.connection, row, None, actor, "task.released")

    def hand_over(self, task_id: str, to: Actor, note: str, actor: Actor) -> None:
        """Pass a task to a colleague who may take it: by its holder, or by who may assign tasks there."""
        with self._stepper.database.begin() as work:
            row = held_for(work.connection, task_id, actor, self._permissions).task
            require_open(row)
            if row.assignee != actor.id:
                self._permissions.require(actor, Permission.TASK_ASSIGN, row.scope)
            if has_candidates(work.connection, task_id) and not may_take(work.connection, row, to):
                raise InvalidInput(
                    f"{to.name} non ha il ruolo che serve per «{row.name}»",
                    fields={"a": "Scegli un collega con il ruolo adatto"},
                )
            if not to.sees(row.scope) and not may_take(work.connection, row, to):
                raise InvalidInput(
                    f"{to.name} non lavora in questo ambito", fields={"a": "Scegli un collega dell'ambito"}
                )
            self._assign(work.connection, row, to.id, actor, "task.handed_over", note)

    def _assign(
        self,
        connection: Connection,
        row: HeldTask | Row[Any],
        to: str | None,
        actor: Actor,
        kind: str,
        note: str = "",
    ) -> None:
        connection.execute(
            update(task).where(task.c.id == row.id).values(assignee=to, revision=task.c.revision + 1)
        )
        told = {"task": row.id, "from": row.assignee, "to": to, "note": note}
        log_task(connection, row, actor, kind, told, self._stepper.clock.now())

    # -- drafts ----------------------------------------------------------------------------------------------------

    def save_draft(self, task_id: str, values: Mapping[str, Any], actor: Actor) -> None:
        """Keep what one has typed so far; each person has a draft of their own. Also when another has completed it."""
        now = self._stepper.clock.now()
        with self._stepper.database.begin() as work:
            row = find_task(work.connection, task_id)
            require_working(row, actor, row.assignee is None and may_take(work.connection, row, actor))
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
        """What this person had typed, or None."""
        with self._stepper.database.read() as connection:
            return connection.execute(
                select(draft.c.content).where(draft.c.task_id == task_id, draft.c.actor_id == actor.id)
            ).scalar_one_or_none()

    def drop_draft(self, task_id: str, actor: Actor) -> None:
        """Forget this person's draft."""
        with self._stepper.database.begin() as work:
            work.connection.execute(
                delete(draft).where(draft.c.task_id == task_id, draft.c.actor_id == actor.id)
            )

    # -- completing ------------------------------------------------------------------------------------------------

    def complete(
        self, task_id: str, values: Mapping[str, Any], actor: Actor, *, revision: int | None = None
    ) -> Completion:
        """Do a task with the values of its form, and let the instance go on.

        By its holder, or by anyone it is offered to while nobody holds it. Raises InvalidInput with the fields that
        do not hold; InvalidState when it is no longer open (the message says by whom and when), or when `revision` is
        given and the task has changed hands since; Forbidden for the wrong role or for who must be another person.
        """
        live = self._stepper.live.take_by_task(task_id)
        held = live.held(task_id, actor) if live is not None else None
        if held is not None:
            with contextlib.suppress(Overtaken):  # somebody else has stepped meanwhile
                return self._complete(task_id, values, actor, revision, held, live)
        return self._complete(task_id, values, actor, revision)

    def _complete(
        self,
        task_id: str,
        values: Mapping[str, Any],
        actor: Actor,
        revision: int | None,
        known: Held | None = None,
        live: LiveRun | None = None,
    ) -> Completion:
        """With what is `known` of the task, as the last step of the `live` run left it, nothing is read before."""
        with self._stepper.database.begin() as work:
            held = known or held_for(work.connection, task_id, actor, self._permissions)
            row, case = held.task, held.case
            require_open(row)
            require_working(row, actor, held.offered)
            if revision is not None and revision != row.revision and row.assignee not in (None, actor.id):
                raise InvalidState(f"«{row.name}» è passato a {row.assignee} mentre lo compilavi")
            self._require_other_person(work.connection, row, actor)
            advance = self._stepper.opened(work, case, actor, parts=held.parts, ahead=live)
            accepted = self._accepted(work.connection, advance, row, values)
            advance.completed_task = row
            advance.host.note(
                "task.completed", _element(advance, row), {"task": task_id, "fields": sorted(accepted)}
            )
            advance.run.complete(row.token, accepted)
            if held.has_draft:
                advance.end(_DROP_DRAFT, task_id=task_id, actor_id=actor.id)
            write(advance, last_of=work)
            work.after_commit(self._stepper.nudge)
            following = self._mine_among(work.connection, advance, held.parts)
        return Completion(row.instance_id, following, advance.run.completed)

    def _accepted(
        self, connection: Connection, advance: Advance, row: HeldTask, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        form = advance.host.compiled.form(row.process_id, row.form_id) if row.form_id else None
        if form is None:
            return {}
        submission = form.validate(
            values,
            advance.run.variables_of(row.token),
            today=day_in_rome(advance.now),
            bindings=advance.host.bindings,
            attachments=FilesOf(connection, row.instance_id),
        )
        if submission.errors:
            raise InvalidInput("Alcuni campi non vanno bene", fields=submission.errors)
        return dict(submission.values)

    def _require_other_person(self, connection: Connection, row: HeldTask, actor: Actor) -> None:
        if not row.not_by:
            return
        authored = [name.strip().rpartition(":")[2] for name in row.not_by.split(",")]
        wrote = connection.execute(
            select(task.c.id)
            .where(
                task.c.instance_id == row.instance_id,
                task.c.element_id.in_(authored),
                task.c.state == "completed",
                task.c.completed_by == actor.id,
            )
            .limit(1)
        ).first()
        if wrote is not None:
            raise Forbidden(
                f"Chi ha scritto la proposta non può completare «{row.name}»: deve farlo un'altra persona"
            )

    @staticmethod
    def _mine_among(connection: Connection, advance: Advance, parts: frozenset[str]) -> tuple[str, ...]:
        """The new tasks that the actor holds or may take, by the roles they had in the case when they began."""
        actor = advance.actor
        if any(note["kind"].startswith("participant.") for note in advance.host.events):
            parts = roles_in_case(connection, advance.instance_id, actor)
        return tuple(
            new.id
            for new, offers in advance.new_tasks
            if new.assignee == actor.id
            or (new.assignee is None and offered_to(actor, offers, advance.host.instance.scope, parts))
        )


_DROP_DRAFT = Statement(
    delete(draft).where(draft.c.task_id == bindparam("task_id"), draft.c.actor_id == bindparam("actor_id"))
)


def _element(advance: Advance, row: HeldTask) -> Any:
    return advance.host.compiled.program.element(row.process_id, row.element_id)
