"""Whose tasks: reads only. Pages go by key (the place after the last row seen), never by offset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, false, func, or_, select

from engine.actors import Actor
from engine.calendar import day_in_rome, end_of_day, start_of_day
from engine.clock import Clock
from engine.errors import NotFound
from engine.instances import view as instance_view
from engine.paging import beyond, cursor, order
from engine.permissions import Permission, PermissionMatrix
from engine.repository import Repository
from engine.restricted import restricted_names, without
from engine.spiff import ProcessRun
from engine.storage import Database
from engine.storage.tables import attachment, comment, definition, instance, task, task_candidate
from engine.storage.values import decode
from engine.tasks import attachment_view, has_candidates, may_take, may_work
from engine.views import (
    Attachment,
    CaseHit,
    Comment,
    InboxCounts,
    InboxFilter,
    InboxPage,
    InstanceView,
    TaskRow,
    TaskView,
)
from engine.visibility import candidate_for, may_see_case, require_case, visible_cases, within

SOON = timedelta(days=3)
LARGEST_PAGE = 100


class Inbox:
    """The tasks, seen from one person's chair."""

    def __init__(
        self, database: Database, clock: Clock, repository: Repository, permissions: PermissionMatrix
    ) -> None:
        self._database = database
        self._clock = clock
        self._repository = repository
        self._permissions = permissions

    def page(self, actor: Actor, wanted: InboxFilter, after: str | None = None, limit: int = 25) -> InboxPage:
        """One page of open tasks in the wanted order. `after` is the `next` of the page before.

        Box ``all`` holds what the actor may work on or may see because the case is in their scope.
        """
        limit = max(1, min(limit, LARGEST_PAGE))
        keys, descending = order(wanted.sort)
        query = _rows().where(task.c.state == "open", self._box(actor, wanted.box), *self._filters(wanted))
        if after:
            query = query.where(beyond(keys, descending, after))
        ordering = [key.desc() if down else key.asc() for key, down in zip(keys, descending, strict=True)]
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(*ordering).limit(limit + 1)).all()
            shown = rows[:limit]
            items = self._task_rows(connection, shown)
        more = len(rows) > limit
        return InboxPage(items, cursor(wanted.sort, shown[-1]) if more else None)

    def counts(self, actor: Actor) -> InboxCounts:
        """How many open tasks are mine, free for my groups, and of all those overdue, due today, due soon."""
        now = self._clock.now()
        today_ends = end_of_day(day_in_rome(now)).astimezone(UTC)

        def count(*conditions: ColumnElement[bool]) -> Any:
            return func.coalesce(func.sum(case((and_(*conditions), 1), else_=0)), 0)

        query = (
            select(
                count(task.c.assignee == actor.id),
                count(task.c.assignee.is_(None)),
                count(task.c.due_at < now),
                count(task.c.due_at >= now, task.c.due_at <= today_ends),
                count(task.c.due_at > today_ends, task.c.due_at <= now + SOON),
            )
            .select_from(task)
            .where(task.c.state == "open", self._box(actor, "todo"))
        )
        with self._database.read() as connection:
            return InboxCounts(*(int(value) for value in connection.execute(query).one()))

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

    def search_tasks(self, text: str, actor: Actor, limit: int = 20) -> tuple[TaskRow, ...]:
        """Open tasks whose name or case holds the text."""
        with self._database.read() as connection:
            rows = connection.execute(
                _rows()
                .where(task.c.state == "open", self._box(actor, "all"), _holds(text))
                .order_by(task.c.due_order, task.c.id)
                .limit(limit)
            ).all()
            return self._task_rows(connection, rows)

    def search_cases(self, text: str, actor: Actor, limit: int = 20) -> tuple[CaseHit, ...]:
        """Cases whose number, title or key holds the text."""
        conditions = [
            instance.c.title.icontains(text, autoescape=True),
            instance.c.business_key.icontains(text, autoescape=True),
        ]
        if text.strip().isdigit() and len(text.strip()) < 18:
            conditions.append(instance.c.number == int(text))
        with self._database.read() as connection:
            rows = connection.execute(
                _cases()
                .where(or_(*conditions), visible_cases(actor, self._permissions))
                .order_by(instance.c.number.desc())
                .limit(limit)
            ).all()
        return tuple(CaseHit(r.id, r.number, r.title, r.definition_name, r.phase, r.state) for r in rows)

    def cases(
        self,
        actor: Actor,
        *,
        state: str | None = None,
        process: str | None = None,
        scope: str | None = None,
        text: str | None = None,
        subject: str | None = None,
        after: int | None = None,
        limit: int = 25,
    ) -> tuple[InstanceView, ...]:
        """The cases one may see, the newest first; `after` is the number of the last one seen."""
        query = _cases().where(visible_cases(actor, self._permissions))
        for condition, wanted in (
            (instance.c.state == state, state),
            (instance.c.definition_key == process, process),
            (within(instance.c.scope, scope or ""), scope),
            (instance.c.subject == subject, subject),
            (instance.c.number < after if after else None, after),
        ):
            if wanted and condition is not None:
                query = query.where(condition)
        if text:
            query = query.where(
                or_(instance.c.title.icontains(text, autoescape=True), instance.c.phase == text)
            )
        with self._database.read() as connection:
            rows = connection.execute(
                query.order_by(instance.c.number.desc()).limit(max(1, min(limit, LARGEST_PAGE)))
            )
            return tuple(instance_view(row) for row in rows)

    # -- within ----------------------------------------------------------------------------------------------------

    def _box(self, actor: Actor, box: str) -> ColumnElement[bool]:
        mine = task.c.assignee == actor.id
        groups = and_(task.c.assignee.is_(None), candidate_for(actor))
        if box == "mine":
            return mine
        if box == "groups":
            return groups
        if box == "todo":
            return or_(mine, groups)
        seen = task.c.instance_id.in_(select(instance.c.id).where(visible_cases(actor, self._permissions)))
        return or_(mine, groups, seen) if actor.memberships or actor.is_system else false()

    def _filters(self, wanted: InboxFilter) -> list[ColumnElement[bool]]:
        now = self._clock.now()
        today = day_in_rome(now)
        found: list[ColumnElement[bool]] = []
        if wanted.process:
            found.append(instance.c.definition_key == wanted.process)
        if wanted.scope:
            found.append(within(task.c.scope, wanted.scope))
        if wanted.person:
            found.append(instance.c.title.icontains(wanted.person, autoescape=True))
        if wanted.text:
            found.append(_holds(wanted.text))
        if wanted.due == "overdue":
            found.append(task.c.due_at < now)
        elif wanted.due == "today":
            found += [
                task.c.due_at >= start_of_day(today).astimezone(UTC),
                task.c.due_at <= end_of_day(today).astimezone(UTC),
            ]
        elif wanted.due == "soon":
            found += [task.c.due_at >= now, task.c.due_at <= now + SOON]
        return found

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


def _cases() -> Select[Any]:
    return select(instance, definition.c.name.label("definition_name"), definition.c.version).join(
        definition, definition.c.id == instance.c.definition_id
    )


def _instance_row(connection: Connection, instance_id: str) -> Row[Any]:
    row: Row[Any] | None = connection.execute(_cases().where(instance.c.id == instance_id)).one_or_none()
    if row is None:
        raise NotFound("La pratica non c'è")
    return row


def _holds(text: str) -> ColumnElement[bool]:
    return or_(
        task.c.name.icontains(text, autoescape=True), instance.c.title.icontains(text, autoescape=True)
    )


def _why_not(row: Row[Any], actor: Actor) -> str:
    if row.state == "completed":
        return "completed_by_me" if row.completed_by == actor.id else "completed"
    if row.state != "open":
        return str(row.state)
    return "held" if row.assignee else "role"
