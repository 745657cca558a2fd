"""What people add to a case: notes and files."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import require_case
from engine.errors import InvalidInput, NotFound
from engine.execution.step_runner import Stepper, locked
from engine.storage.tables import attachment, comment, instance
from engine.storage.types import new_id
from engine.tasks.models import Attachment
from engine.tasks.preconditions import find_task, held_for, log_task, require_open, require_working

LONGEST_COMMENT = 10_000


class Notes:
    """Notes and files of cases. Every change happens under the lock of the instance."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix) -> None:
        self._stepper = stepper
        self._permissions = permissions

    def comment(self, task_id: str, text: str, actor: Actor) -> None:
        """Write a note on a task's case; for those who may see the case."""
        with self._stepper.database.read() as connection:
            row = find_task(connection, task_id)
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
            held = held_for(work.connection, task_id, actor, self._permissions)
            row = held.task
            require_open(row)
            require_working(row, actor, held.offered)
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
            log_task(
                work.connection,
                row,
                actor,
                "attachment.added",
                {
                    "attachment": values["id"],
                    "filename": "allegato riservato" if row.restricted else values["filename"],
                    "sha256": values["sha256"],
                },
                values["at"],
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


class FilesOf(Collection[str]):
    """The ids of a case's files, read when somebody asks."""

    def __init__(self, connection: Connection, instance_id: str) -> None:
        self._instance_id = instance_id
        self._connection = connection

    @cached_property
    def _ids(self) -> frozenset[str]:
        query = select(attachment.c.id).where(attachment.c.instance_id == self._instance_id)
        return frozenset(self._connection.execute(query).scalars())

    def __contains__(self, one: object) -> bool:
        return one in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


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


def _safe(filename: str) -> str:
    name = filename.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in name if c.isprintable()).strip(". ")
    return kept[:200] or "allegato"
