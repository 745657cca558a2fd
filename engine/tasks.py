"""User tasks: claim, release, hand over, draft, complete, comment, attach. May they? is it open?"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from engine.actors import Actor
from engine.advance import write
from engine.beginnings import Advance
from engine.calendar import day_in_rome
from engine.errors import Forbidden, InvalidInput, InvalidState, NotFound
from engine.permissions import Permission, PermissionMatrix
from engine.steps import Stepper, locked, locked_by_task
from engine.storage.tables import attachment, comment, draft, event, instance, task, task_candidate
from engine.storage.types import new_id
from engine.views import Attachment, Completion
from engine.visibility import candidate_for, require_case

LONGEST_COMMENT = 10_000


class Tasks:
    """What people do with tasks. Every change happens under the lock of the task's instance."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix) -> None:
        self._stepper = stepper
        self._permissions = permissions

    def claim(self, task_id: str, actor: Actor) -> None:
        """Take a task of one's groups. Claiming one's own again changes nothing; InvalidState when another holds it."""
        with self._stepper.database.begin() as work:
            row = self._locked(work.connection, task_id, actor)
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
            row = self._locked(work.connection, task_id, actor)
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
            row = self._locked(work.connection, task_id, actor)
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
        self, connection: Connection, row: Row[Any], to: str | None, actor: Actor, kind: str, note: str = ""
    ) -> None:
        connection.execute(
            update(task).where(task.c.id == row.id).values(assignee=to, revision=task.c.revision + 1)
        )
        self._log(
            connection, row, actor, kind, {"task": row.id, "from": row.assignee, "to": to, "note": note}
        )

    # -- drafts ----------------------------------------------------------------------------------------------------

    def save_draft(self, task_id: str, values: Mapping[str, Any], actor: Actor) -> None:
        """Keep what one has typed so far; each person has a draft of their own. Also when another has completed it."""
        now = self._stepper.clock.now()
        with self._stepper.database.begin() as work:
            row = _find(work.connection, task_id)
            self._require_work(work.connection, row, actor)
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
        with self._stepper.database.begin() as work:
            row, case, taking = self._held(work.connection, task_id, actor)
            require_open(row)
            _require_working(row, actor, taking)
            if revision is not None and revision != row.revision and row.assignee not in (None, actor.id):
                raise InvalidState(f"«{row.name}» è passato a {row.assignee} mentre lo compilavi")
            self._require_other_person(work.connection, row, actor)
            advance = self._stepper.opened(work, case, actor)
            accepted = self._accepted(work.connection, advance, row, values)
            advance.completed_task = row.token
            advance.host.note(
                "task.completed", _element(advance, row), {"task": task_id, "fields": sorted(accepted)}
            )
            advance.run.complete(row.token, accepted)
            write(advance)
            work.connection.execute(
                delete(draft).where(draft.c.task_id == task_id, draft.c.actor_id == actor.id)
            )
            work.after_commit(self._stepper.nudge)
            following = self._mine_among(work.connection, advance.new_tasks, actor)
        return Completion(row.instance_id, following, advance.run.completed)

    def _accepted(
        self, connection: Connection, advance: Advance, row: Row[Any], values: Mapping[str, Any]
    ) -> dict[str, Any]:
        form = advance.host.compiled.form(row.process_id, row.form_id) if row.form_id else None
        if form is None:
            return {}
        files = attachments_of(connection, row.instance_id)
        submission = form.validate(
            values,
            advance.run.variables_of(row.token),
            today=day_in_rome(advance.now),
            bindings=advance.host.bindings,
            attachments=files,
        )
        if submission.errors:
            raise InvalidInput("Alcuni campi non vanno bene", fields=submission.errors)
        return dict(submission.values)

    def _require_other_person(self, connection: Connection, row: Row[Any], actor: Actor) -> None:
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
    def _mine_among(connection: Connection, task_ids: Collection[str], actor: Actor) -> tuple[str, ...]:
        if not task_ids:
            return ()
        rows = connection.execute(
            select(task.c.id).where(
                task.c.id.in_(list(task_ids)),
                task.c.state == "open",
                (task.c.assignee == actor.id) | (task.c.assignee.is_(None) & candidate_for(actor)),
            )
        ).scalars()
        return tuple(rows)

    # -- comments and files ----------------------------------------------------------------------------------------

    def comment(self, task_id: str, text: str, actor: Actor) -> None:
        """Write a note on a task's case; for those who may see the case."""
        with self._stepper.database.read() as connection:
            row = _find(connection, task_id)
        self.comment_case(row.instance_id, text, actor, task_id=task_id)

    def comment_case(self, instance_id: str, text: str, actor: Actor, *, task_id: str | None = None) -> None:
        """Write a note on a case, at most 10 000 characters; for those who may see it."""
        text = text.strip()
        if not text or len(text) > LONGEST_COMMENT:
            sentence = "Scrivi una nota" if not text else f"La nota supera {LONGEST_COMMENT} caratteri"
            raise InvalidInput(sentence, fields={"testo": sentence})
        with self._stepper.database.begin() as work:
            row = locked(work.connection, instance_id)
            require_case(work.connection, row, actor, self._permissions)
            work.connection.execute(
                insert(comment).values(
                    instance_id=instance_id,
                    task_id=task_id,
                    actor_id=actor.id,
                    actor_name=actor.name,
                    at=self._stepper.clock.now(),
                    text=text,
                )
            )

    def attach(
        self, task_id: str, filename: str, media_type: str, content: bytes, actor: Actor
    ) -> Attachment:
        """Add a file to a task's case; for those who may work on the task. Never overwrites: each has its own id."""
        limit = self._stepper.settings.max_upload_mb
        if not content or len(content) > limit * 1_000_000:
            sentence = "Il file è vuoto" if not content else f"Il file supera {limit} MB"
            raise InvalidInput(sentence, fields={"file": sentence})
        with self._stepper.database.begin() as work:
            row = self._locked(work.connection, task_id, actor)
            require_open(row)
            self._require_work(work.connection, row, actor)
            values: dict[str, Any] = {
                "id": new_id(),
                "instance_id": row.instance_id,
                "task_id": task_id,
                "filename": _safe(filename),
                "media_type": media_type[:120],
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "actor_id": actor.id,
                "at": self._stepper.clock.now(),
            }
            work.connection.execute(
                insert(attachment).values(**values, content=content, restricted=row.restricted)
            )
            self._log(
                work.connection,
                row,
                actor,
                "attachment.added",
                {
                    "attachment": values["id"],
                    "filename": "allegato riservato" if row.restricted else values["filename"],
                    "sha256": values["sha256"],
                },
            )
        return Attachment(**values)

    def attachment_content(self, attachment_id: str, actor: Actor) -> tuple[Attachment, bytes]:
        """A file and its content, for those who may see the case (and restricted notes, when it is restricted)."""
        with self._stepper.database.read() as connection:
            row = connection.execute(select(attachment).where(attachment.c.id == attachment_id)).one_or_none()
            if row is None:
                raise NotFound("L'allegato non c'è")
            case = connection.execute(select(instance).where(instance.c.id == row.instance_id)).one()
            require_case(connection, case, actor, self._permissions)
            if row.restricted:
                self._permissions.require(actor, Permission.CASE_RESTRICTED, case.scope)
        return attachment_view(row), bytes(row.content)

    # -- within ----------------------------------------------------------------------------------------------------

    def _locked(self, connection: Connection, task_id: str, actor: Actor) -> Row[Any]:
        """The task, its instance held; Forbidden, before anything is said of it, to who may not see it."""
        return self._held(connection, task_id, actor)[0]

    def _held(self, connection: Connection, task_id: str, actor: Actor) -> tuple[Row[Any], Row[Any], bool]:
        """As `_locked`, with the row of the instance and whether the task is offered to the actor."""
        case = locked_by_task(connection, task_id)
        row = _find(connection, task_id)
        involved = actor.id in (row.assignee, row.completed_by)
        taking = not involved and may_take(connection, row, actor)
        if not (involved or taking):
            require_case(connection, case, actor, self._permissions)
        return row, case, taking

    def _require_work(self, connection: Connection, row: Row[Any], actor: Actor) -> None:
        _require_working(row, actor, row.assignee is None and may_take(connection, row, actor))

    def _log(
        self, connection: Connection, row: Row[Any], actor: Actor, kind: str, data: Mapping[str, Any]
    ) -> None:
        connection.execute(
            insert(event).values(
                instance_id=row.instance_id,
                at=self._stepper.clock.now(),
                actor_id=actor.id,
                kind=kind,
                element_id=row.element_id,
                element_name=row.name,
                definition_id=row.definition_id,
                data=dict(data),
            )
        )


def _require_working(row: Row[Any], actor: Actor, taking: bool) -> None:
    if not (actor.is_system or row.assignee == actor.id or (row.assignee is None and taking)):
        held = f": è in carico a {row.assignee}" if row.assignee else ""
        raise Forbidden(f"{actor.name} non può lavorare su «{row.name}»{held}")


def require_open(row: Row[Any]) -> None:
    """Raise InvalidState, saying by whom and when, unless the task is open."""
    if row.state == "completed":
        raise InvalidState(
            f"«{row.name}» è già stato completato da {row.completed_by}", code="TASK_COMPLETED"
        )
    if row.state == "cancelled":
        raise InvalidState(f"«{row.name}» non serve più: il processo è andato avanti", code="TASK_CANCELLED")
    if row.state == "suspended":
        raise InvalidState(f"«{row.name}» è fermo, perché la pratica è sospesa", code="INSTANCE_SUSPENDED")


def may_take(connection: Connection, row: Row[Any], actor: Actor) -> bool:
    """Whether the task is offered to the actor."""
    return bool(
        connection.execute(
            select(exists(select(task.c.id).where(task.c.id == row.id, candidate_for(actor))))
        ).scalar_one()
    )


def may_work(connection: Connection, row: Row[Any], actor: Actor) -> bool:
    """Whether the actor holds the task, or may take it while nobody does."""
    if actor.is_system or row.assignee == actor.id:
        return True
    return row.assignee is None and may_take(connection, row, actor)


def has_candidates(connection: Connection, task_id: str) -> bool:
    """Whether the task is offered to groups or people."""
    return (
        connection.execute(
            select(task_candidate.c.task_id).where(task_candidate.c.task_id == task_id).limit(1)
        ).first()
        is not None
    )


def attachments_of(connection: Connection, instance_id: str) -> frozenset[str]:
    """The ids of a case's files."""
    return frozenset(
        connection.execute(select(attachment.c.id).where(attachment.c.instance_id == instance_id)).scalars()
    )


def attachment_view(row: Row[Any]) -> Attachment:
    """A row of attachment without its content."""
    return Attachment(
        row.id,
        row.instance_id,
        row.task_id,
        row.filename,
        row.media_type,
        row.size,
        row.sha256,
        row.actor_id,
        row.at,
    )


def _find(connection: Connection, task_id: str) -> Row[Any]:
    row = connection.execute(select(task).where(task.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFound("Il compito non c'è")
    return row


def _element(advance: Advance, row: Row[Any]) -> Any:
    return advance.host.compiled.program.element(row.process_id, row.element_id)


def _safe(filename: str) -> str:
    name = filename.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in name if c.isprintable()).strip(". ")
    return kept[:200] or "allegato"
