"""Comments and attachments of instances."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from engine.access import Actor, Permission, PermissionMatrix, require_instance
from engine.errors import InvalidInput, NotFound
from engine.execution import StepRunner, lock_instance
from engine.localization import message
from engine.storage.tables import attachment, comment, instance
from engine.storage.types import new_id
from engine.tasks.models import Attachment
from engine.tasks.preconditions import find_task, lock_visible_task, require_may_work, require_open
from engine.tasks.task_log import log_task

MAX_COMMENT_LENGTH = 10_000


class Comments:
    """The comments and attachments of instances. Every change locks the instance."""

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix) -> None:
        self._step_runner = step_runner
        self._permissions = permissions

    def comment(self, task_id: str, text: str, actor: Actor) -> None:
        """Write a comment on a task, for those who may see its instance."""
        with self._step_runner.database.read() as connection:
            row = find_task(connection, task_id)
        self.comment_instance(row.instance_id, text, actor, task_id=task_id)

    def comment_instance(
        self, instance_id: str, text: str, actor: Actor, *, task_id: str | None = None
    ) -> None:
        """Write a comment of at most `MAX_COMMENT_LENGTH` characters, for those who may see the instance."""
        text = text.strip()
        if not text:
            raise InvalidInput.for_field("testo", message("COMMENT_EMPTY"))
        if len(text) > MAX_COMMENT_LENGTH:
            raise InvalidInput.for_field("testo", message("COMMENT_TOO_LONG", limit=MAX_COMMENT_LENGTH))
        with self._step_runner.database.begin() as work:
            row = lock_instance(work.connection, instance_id)
            require_instance(work.connection, row, actor, self._permissions)
            work.connection.execute(
                insert(comment).values(
                    instance_id=instance_id,
                    task_id=task_id,
                    actor_id=actor.id,
                    actor_name=actor.name,
                    at=self._step_runner.clock.now(),
                    text=text,
                )
            )

    def attach(
        self, task_id: str, filename: str, media_type: str, content: bytes, actor: Actor
    ) -> Attachment:
        """Attach a file to a task, for those who may work on it. Attachments are never overwritten."""
        limit = self._step_runner.settings.max_upload_mb
        if not content:
            raise InvalidInput.for_field("file", message("FILE_EMPTY"))
        if len(content) > limit * 1_000_000:
            raise InvalidInput.for_field("file", message("FILE_TOO_LARGE", limit=limit))
        with self._step_runner.database.begin() as work:
            access = lock_visible_task(work.connection, task_id, actor, self._permissions)
            row = access.task
            require_open(row)
            require_may_work(row, actor, access.offered)
            values: dict[str, Any] = {
                "id": new_id(),
                "instance_id": row.instance_id,
                "task_id": task_id,
                "filename": _safe_name(filename),
                "media_type": media_type[:120],
                "size": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "actor_id": actor.id,
                "at": self._step_runner.clock.now(),
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
        """An attachment with its content, for those who may see the instance.

        A restricted attachment needs `case.restricted`.
        """
        with self._step_runner.database.read() as connection:
            row = connection.execute(select(attachment).where(attachment.c.id == attachment_id)).one_or_none()
            if row is None:
                raise NotFound("ATTACHMENT_NOT_FOUND")
            owner = connection.execute(select(instance).where(instance.c.id == row.instance_id)).one()
            require_instance(connection, owner, actor, self._permissions)
            if row.restricted:
                self._permissions.require(actor, Permission.CASE_RESTRICTED, owner.scope)
        return attachment_view(row), bytes(row.content)


class InstanceAttachments(Collection[str]):
    """The ids of the attachments of an instance, read on the first use."""

    def __init__(self, connection: Connection, instance_id: str) -> None:
        self._instance_id = instance_id
        self._connection = connection

    @cached_property
    def _ids(self) -> frozenset[str]:
        query = select(attachment.c.id).where(attachment.c.instance_id == self._instance_id)
        return frozenset(self._connection.execute(query).scalars())

    def __contains__(self, attachment_id: object) -> bool:
        return attachment_id in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)


ATTACHMENT_COLUMNS = tuple(column for column in attachment.c if column.name != "content")
"""What `attachment_view` needs: a list of files does not read what is in them."""


def attachment_view(row: Row[Any]) -> Attachment:
    """An attachment without its content."""
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


def _safe_name(filename: str) -> str:
    name = filename.replace("\\", "/").rpartition("/")[2]
    printable = "".join(c for c in name if c.isprintable()).strip(". ")
    return printable[:200] or "allegato"
