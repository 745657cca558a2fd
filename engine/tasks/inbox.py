"""Whose tasks: reads only. Pages go by key (the place after the last row seen), never by offset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import may_see_case, require_case
from engine.clock import Clock
from engine.definitions.repository import Repository
from engine.definitions.restricted_variables import restricted_names, without
from engine.errors import NotFound
from engine.instances.models import InstanceView
from engine.instances.queries import LARGEST_PAGE, CaseSearch, Sought, cases_with_definition, sought
from engine.instances.service import view as instance_view
from engine.spiff import ProcessRun
from engine.storage import Database
from engine.storage.serialization import decode
from engine.storage.sql.statements import Statement
from engine.storage.tables import attachment, comment, instance, task
from engine.storage.types import UtcDateTime
from engine.tasks.comments import attachment_view
from engine.tasks.inbox_queries import Due, Shape, first_tasks, how_many, lists_of, tasks_among, values_of
from engine.tasks.keyset_pagination import Place, cursor, ordering, place
from engine.tasks.keyset_pagination import values as place_values
from engine.tasks.models import (
    COUNTED_UP_TO,
    Attachment,
    Comment,
    InboxCounts,
    InboxFilter,
    InboxPage,
    TaskRow,
    TaskView,
)
from engine.tasks.preconditions import has_candidates, may_take, may_work
from engine.tasks.task_rows import rows as task_rows
from engine.tasks.task_rows import view as task_view


class Inbox(CaseSearch):
    """The tasks, seen from one person's chair; and the cases, as `CaseSearch` finds them."""

    def __init__(
        self, database: Database, clock: Clock, repository: Repository, permissions: PermissionMatrix
    ) -> None:
        super().__init__(database, permissions)
        self._clock = clock
        self._repository = repository

    def page(self, actor: Actor, wanted: InboxFilter, after: str | None = None, limit: int = 25) -> InboxPage:
        """One page of open tasks in the wanted order. `after` is the `next` of the page before.

        Box ``all`` holds what the actor may work on or may see because the case is in their scope.
        """
        limit = max(1, min(limit, LARGEST_PAGE))
        ended = place(wanted.sort, after) if after else None
        if wanted.box == "all" and not (actor.memberships or actor.is_system):
            return InboxPage((), None)
        with self._database.read() as connection:
            found = self._ordered(connection, actor, wanted, ended, limit + 1)
        shown, now = found[:limit], self._clock.now()
        items = tuple(task_view(row, now) for row in shown)
        return InboxPage(items, cursor(wanted.sort, shown[-1]) if len(found) > limit else None)

    def _ordered(
        self, connection: Connection, actor: Actor, wanted: InboxFilter, ended: Place | None, size: int
    ) -> Sequence[Any]:
        shape = Shape(
            self._database.is_sqlite,
            actor.is_system,
            wanted.box,
            bool(wanted.process),
            bool(wanted.scope),
            wanted.due,
            wanted.sort,
            ended is not None,
            size,
        )
        readable = self._permissions.scopes(actor, Permission.CASE_READ) if wanted.box == "all" else ()
        given = values_of(actor, self._clock.now(), readable=readable)
        given.update(process=wanted.process, scope=wanted.scope, **(place_values(ended) if ended else {}))
        if not (wanted.person or wanted.text):
            return _page(shape).named(connection, **given)
        looked_for = sought(connection, wanted.person, wanted.text, sqlite=self._database.is_sqlite)
        return connection.execute(_ordered_page(shape, looked_for), given).all()

    def counts(self, actor: Actor) -> InboxCounts:
        """How many open tasks are mine, free for my groups, and of all those overdue, due today, due soon.

        Exact up to `COUNTED_UP_TO`; one more than that stands for any larger number.
        """
        # a task stands in one list of each role at most, and in one of the person's
        most = (COUNTED_UP_TO + 1) * (len(actor.roles) + 1)
        given = values_of(actor, self._clock.now())
        with self._database.read() as connection:
            counting = _counting(Shape(self._database.is_sqlite, actor.is_system, "todo", size=most))
            found = counting.run(connection, **given).rows[0]
        return InboxCounts(*(min(int(value), COUNTED_UP_TO + 1) for value in found))

    def search_tasks(self, text: str, actor: Actor, limit: int = 20) -> tuple[TaskRow, ...]:
        """Open tasks whose name or case has words that begin with those of the text, or whose case has that number."""
        return self.page(actor, InboxFilter(box="all", text=text), limit=limit).items if text.strip() else ()

    def task(self, task_id: str, actor: Actor) -> TaskView:
        """A task with all its page shows; for those who may work on it or see its case. NotFound, Forbidden.

        Who completed it and no longer has a part in the case sees that they did, and nothing of the case.
        """
        with self._database.read() as connection:
            row = connection.execute(
                task_rows(task, instance.c.run_state).where(task.c.id == task_id)
            ).one_or_none()
            if row is None:
                raise NotFound("Il compito non c'è")
            found = _instance_row(connection, row.instance_id)
            taking = may_take(connection, row, actor)
            live = row.state in ("open", "suspended")
            reads = (live and (taking or row.assignee == actor.id)) or may_see_case(
                connection, found, actor, self._permissions
            )
            if not reads and row.completed_by != actor.id:
                require_case(connection, found, actor, self._permissions)
            working = row.state == "open" and may_work(connection, row, actor)
            offered = has_candidates(connection, task_id)
            view = instance_view(found)
            return TaskView(
                row=task_view(row, self._clock.now()),
                element_id=row.element_id,
                instructions=row.instructions,
                form_id=row.form_id,
                process_id=row.process_id,
                definition_id=row.definition_id,
                revision=row.revision,
                follow_up_at=row.follow_up_at,
                completed_at=row.completed_at,
                completed_by=row.completed_by,
                variables=self._variables(row, found, actor) if reads else {},
                instance=view,
                comments=comments_of(connection, row.instance_id) if reads else (),
                attachments=self._attachments(connection, view, actor) if reads else (),
                may_work=working,
                may_claim=row.state == "open" and row.assignee is None and taking,
                may_release=row.state == "open"
                and offered
                and row.assignee is not None
                and (row.assignee == actor.id or self._may_assign(actor, row.scope)),
                may_hand_over=row.state == "open"
                and (row.assignee == actor.id or self._may_assign(actor, row.scope)),
                why_not="" if working else _why_not(row, actor),
            )

    def of_instance(self, instance_id: str, actor: Actor) -> tuple[TaskRow, ...]:
        """The open tasks of a case, for those who may see it."""
        with self._database.read() as connection:
            found = _instance_row(connection, instance_id)
            require_case(connection, found, actor, self._permissions)
            rows = connection.execute(
                task_rows()
                .where(task.c.instance_id == instance_id, task.c.state.in_(("open", "suspended")))
                .order_by(task.c.due_order, task.c.id)
            ).all()
        now = self._clock.now()
        return tuple(task_view(row, now) for row in rows)

    def papers(self, instance_id: str, actor: Actor) -> tuple[tuple[Comment, ...], tuple[Attachment, ...]]:
        """The notes and the files of a case, for those who may see it; restricted files only for those who may."""
        with self._database.read() as connection:
            found = _instance_row(connection, instance_id)
            require_case(connection, found, actor, self._permissions)
            return comments_of(connection, instance_id), self._attachments(
                connection, instance_view(found), actor
            )

    # -- within ----------------------------------------------------------------------------------------------------

    def _variables(self, row: Row[Any], found: Row[Any], actor: Actor) -> dict[str, Any]:
        compiled = self._repository.compiled(found.definition_id)
        if row.state in ("completed", "cancelled") or found.state in ("completed", "cancelled"):
            variables = dict(decode(bytes(row.run_state))["scopes"][""])
        else:
            run = ProcessRun.restore(compiled.program, None, bytes(row.run_state))  # type: ignore[arg-type]
            variables = dict(run.variables_of(row.token))
        if self._permissions.allows(actor, Permission.CASE_RESTRICTED, row.scope):
            return variables
        names = restricted_names(compiled)
        return {name: without(value, names) for name, value in variables.items() if name not in names}

    def _attachments(self, connection: Connection, found: InstanceView, actor: Actor) -> tuple[Any, ...]:
        query = select(attachment).where(attachment.c.instance_id == found.id).order_by(attachment.c.at)
        if not self._permissions.allows(actor, Permission.CASE_RESTRICTED, found.scope):
            query = query.where(attachment.c.restricted.is_(False))
        return tuple(attachment_view(row) for row in connection.execute(query))

    def _may_assign(self, actor: Actor, scope: str) -> bool:
        return self._permissions.allows(actor, Permission.TASK_ASSIGN, scope)


@lru_cache(maxsize=512)
def _page(shape: Shape) -> Statement:
    """A page of the inbox, put together once: that takes longer than reading it."""
    return Statement(_ordered_page(shape, Sought()), alone=True)


def _ordered_page(shape: Shape, looked_for: Sought) -> Select[Any]:
    lists = lists_of(shape)
    lists = replace(lists, conditions=(*lists.conditions, *looked_for.conditions))
    few = looked_for.few
    found = first_tasks(shape, lists) if few is None else tasks_among(shape, lists, few)
    ordered = ordering(shape.sort, found.c.moment, found.c.task_id, found.c.priority)
    return task_rows().join(found, found.c.task_id == task.c.id).order_by(*ordered)


@lru_cache(maxsize=64)
def _counting(shape: Shape) -> Statement:
    """The question of `counts`."""
    now, ends, soon = (bindparam(name, type_=UtcDateTime) for name in ("now", "day_ends", "soon"))
    asked: tuple[tuple[bool | None, Due], ...] = (
        (True, lambda due: []),
        (False, lambda due: []),
        (None, lambda due: [due < now]),
        (None, lambda due: [due >= now, due <= ends]),
        (None, lambda due: [due > ends, due <= soon]),
    )
    return Statement(how_many(shape, asked), alone=True)


def comments_of(connection: Connection, instance_id: str) -> tuple[Comment, ...]:
    """The notes of a case, the oldest first."""
    rows = connection.execute(
        select(comment).where(comment.c.instance_id == instance_id).order_by(comment.c.id)
    )
    return tuple(Comment(r.id, r.actor_id, r.actor_name, r.at, r.text, r.task_id) for r in rows)


def _instance_row(connection: Connection, instance_id: str) -> Row[Any]:
    row: Row[Any] | None = connection.execute(
        cases_with_definition().where(instance.c.id == instance_id)
    ).one_or_none()
    if row is None:
        raise NotFound("La pratica non c'è")
    return row


def _why_not(row: Row[Any], actor: Actor) -> str:
    if row.state == "completed":
        return "completed_by_me" if row.completed_by == actor.id else "completed"
    if row.state != "open":
        return str(row.state)
    return "held" if row.assignee else "role"
