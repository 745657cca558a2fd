"""The inbox: which tasks an actor has, may take or may see, and what the page of a task shows. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from engine.access import Actor, Permission, PermissionMatrix, require_instance
from engine.access.visibility import may_see_instance
from engine.clock import Clock
from engine.definitions.repository import Repository
from engine.definitions.restricted_variables import remove_variables, restricted_variable_names
from engine.errors import NotFound
from engine.instances.models import InstanceView
from engine.instances.queries import (
    MAX_PAGE,
    SearchConditions,
    instance_row,
    instance_view,
    search_conditions,
)
from engine.spiff import PROCESS_SCOPE, ProcessRun, stored_variables
from engine.storage import Database, Statement
from engine.storage.sql.keyset_pagination import Cursor, Page
from engine.storage.tables import attachment, comment, instance, task
from engine.storage.types import UtcDateTime
from engine.tasks.comments import ATTACHMENT_COLUMNS, attachment_view
from engine.tasks.inbox_order import cursor_of, cursor_values, order_by, parse_cursor
from engine.tasks.inbox_queries import (
    DueCondition,
    QueryShape,
    count_tasks,
    first_tasks,
    first_tasks_among,
    query_values,
    task_lists,
)
from engine.tasks.models import (
    COUNTED_UP_TO,
    Attachment,
    Comment,
    InboxCounts,
    InboxFilter,
    TaskRow,
    TaskView,
)
from engine.tasks.preconditions import has_candidates, may_take, may_work
from engine.tasks.task_rows import select_tasks, task_row


class Inbox:
    """The tasks as one actor sees them."""

    def __init__(
        self, database: Database, clock: Clock, repository: Repository, permissions: PermissionMatrix
    ) -> None:
        self._database = database
        self._permissions = permissions
        self._clock = clock
        self._repository = repository

    def page(
        self, actor: Actor, chosen: InboxFilter, after: str | None = None, limit: int = 25
    ) -> Page[TaskRow]:
        """A page of open tasks in the order of the filter. `after` is the `next` of the page before.

        The box ``all`` has the tasks that the actor may work on, and those of the instances that the actor may read.
        Raises InvalidInput for an `after` that is no cursor of this order.
        """
        limit = max(1, min(limit, MAX_PAGE))
        cursor = parse_cursor(chosen.sort, after) if after else None
        if chosen.box == "all" and not (actor.memberships or actor.is_system):
            return Page((), None)
        with self._database.read() as connection:
            found = self._rows(connection, actor, chosen, cursor, limit + 1)
        shown, now = found[:limit], self._clock.now()
        items = tuple(task_row(row, now) for row in shown)
        return Page(items, cursor_of(chosen.sort, shown[-1]).encode() if len(found) > limit else None)

    def _rows(
        self, connection: Connection, actor: Actor, chosen: InboxFilter, cursor: Cursor | None, limit: int
    ) -> Sequence[Any]:
        shape = QueryShape(
            self._database.is_sqlite,
            actor.is_system,
            chosen.box,
            bool(chosen.process),
            bool(chosen.scope),
            chosen.due,
            chosen.sort,
            cursor is not None,
            limit,
        )
        readable = self._permissions.scopes(actor, Permission.CASE_READ) if chosen.box == "all" else ()
        values = query_values(actor, self._clock.now(), readable=readable)
        values.update(process=chosen.process, scope=chosen.scope, **(cursor_values(cursor) if cursor else {}))
        if not (chosen.person or chosen.text):
            return _page(shape).named(connection, **values)
        search = search_conditions(connection, chosen.person, chosen.text, sqlite=self._database.is_sqlite)
        return connection.execute(_ordered_page(shape, search), values).all()

    def counts(self, actor: Actor) -> InboxCounts:
        """How many open tasks are mine, free for my groups, and of all those overdue, due today, due soon.

        Exact up to `COUNTED_UP_TO`; `COUNTED_UP_TO` + 1 means more than that.
        """
        # a task is at most in one list of each role and in one of the actor
        rows_limit = (COUNTED_UP_TO + 1) * (len(actor.roles) + 1)
        values = query_values(actor, self._clock.now())
        with self._database.read() as connection:
            counting = _counts(
                QueryShape(self._database.is_sqlite, actor.is_system, "todo", limit=rows_limit)
            )
            found = counting.run(connection, **values).rows[0]
        return InboxCounts(*(min(int(value), COUNTED_UP_TO + 1) for value in found))

    def search_tasks(self, text: str, actor: Actor, limit: int = 20) -> tuple[TaskRow, ...]:
        """Open tasks of the instance with that number, or with words that begin with those of the text.

        The words are those of the task's name or of the instance's title.
        """
        return self.page(actor, InboxFilter(box="all", text=text), limit=limit).items if text.strip() else ()

    def task(self, task_id: str, actor: Actor) -> TaskView:
        """A task with all that its page shows, for those who may work on it or see its instance.

        An actor who has completed it and may no longer see the instance sees only the task. Raises NotFound, Forbidden.
        """
        with self._database.read() as connection:
            row = connection.execute(
                select_tasks(task, instance.c.run_state).where(task.c.id == task_id)
            ).one_or_none()
            if row is None:
                raise NotFound("TASK_NOT_FOUND")
            found = instance_row(connection, row.instance_id)
            offered = may_take(connection, row, actor)
            is_open = row.state in ("open", "suspended")
            sees_instance = (is_open and (offered or row.assignee == actor.id)) or may_see_instance(
                connection, found, actor, self._permissions
            )
            if not sees_instance and row.completed_by != actor.id:
                require_instance(connection, found, actor, self._permissions)
            works = row.state == "open" and may_work(connection, row, actor)
            releasable = has_candidates(connection, task_id)
            view = instance_view(found)
            return TaskView(
                row=task_row(row, self._clock.now()),
                element_id=row.element_id,
                instructions=row.instructions,
                form_id=row.form_id,
                process_id=row.process_id,
                definition_id=row.definition_id,
                revision=row.revision,
                follow_up_at=row.follow_up_at,
                completed_at=row.completed_at,
                completed_by=row.completed_by,
                variables=self._variables(row, found, actor) if sees_instance else {},
                instance=view,
                comments=comments_of(connection, row.instance_id) if sees_instance else (),
                attachments=self._attachments(connection, view, actor) if sees_instance else (),
                may_work=works,
                may_claim=row.state == "open" and row.assignee is None and offered,
                may_release=row.state == "open"
                and releasable
                and row.assignee is not None
                and (row.assignee == actor.id or self._may_assign(actor, row.scope)),
                may_hand_over=row.state == "open"
                and (row.assignee == actor.id or self._may_assign(actor, row.scope)),
                why_not="" if works else _why_not(row, actor),
            )

    def of_instance(self, instance_id: str, actor: Actor) -> tuple[TaskRow, ...]:
        """The open tasks of an instance, for those who may see it."""
        with self._database.read() as connection:
            found = instance_row(connection, instance_id)
            require_instance(connection, found, actor, self._permissions)
            rows = connection.execute(
                select_tasks()
                .where(task.c.instance_id == instance_id, task.c.state.in_(("open", "suspended")))
                .order_by(task.c.due_order, task.c.id)
            ).all()
        now = self._clock.now()
        return tuple(task_row(row, now) for row in rows)

    def comments_and_attachments(
        self, instance_id: str, actor: Actor
    ) -> tuple[tuple[Comment, ...], tuple[Attachment, ...]]:
        """The comments and attachments of an instance, for those who may see it.

        Restricted attachments need `case.restricted`.
        """
        with self._database.read() as connection:
            found = instance_row(connection, instance_id)
            require_instance(connection, found, actor, self._permissions)
            return comments_of(connection, instance_id), self._attachments(
                connection, instance_view(found), actor
            )

    # -- reading ---------------------------------------------------------------------------------------------------

    def _variables(self, row: Row[Any], found: Row[Any], actor: Actor) -> dict[str, Any]:
        compiled = self._repository.compiled(found.definition_id)
        if row.state in ("completed", "cancelled") or found.state in ("completed", "cancelled"):
            variables = stored_variables(bytes(row.run_state))[PROCESS_SCOPE]
        else:
            run = ProcessRun.for_inspection(compiled.executable, bytes(row.run_state))
            variables = dict(run.variables_of(row.token))
        if self._permissions.allows(actor, Permission.CASE_RESTRICTED, row.scope):
            return variables
        names = restricted_variable_names(compiled)
        return {
            name: remove_variables(value, names) for name, value in variables.items() if name not in names
        }

    def _attachments(self, connection: Connection, found: InstanceView, actor: Actor) -> tuple[Any, ...]:
        query = (
            select(*ATTACHMENT_COLUMNS).where(attachment.c.instance_id == found.id).order_by(attachment.c.at)
        )
        if not self._permissions.allows(actor, Permission.CASE_RESTRICTED, found.scope):
            query = query.where(attachment.c.restricted.is_(False))
        return tuple(attachment_view(row) for row in connection.execute(query))

    def _may_assign(self, actor: Actor, scope: str) -> bool:
        return self._permissions.allows(actor, Permission.TASK_ASSIGN, scope)


@lru_cache(maxsize=512)
def _page(shape: QueryShape) -> Statement:
    """The statement of a page without search, built once: building it takes longer than executing it."""
    return Statement(_ordered_page(shape, SearchConditions()), standalone=True)


def _ordered_page(shape: QueryShape, search: SearchConditions) -> Select[Any]:
    lists = task_lists(shape)
    lists = replace(lists, conditions=(*lists.conditions, *search.conditions))
    few = search.few
    found = first_tasks(shape, lists) if few is None else first_tasks_among(shape, lists, few)
    ordered = order_by(shape.sort, found.c.moment, found.c.task_id, found.c.priority)
    return select_tasks().join(found, found.c.task_id == task.c.id).order_by(*ordered)


@lru_cache(maxsize=64)
def _counts(shape: QueryShape) -> Statement:
    """The statement of `counts`."""
    now, ends, soon = (bindparam(name, type_=UtcDateTime) for name in ("now", "day_ends", "soon"))
    counts: tuple[tuple[bool | None, DueCondition], ...] = (
        (True, lambda due: []),
        (False, lambda due: []),
        (None, lambda due: [due < now]),
        (None, lambda due: [due >= now, due <= ends]),
        (None, lambda due: [due > ends, due <= soon]),
    )
    return Statement(count_tasks(shape, counts), standalone=True)


def comments_of(connection: Connection, instance_id: str) -> tuple[Comment, ...]:
    """The comments of an instance, the oldest first."""
    rows = connection.execute(
        select(comment).where(comment.c.instance_id == instance_id).order_by(comment.c.id)
    )
    return tuple(Comment(r.id, r.actor_id, r.actor_name, r.at, r.text, r.task_id) for r in rows)


def _why_not(row: Row[Any], actor: Actor) -> str:
    if row.state == "completed":
        return "completed_by_me" if row.completed_by == actor.id else "completed"
    if row.state != "open":
        return str(row.state)
    return "held" if row.assignee else "role"
