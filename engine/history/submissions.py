"""What was written in the forms of an instance: every submission, as it was sent."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.access import Actor, Permission, PermissionMatrix
from engine.access.visibility import read_visible_instance
from engine.definitions.repository import Repository
from engine.definitions.restricted_variables import remove_variables, restricted_variable_names
from engine.errors import Forbidden, NotFound
from engine.history.models import Submission
from engine.storage import Database
from engine.storage.sql.keyset_pagination import Cursor, Page, page_of
from engine.storage.tables import submission

MAX_SUBMISSIONS = 100


class Submissions:
    """The submitted forms of instances, for actors who may see the instance. Every method raises NotFound, Forbidden.

    Restricted tasks and restricted fields need `case.restricted` in the scope of the instance.
    """

    def __init__(self, database: Database, repository: Repository, permissions: PermissionMatrix) -> None:
        self._database = database
        self._repository = repository
        self._permissions = permissions

    def list(
        self,
        instance_id: str,
        actor: Actor,
        *,
        element_id: str = "",
        after: str = "",
        limit: int = MAX_SUBMISSIONS,
    ) -> Page[Submission]:
        """A page of the submissions of an instance, the latest first; with `element_id` only those of that task."""
        limit = min(limit, MAX_SUBMISSIONS)
        query = select(submission).where(submission.c.instance_id == instance_id)
        if element_id:
            query = query.where(submission.c.element_id == element_id)
        if after:
            query = query.where(Cursor.decode(after, int).after([submission.c.id], descending=True))
        query = query.order_by(submission.c.id.desc()).limit(limit + 1)
        with self._database.read() as connection:
            owner = self._instance(connection, instance_id, actor)
            rows = connection.execute(query).all()
        restricted_names = cache(self._restricted_names)
        return page_of(
            rows, limit, lambda row: self._view(row, owner, actor, restricted_names), lambda row: (row.id,)
        )

    def elements(self, instance_id: str, actor: Actor) -> tuple[tuple[str, str], ...]:
        """(element id, name) of each form that was submitted in an instance, in the order of the first time."""
        with self._database.read() as connection:
            self._instance(connection, instance_id, actor)
            rows = connection.execute(
                select(submission.c.element_id, submission.c.name)
                .where(submission.c.instance_id == instance_id)
                .order_by(submission.c.id)
            ).all()
        found: dict[str, str] = {}
        for row in rows:
            found.setdefault(row.element_id, row.name)
        return tuple(found.items())

    def get(self, submission_id: int, actor: Actor) -> Submission:
        """One submission. Raises Forbidden for that of a restricted task without the permission."""
        with self._database.read() as connection:
            row = connection.execute(select(submission).where(submission.c.id == submission_id)).one_or_none()
            if row is None:
                raise NotFound("SUBMISSION_NOT_FOUND")
            owner = self._instance(connection, row.instance_id, actor)
        found = self._view(row, owner, actor)
        if not found.readable:
            raise Forbidden("SUBMISSION_RESTRICTED", name=found.name)
        return found

    def ids_by_task(self, instance_id: str, actor: Actor) -> dict[str | None, int]:
        """The ids of the submissions that the actor may read, by the id of the task; None is the start form."""
        with self._database.read() as connection:
            owner = self._instance(connection, instance_id, actor)
            query = select(submission.c.task_id, submission.c.id).where(
                submission.c.instance_id == instance_id
            )
            if not self._reads_restricted(owner, actor):
                query = query.where(submission.c.restricted.is_(False))
            return {row.task_id: row.id for row in connection.execute(query)}

    def of_task(self, task_id: str, actor: Actor) -> Submission | None:
        """What was submitted for a task; None when nothing was, or nothing that the actor may read."""
        with self._database.read() as connection:
            row = connection.execute(select(submission).where(submission.c.task_id == task_id)).one_or_none()
            if row is None:
                return None
            owner = self._instance(connection, row.instance_id, actor)
        found = self._view(row, owner, actor)
        return found if found.readable else None

    def _instance(self, connection: Connection, instance_id: str, actor: Actor) -> Row[Any]:
        return read_visible_instance(connection, instance_id, actor, self._permissions)

    def _reads_restricted(self, owner: Row[Any], actor: Actor) -> bool:
        return self._permissions.allows(actor, Permission.CASE_RESTRICTED, owner.scope)

    def _restricted_names(self, definition_id: str) -> frozenset[str]:
        return restricted_variable_names(self._repository.compiled(definition_id))

    def _view(
        self,
        row: Row[Any],
        owner: Row[Any],
        actor: Actor,
        restricted_names: Callable[[str], frozenset[str]] | None = None,
    ) -> Submission:
        columns: dict[str, Any] = row._asdict()
        restricted = columns.pop("restricted")
        if self._reads_restricted(owner, actor):
            return Submission(**columns)
        if restricted:
            return Submission(**{**columns, "answers": {}, "context": {}, "readable": False})
        names_of = restricted_names or self._restricted_names
        names = names_of(owner.definition_id) | names_of(row.definition_id)
        shown = {name: remove_variables(columns[name], names) for name in ("answers", "context")}
        withheld = any(shown[name] != columns[name] for name in shown)
        return Submission(**{**columns, **shown, "withheld": withheld})
