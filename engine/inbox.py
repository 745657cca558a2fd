"""Whose tasks: reads only. Pages go by key (the place after the last row seen), never by offset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, select

from engine.actors import Actor
from engine.calendar import day_in_rome, end_of_day, start_of_day
from engine.clock import Clock
from engine.errors import NotFound
from engine.instances import view as instance_view
from engine.lists import Due, Lists, first_tasks, how_many, lists_of, tasks_among
from engine.notes import attachment_view
from engine.paging import cursor, ordering, place
from engine.permissions import Permission, PermissionMatrix
from engine.repository import Repository
from engine.restricted import restricted_names, without
from engine.searches import LARGEST_PAGE, CaseSearch, cases_with_definition, sought
from engine.spiff import ProcessRun
from engine.storage import Database
from engine.storage.tables import attachment, comment, definition, instance, task, task_candidate
from engine.storage.types import UtcDateTime
from engine.storage.values import decode
from engine.task_rules import has_candidates, may_take, may_work
from engine.views import (
    COUNTED_UP_TO,
    Attachment,
    Comment,
    InboxCounts,
    InboxFilter,
    InboxPage,
    InstanceView,
    TaskRow,
    TaskView,
)
from engine.visibility import may_see_case, require_case, within

SOON = timedelta(days=3)


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
        lists = lists_of(actor, wanted.box, self._permissions, process=wanted.process, scope=wanted.scope)
        if lists is None:
            return InboxPage((), None)
        with self._database.read() as connection:
            rows = self._ordered(connection, lists, wanted, ended, limit + 1)
            shown = rows[:limit]
            items = self._task_rows(connection, shown)
        more = len(rows) > limit
        return InboxPage(items, cursor(wanted.sort, shown[-1]) if more else None)

    def _ordered(
        self, connection: Connection, lists: Lists, wanted: InboxFilter, ended: Any, size: int
    ) -> Sequence[Row[Any]]:
        sqlite, due = self._database.is_sqlite, _due(wanted.due, self._clock.now())
        on_cases = [instance.c.definition_key == wanted.process] if wanted.process else []
        on_cases.append(within(task.c.scope, wanted.scope or ""))
        looked_for = sought(connection, wanted.person, wanted.text, sqlite=sqlite)
        lists = Lists(lists.wanted, lists.part_of, (*lists.conditions, *looked_for.conditions))
        if looked_for.few is not None:
            found = tasks_among(lists, looked_for.few, wanted.sort, ended, size, due=due, on_cases=on_cases)
        else:
            found = first_tasks(lists, wanted.sort, ended, size, due=due, on_cases=on_cases, sqlite=sqlite)
        query = _rows().join(found, found.c.task_id == task.c.id)
        return connection.execute(
            query.order_by(*ordering(wanted.sort, found.c.moment, found.c.task_id, found.c.priority))
        ).all()

    def counts(self, actor: Actor) -> InboxCounts:
        """How many open tasks are mine, free for my groups, and of all those overdue, due today, due soon.

        Exact up to `COUNTED_UP_TO`; one more than that stands for any larger number.
        """
        now = self._clock.now()
        today_ends = end_of_day(day_in_rome(now)).astimezone(UTC)
        most = (COUNTED_UP_TO + 1) * (
            len(actor.roles) + 1
        )  # a task stands in one list of each of these at most
        moments = {"now": now, "today_ends": today_ends, "soon": now + SOON}
        with self._database.read() as connection:
            found = connection.execute(_counting(actor, most, self._database.is_sqlite), moments).one()
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
                _rows(task, instance.c.run_state).where(task.c.id == task_id)
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
                row=self._task_rows(connection, [row])[0],
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
                _rows()
                .where(task.c.instance_id == instance_id, task.c.state.in_(("open", "suspended")))
                .order_by(task.c.due_order, task.c.id)
            ).all()
            return self._task_rows(connection, rows)

    def papers(self, instance_id: str, actor: Actor) -> tuple[tuple[Comment, ...], tuple[Attachment, ...]]:
        """The notes and the files of a case, for those who may see it; restricted files only for those who may."""
        with self._database.read() as connection:
            found = _instance_row(connection, instance_id)
            require_case(connection, found, actor, self._permissions)
            return comments_of(connection, instance_id), self._attachments(
                connection, instance_view(found), actor
            )

    # -- within ----------------------------------------------------------------------------------------------------

    def _task_rows(self, connection: Connection, rows: Sequence[Row[Any]]) -> tuple[TaskRow, ...]:
        candidates: dict[str, dict[str, list[str]]] = {}
        if rows:
            for found in connection.execute(
                select(task_candidate)
                .where(task_candidate.c.task_id.in_([row.id for row in rows]))
                .order_by(task_candidate.c.name)
            ):
                candidates.setdefault(found.task_id, {}).setdefault(found.kind, []).append(found.name)
        now = self._clock.now()
        return tuple(
            TaskRow(
                row.id,
                row.name,
                row.instance_id,
                row.number,
                row.title,
                row.phase,
                row.definition_key,
                row.definition_name,
                row.scope,
                row.assignee,
                tuple(candidates.get(row.id, {}).get("role", ())),
                tuple(candidates.get(row.id, {}).get("user", ())),
                row.priority,
                row.created_at,
                row.due_at,
                urgency(row.due_at, now),
                row.state,
            )
            for row in rows
        )

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


@lru_cache(maxsize=1024)
def _counting(actor: Actor, most: int, sqlite: bool) -> Select[Any]:
    """The question of `counts`, put together once for each person: that takes longer than answering it."""
    now, today_ends, soon = (bindparam(name, type_=UtcDateTime) for name in ("now", "today_ends", "soon"))
    asked: tuple[tuple[bool | None, Due], ...] = (
        (True, lambda due: []),
        (False, lambda due: []),
        (None, lambda due: [due < now]),
        (None, lambda due: [due >= now, due <= today_ends]),
        (None, lambda due: [due > today_ends, due <= soon]),
    )
    lists = lists_of(actor, "todo", PermissionMatrix(), process=None, scope=None)  # the candidates decide
    assert lists is not None  # only the box of all tasks may be closed to somebody
    return how_many(lists, most, asked, sqlite=sqlite)


def urgency(due: datetime | None, now: datetime) -> str:
    """overdue, today, soon (within three days), later, or none: what colour and word a due date deserves."""
    if due is None:
        return "none"
    if due < now:
        return "overdue"
    if day_in_rome(due) == day_in_rome(now):
        return "today"
    return "soon" if due <= now + SOON else "later"


def comments_of(connection: Connection, instance_id: str) -> tuple[Comment, ...]:
    """The notes of a case, the oldest first."""
    rows = connection.execute(
        select(comment).where(comment.c.instance_id == instance_id).order_by(comment.c.id)
    )
    return tuple(Comment(r.id, r.actor_id, r.actor_name, r.at, r.text, r.task_id) for r in rows)


def _rows(*more: Any) -> Select[Any]:
    columns = more or (task,)
    return (
        select(
            *columns,
            instance.c.number,
            instance.c.title,
            instance.c.phase,
            instance.c.definition_key,
            definition.c.name.label("definition_name"),
        )
        .join(instance, instance.c.id == task.c.instance_id)
        .join(definition, definition.c.id == instance.c.definition_id)
    )


def _due(wanted: str | None, now: datetime) -> Due:
    today = day_in_rome(now)

    def conditions(due: Any) -> list[ColumnElement[bool]]:
        if wanted == "overdue":
            return [due < now]
        if wanted == "today":
            return [due >= start_of_day(today).astimezone(UTC), due <= end_of_day(today).astimezone(UTC)]
        return [due >= now, due <= now + SOON] if wanted == "soon" else []

    return conditions


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
