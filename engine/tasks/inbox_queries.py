"""The SQL of task lists: the first tasks of an actor's lists in an order, and how many there are.

The rows of `listing` are the task lists (a few for an operator); the rows of `listed` are the open tasks in them. Each
list is read by its index, no further than a page. The actor and the filters are values of the statements
(`query_values`), so that few statements serve everybody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Select,
    String,
    Subquery,
    Text,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.sql.expression import ScalarSelect

from engine.access import Actor
from engine.storage.tables import instance, listed, listing, participant, task
from engine.storage.types import UtcDateTime
from engine.tasks.inbox_order import Sort, after_cursor, order_by, sort_column
from engine.temporal import day_in_rome, end_of_day, start_of_day

SOON = timedelta(days=3)

DueCondition = Callable[[Any], list[ColumnElement[bool]]]
"""Makes the conditions on a column with the due date of a task."""


@dataclass(frozen=True)
class QueryShape:
    """What distinguishes one statement from another; everything else is a value of the statement."""

    sqlite: bool
    is_system: bool
    """Whether the actor is the system, which may work on every task."""
    box: str
    process: bool = False
    scope: bool = False
    due: str | None = None
    sort: Sort = "due"
    after_cursor: bool = False
    """Whether the page is not the first."""
    limit: int = 0


@dataclass(frozen=True)
class TaskLists:
    """The task lists that a statement reads."""

    lists: CTE
    """Rows of `listing`: id, priority, and `assigned`, whether its tasks have an assignee."""
    participation: bool = False
    """Whether the open tasks of the instances in which the actor is a participant are read too."""
    conditions: tuple[ColumnElement[bool], ...] = ()
    """Further conditions on `task` and `instance`, which are then joined."""


def query_values(actor: Actor, now: datetime, *, readable: Iterable[str] = ()) -> dict[str, Any]:
    """The values of every statement of this module. `readable`: the scopes whose instances the actor may read."""
    today = day_in_rome(now)
    return {
        "actor_id": actor.id,
        "memberships": json.dumps(sorted((one.role, one.scope) for one in actor.memberships)),
        "readable": json.dumps(sorted(readable)),
        "now": now,
        "day_begins": start_of_day(today).astimezone(UTC),
        "day_ends": end_of_day(today).astimezone(UTC),
        "soon": now + SOON,
    }


def task_lists(shape: QueryShape) -> TaskLists:
    """The lists of a box of the inbox, of one process or scope where the shape has these filters."""
    box = shape.box
    narrowed: list[ColumnElement[bool]] = []
    if shape.process:
        narrowed.append(listing.c.process == bindparam("process", type_=String))
    if shape.scope:
        narrowed.append(_within(listing.c.scope, bindparam("scope", type_=String)))
    mine: tuple[ColumnElement[bool], ...] = (listing.c.kind == _text("holder"), listing.c.name == _actor_id())
    if shape.is_system:
        free: list[ColumnElement[bool]] = [task.c.assignee.is_(None)] if box == "groups" else []
        free = [or_(task.c.assignee.is_(None), task.c.assignee == _actor_id())] if box == "todo" else free
        wanted = mine if box == "mine" else (listing.c.kind == _text("scope"),)
        return TaskLists(_listings(*wanted, *narrowed).cte("lists"), conditions=tuple(free))
    found: list[Select[Any]] = []
    if box != "groups":
        found.append(_listings(*mine, *narrowed))
    if box != "mine":
        found.append(_listings(listing.c.kind == _text("user"), listing.c.name == _actor_id(), *narrowed))
        found.append(_offered_to_roles(shape.sqlite).where(*narrowed))
    if box == "all":
        found.append(_of_readable_scopes(shape.sqlite).where(*narrowed))
    lists = union(*found) if len(found) > 1 else found[0]
    return TaskLists(lists.cte("lists"), participation=box == "all")


def _listings(*conditions: ColumnElement[bool]) -> Select[Any]:
    assigned = (listing.c.kind == _text("holder")).label("assigned")
    return select(listing.c.id, listing.c.priority, assigned).where(*conditions)


def _offered_to_roles(sqlite: bool) -> Select[Any]:
    values = _json_rows("memberships", sqlite)
    if sqlite:
        role, scope = (func.json_extract(values.c.value, _text(f"$[{index}]")) for index in (0, 1))
    else:
        role, scope = (values.c.value.op("->>")(_number(index)) for index in (0, 1))
    where = (listing.c.kind == _text("role"), listing.c.name == role, _within(listing.c.scope, scope))
    return _listings(*where).select_from(values.join(listing, true()))


def _of_readable_scopes(sqlite: bool) -> Select[Any]:
    values = _json_rows("readable", sqlite)
    scope = values.c.value if sqlite else values.c.value.op("#>>")(_text("{}"))
    where = (listing.c.kind == _text("scope"), listing.c.name == _text(""), _within(listing.c.scope, scope))
    return _listings(*where).select_from(values.join(listing, true()))


def _json_rows(name: str, sqlite: bool) -> Any:
    given = bindparam(name, type_=Text)
    rows = func.json_each(given) if sqlite else func.json_array_elements(cast(given, JSON))
    return rows.table_valued("value").render_derived() if not sqlite else rows.table_valued("value")


def _within(column: Any, scope: Any) -> ColumnElement[bool]:
    """SQL: the scope in `column` is the value `scope` or below it."""
    slash = _text("/")
    below = func.substr(column, _number(1), func.length(scope) + _number(1)) == scope.concat(slash)
    return or_(scope == _text(""), column == scope, below)


def _text(text: str) -> Any:
    return literal_column(f"'{text}'", String())  # a constant of ours, not a value that the driver must send


def _number(number: int) -> Any:
    return literal_column(str(number))


def _actor_id() -> Any:
    return bindparam("actor_id", type_=String)


def due_condition(due: str | None) -> DueCondition:
    """The condition of a filter: overdue, today, soon (within three days), none; between the values since and until."""

    def conditions(column: Any) -> list[ColumnElement[bool]]:
        if due == "overdue":
            return [column < _moment("now")]
        if due == "today":
            return [column >= _moment("day_begins"), column <= _moment("day_ends")]
        if due == "between":
            return [column >= _moment("since"), column <= _moment("until")]
        return [column >= _moment("now"), column <= _moment("soon")] if due == "soon" else []

    return conditions


def _moment(name: str) -> Any:
    return bindparam(name, type_=UtcDateTime)


def first_tasks(shape: QueryShape, lists: TaskLists) -> Subquery:
    """The first tasks of the lists after the cursor, each once: task_id, moment, priority."""
    found = [_of_each_list(shape, lists)]
    if lists.participation:
        found.append(_of_own_instances(shape, lists))
    several = union_all(*found).subquery("several") if len(found) > 1 else found[0].subquery("several")
    once = select(several.c.task_id, several.c.moment, several.c.priority).distinct()
    ordered = order_by(shape.sort, several.c.moment, several.c.task_id, several.c.priority)
    return once.order_by(*ordered).limit(_number(shape.limit)).subquery("found")


def first_tasks_among(shape: QueryShape, lists: TaskLists, few: ColumnElement[bool]) -> Subquery:
    """As `first_tasks`, of few tasks: the condition `few` finds them, and each is looked up in the lists."""
    moment = task.c[sort_column(shape.sort)]
    in_lists = exists(
        select(listed.c.task_id)
        .join(lists.lists, lists.lists.c.id == listed.c.listing_id)
        .where(listed.c.task_id == task.c.id)
    )
    mine = (
        and_(task.c.instance_id.in_(_own_instances()), *_instance_filters(shape))
        if lists.participation
        else None
    )
    return (
        select(task.c.id.label("task_id"), moment.label("moment"), task.c.priority)
        .join(instance, instance.c.id == task.c.instance_id)
        .where(
            task.c.state == _text("open"),
            few,
            or_(in_lists, mine) if mine is not None else in_lists,
            *lists.conditions,
            *due_condition(shape.due)(task.c.due_order),
            *_after_cursor(shape, moment, task.c.id, task.c.priority),
        )
        .order_by(*order_by(shape.sort, moment, task.c.id, task.c.priority))
        .limit(_number(shape.limit))
        .subquery("found")
    )


def count_tasks(shape: QueryShape, counts: Sequence[tuple[bool | None, DueCondition]]) -> Select[Any]:
    """The number of tasks in the lists for each of the counts, which stop at `shape.limit` rows.

    A count is of assigned tasks (True), of unassigned tasks (False) or of all (None), with a condition on the due date.
    """
    lists = task_lists(shape)
    columns: list[Any] = [
        _count(shape, lists, assigned, due).label(f"count_{number}")
        for number, (assigned, due) in enumerate(counts)
    ]
    return select(*columns)


def _count(
    shape: QueryShape, lists: TaskLists, assigned: bool | None, due: DueCondition
) -> ScalarSelect[int]:
    entry, limit = listed.alias("entry"), _number(shape.limit)
    inner = select(entry.c.task_id).where(
        entry.c.listing_id == lists.lists.c.id, *due(entry.c.due_order), *lists.conditions
    )
    if shape.sqlite:
        rows = inner.select_from(_joined(entry, lists), lists.lists)
    else:
        each = inner.select_from(_joined(entry, lists)).limit(limit).correlate(lists.lists).lateral("each")
        rows = select(each.c.task_id).select_from(lists.lists.join(each, true()))
    if assigned is not None:
        rows = rows.where(lists.lists.c.assigned if assigned else ~lists.lists.c.assigned)
    counted = rows.limit(limit).subquery("counted")
    return select(func.count(counted.c.task_id.distinct())).scalar_subquery()


def _of_each_list(shape: QueryShape, lists: TaskLists) -> Select[Any]:
    entry, reads = listed.alias("entry"), lists.lists
    moment = entry.c[sort_column(shape.sort)]
    first = (
        select(entry.c.task_id, moment.label("moment"))
        .select_from(_joined(entry, lists))
        .where(
            entry.c.listing_id == reads.c.id,
            *due_condition(shape.due)(entry.c.due_order),
            *_after_cursor(shape, moment, entry.c.task_id, reads.c.priority),
            *lists.conditions,
        )
        .order_by(*order_by("created" if shape.sort == "created" else "due", moment, entry.c.task_id, None))
        .limit(_number(shape.limit))
        .correlate(reads)
    )
    if shape.sqlite:  # without LATERAL: the first rows of each list by their rowid
        row: Select[Any] = first.with_only_columns(literal_column("entry.rowid"))
        first_rows = listed.alias("first_rows")
        moment = first_rows.c[sort_column(shape.sort)]
        return select(first_rows.c.task_id, moment.label("moment"), reads.c.priority).select_from(
            reads.join(first_rows, literal_column("first_rows.rowid").in_(row))
        )
    each = first.lateral("each")
    return select(each.c.task_id, each.c.moment, reads.c.priority).select_from(reads.join(each, true()))


def _joined(entry: Any, lists: TaskLists) -> Any:
    if not lists.conditions:
        return entry
    return entry.join(task, task.c.id == entry.c.task_id).join(instance, instance.c.id == task.c.instance_id)


def _of_own_instances(shape: QueryShape, lists: TaskLists) -> Select[Any]:
    moment = task.c[sort_column(shape.sort)]
    inner = (
        select(task.c.id.label("task_id"), moment.label("moment"), task.c.priority)
        .join(instance, instance.c.id == task.c.instance_id)
        .where(
            task.c.instance_id.in_(_own_instances()),
            task.c.state == _text("open"),
            *_instance_filters(shape),
            *lists.conditions,
            *due_condition(shape.due)(task.c.due_order),
            *_after_cursor(shape, moment, task.c.id, task.c.priority),
        )
        .order_by(*order_by(shape.sort, moment, task.c.id, task.c.priority))
        .limit(_number(shape.limit))
        .subquery("of_own_instances")
    )
    return select(inner.c.task_id, inner.c.moment, inner.c.priority)


def _instance_filters(shape: QueryShape) -> list[ColumnElement[bool]]:
    """The filters by process and scope, as conditions on the instance."""
    narrowed: list[ColumnElement[bool]] = []
    if shape.process:
        narrowed.append(instance.c.definition_key == bindparam("process", type_=String))
    if shape.scope:
        narrowed.append(_within(task.c.scope, bindparam("scope", type_=String)))
    return narrowed


def _own_instances() -> Select[Any]:
    return select(participant.c.instance_id).where(
        participant.c.actor_id == _actor_id(), participant.c.until.is_(None)
    )


def _after_cursor(shape: QueryShape, moment: Any, task_id: Any, priority: Any) -> list[ColumnElement[bool]]:
    return after_cursor(shape.sort, moment, task_id, priority) if shape.after_cursor else []
