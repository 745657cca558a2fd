"""The tasks of one person's lists, in order: each list is read by its index, only as far as a page is long.

The rows of `listing` are the lists there are (a few for an operator), those of `listed` the open tasks in them. Who
asks and what for are values of the statements (see `values_of`), so that a few statements serve everybody.
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

from engine.access.actors import Actor
from engine.storage.tables import instance, listed, listing, participant, task
from engine.storage.types import UtcDateTime
from engine.tasks.keyset_pagination import Sort, beyond, moment_of, ordering
from engine.temporal import day_in_rome, end_of_day, start_of_day

SOON = timedelta(days=3)

Due = Callable[[Any], list[ColumnElement[bool]]]
"""Conditions on a column that holds when a task is due."""


@dataclass(frozen=True)
class Shape:
    """What tells one statement of the inbox from another; everything else is a value of it."""

    sqlite: bool
    system: bool
    """Whether the system itself asks, which may work on every task."""
    box: str
    process: bool = False
    scope: bool = False
    due: str | None = None
    sort: Sort = "due"
    further: bool = False
    """Whether it is a page after the first."""
    size: int = 0


@dataclass(frozen=True)
class Lists:
    """What a person reads. `part_of`: also the open tasks of the cases they take part in."""

    reads: CTE
    """Of `listing`: id, priority, and whether its tasks are held by somebody."""
    part_of: bool = False
    conditions: tuple[ColumnElement[bool], ...] = ()
    """On `task` and `instance`: each row looked at costs a look at both."""


def values_of(actor: Actor, now: datetime, *, readable: Iterable[str] = ()) -> dict[str, Any]:
    """The values of every statement made here. `readable`: the scopes whose cases the actor may read."""
    today = day_in_rome(now)
    return {
        "actor_id": actor.id,
        "held": json.dumps(sorted((one.role, one.scope) for one in actor.memberships)),
        "readable": json.dumps(sorted(readable)),
        "now": now,
        "day_begins": start_of_day(today).astimezone(UTC),
        "day_ends": end_of_day(today).astimezone(UTC),
        "soon": now + SOON,
    }


def lists_of(shape: Shape) -> Lists:
    """The lists of a box of the inbox, of one process and one scope if these are asked for."""
    box = shape.box
    narrowed: list[ColumnElement[bool]] = []
    if shape.process:
        narrowed.append(listing.c.process == bindparam("process", type_=String))
    if shape.scope:
        narrowed.append(_within(listing.c.scope, bindparam("scope", type_=String)))
    mine: tuple[ColumnElement[bool], ...] = (listing.c.kind == _text("holder"), listing.c.name == _actor_id())
    if shape.system:
        free: list[ColumnElement[bool]] = [task.c.assignee.is_(None)] if box == "groups" else []
        free = [or_(task.c.assignee.is_(None), task.c.assignee == _actor_id())] if box == "todo" else free
        wanted = mine if box == "mine" else (listing.c.kind == _text("scope"),)
        return Lists(_listings(*wanted, *narrowed).cte("reads"), conditions=tuple(free))
    found: list[Select[Any]] = []
    if box != "groups":
        found.append(_listings(*mine, *narrowed))
    if box != "mine":
        found.append(_listings(listing.c.kind == _text("user"), listing.c.name == _actor_id(), *narrowed))
        found.append(_offered_to_roles(shape.sqlite).where(*narrowed))
    if box == "all":
        found.append(_of_readable_scopes(shape.sqlite).where(*narrowed))
    reads = union(*found) if len(found) > 1 else found[0]
    return Lists(reads.cte("reads"), part_of=box == "all")


def _listings(*conditions: ColumnElement[bool]) -> Select[Any]:
    held = (listing.c.kind == _text("holder")).label("held")
    return select(listing.c.id, listing.c.priority, held).where(*conditions)


def _offered_to_roles(sqlite: bool) -> Select[Any]:
    values = _json_rows("held", sqlite)
    if sqlite:
        role, scope = (func.json_extract(values.c.value, _text(f"$[{place}]")) for place in (0, 1))
    else:
        role, scope = (values.c.value.op("->>")(_number(place)) for place in (0, 1))
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
    """SQL: the scope in `column` is `scope`, which is a value, or below it."""
    slash = _text("/")
    below = func.substr(column, _number(1), func.length(scope) + _number(1)) == scope.concat(slash)
    return or_(scope == _text(""), column == scope, below)


def _text(text: str) -> Any:
    return literal_column(f"'{text}'", String())  # our own words: not values that a driver must carry


def _number(number: int) -> Any:
    return literal_column(str(number))


def _actor_id() -> Any:
    return bindparam("actor_id", type_=String)


def due_within(due: str | None) -> Due:
    """The conditions of a filter: overdue, today, soon (within three days), none; or between two moments (`since`,
    `until`, which are values)."""

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


def first_tasks(shape: Shape, lists: Lists) -> Subquery:
    """The first tasks beyond a place, each once: task_id, moment, priority."""
    found = [_of_each_list(shape, lists)]
    if lists.part_of:
        found.append(_of_my_cases(shape, lists))
    several = union_all(*found).subquery("several") if len(found) > 1 else found[0].subquery("several")
    once = select(several.c.task_id, several.c.moment, several.c.priority).distinct()
    ordered = ordering(shape.sort, several.c.moment, several.c.task_id, several.c.priority)
    return once.order_by(*ordered).limit(_number(shape.size)).subquery("found")


def tasks_among(shape: Shape, lists: Lists, hits: ColumnElement[bool]) -> Subquery:
    """The same, for few tasks known beforehand: those are looked up in the lists, instead of the lists being walked."""
    moment = task.c[moment_of(shape.sort)]
    in_lists = exists(
        select(listed.c.task_id)
        .join(lists.reads, lists.reads.c.id == listed.c.listing_id)
        .where(listed.c.task_id == task.c.id)
    )
    mine = and_(task.c.instance_id.in_(_my_cases()), *_on_cases(shape)) if lists.part_of else None
    return (
        select(task.c.id.label("task_id"), moment.label("moment"), task.c.priority)
        .join(instance, instance.c.id == task.c.instance_id)
        .where(
            task.c.state == _text("open"),
            hits,
            or_(in_lists, mine) if mine is not None else in_lists,
            *lists.conditions,
            *due_within(shape.due)(task.c.due_order),
            *_place(shape, moment, task.c.id, task.c.priority),
        )
        .order_by(*ordering(shape.sort, moment, task.c.id, task.c.priority))
        .limit(_number(shape.size))
        .subquery("found")
    )


def how_many(shape: Shape, asked: Sequence[tuple[bool | None, Due]]) -> Select[Any]:
    """How many tasks stand in the lists, for each question, counted no further than `shape.size` rows.

    A question is whether the tasks are assigned (None: all the same) and when they are due.
    """
    lists = lists_of(shape)
    columns: list[Any] = [
        _counted(shape, lists, held, due).label(f"counted_{place}") for place, (held, due) in enumerate(asked)
    ]
    return select(*columns)


def _counted(shape: Shape, lists: Lists, held: bool | None, due: Due) -> ScalarSelect[int]:
    entry, reads, most = listed.alias("entry"), lists.reads, _number(shape.size)
    inner = select(entry.c.task_id).where(
        entry.c.listing_id == reads.c.id, *due(entry.c.due_order), *lists.conditions
    )
    if shape.sqlite:
        rows = inner.select_from(_joined(entry, lists), reads)
    else:
        each = inner.select_from(_joined(entry, lists)).limit(most).correlate(reads).lateral("each")
        rows = select(each.c.task_id).select_from(reads.join(each, true()))
    if held is not None:
        rows = rows.where(reads.c.held if held else ~reads.c.held)
    counted = rows.limit(most).subquery("counted")
    return select(func.count(counted.c.task_id.distinct())).scalar_subquery()


def _of_each_list(shape: Shape, lists: Lists) -> Select[Any]:
    entry, reads = listed.alias("entry"), lists.reads
    moment = entry.c[moment_of(shape.sort)]
    first = (
        select(entry.c.task_id, moment.label("moment"))
        .select_from(_joined(entry, lists))
        .where(
            entry.c.listing_id == reads.c.id,
            *due_within(shape.due)(entry.c.due_order),
            *_place(shape, moment, entry.c.task_id, reads.c.priority),
            *lists.conditions,
        )
        .order_by(*ordering("created" if shape.sort == "created" else "due", moment, entry.c.task_id, None))
        .limit(_number(shape.size))
        .correlate(reads)
    )
    if shape.sqlite:  # which knows no LATERAL: the first rows of each list by their place in the file
        row: Select[Any] = first.with_only_columns(literal_column("entry.rowid"))
        kept = listed.alias("kept")
        moment = kept.c[moment_of(shape.sort)]
        return select(kept.c.task_id, moment.label("moment"), reads.c.priority).select_from(
            reads.join(kept, literal_column("kept.rowid").in_(row))
        )
    each = first.lateral("each")
    return select(each.c.task_id, each.c.moment, reads.c.priority).select_from(reads.join(each, true()))


def _joined(entry: Any, lists: Lists) -> Any:
    if not lists.conditions:
        return entry
    return entry.join(task, task.c.id == entry.c.task_id).join(instance, instance.c.id == task.c.instance_id)


def _of_my_cases(shape: Shape, lists: Lists) -> Select[Any]:
    moment = task.c[moment_of(shape.sort)]
    inner = (
        select(task.c.id.label("task_id"), moment.label("moment"), task.c.priority)
        .join(instance, instance.c.id == task.c.instance_id)
        .where(
            task.c.instance_id.in_(_my_cases()),
            task.c.state == _text("open"),
            *_on_cases(shape),
            *lists.conditions,
            *due_within(shape.due)(task.c.due_order),
            *_place(shape, moment, task.c.id, task.c.priority),
        )
        .order_by(*ordering(shape.sort, moment, task.c.id, task.c.priority))
        .limit(_number(shape.size))
        .subquery("of_my_cases")
    )
    return select(inner.c.task_id, inner.c.moment, inner.c.priority)


def _on_cases(shape: Shape) -> list[ColumnElement[bool]]:
    """What narrows the cases one takes part in, as the lists are narrowed already."""
    narrowed: list[ColumnElement[bool]] = []
    if shape.process:
        narrowed.append(instance.c.definition_key == bindparam("process", type_=String))
    if shape.scope:
        narrowed.append(_within(task.c.scope, bindparam("scope", type_=String)))
    return narrowed


def _my_cases() -> Select[Any]:
    return select(participant.c.instance_id).where(
        participant.c.actor_id == _actor_id(), participant.c.until.is_(None)
    )


def _place(shape: Shape, moment: Any, task_id: Any, priority: Any) -> list[ColumnElement[bool]]:
    return beyond(shape.sort, moment, task_id, priority) if shape.further else []
