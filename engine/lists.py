"""The tasks of one person's lists, in order: each list is read by its index, only as far as a page is long.

The rows of `listing` are the lists there are (a few for an operator), those of `listed` the open tasks in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Subquery,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.expression import ScalarSelect

from engine.actors import Actor
from engine.paging import Place, Sort, beyond, moment_of, ordering
from engine.permissions import Permission, PermissionMatrix
from engine.storage.tables import instance, listed, listing, participant, task
from engine.visibility import within

Due = Callable[[Any], list[ColumnElement[bool]]]
"""Conditions on a column that holds when a task is due."""


@dataclass(frozen=True)
class Lists:
    """What a person reads. `part_of`: also the open tasks of the cases this user takes part in."""

    wanted: ColumnElement[bool]
    """On `listing`."""
    part_of: str | None = None
    conditions: tuple[ColumnElement[bool], ...] = ()
    """On `task` and `instance`: each row looked at costs a look at both."""


def lists_of(
    actor: Actor, box: str, permissions: PermissionMatrix, *, process: str | None, scope: str | None
) -> Lists | None:
    """The lists of a box of the inbox, of one process and one scope if these are named; None when there is none."""
    narrowed = [*([listing.c.process == process] if process else []), within(listing.c.scope, scope or "")]
    if actor.is_system:
        kind = "holder" if box == "mine" else "scope"
        named = [listing.c.name == actor.id] if box == "mine" else []
        free = (or_(task.c.assignee.is_(None), task.c.assignee == actor.id),) if box == "todo" else ()
        free = (task.c.assignee.is_(None),) if box == "groups" else free
        return Lists(and_(listing.c.kind == kind, *named, *narrowed), conditions=free)
    if box == "all" and not actor.memberships:
        return None
    kinds: list[ColumnElement[bool]] = []
    if box != "groups":
        kinds.append(and_(listing.c.kind == "holder", listing.c.name == actor.id))
    if box != "mine":
        kinds += _offered(actor)
    if box != "all":
        return Lists(and_(or_(*kinds), *narrowed))
    readable = [
        within(listing.c.scope, one) for one in sorted(permissions.scopes(actor, Permission.CASE_READ))
    ]
    if readable:
        kinds.append(and_(listing.c.kind == "scope", or_(*readable)))
    return Lists(and_(or_(*kinds), *narrowed), part_of=actor.id)


def _offered(actor: Actor) -> list[ColumnElement[bool]]:
    by_scope: dict[str, list[str]] = {}
    for held in actor.memberships:
        by_scope.setdefault(held.scope, []).append(held.role)
    return [
        and_(listing.c.kind == "user", listing.c.name == actor.id),
        *(
            and_(listing.c.kind == "role", listing.c.name.in_(sorted(roles)), within(listing.c.scope, scope))
            for scope, roles in sorted(by_scope.items())
        ),
    ]


def first_tasks(
    lists: Lists,
    sort: Sort,
    ended: Place | None,
    size: int,
    *,
    due: Due,
    on_cases: Sequence[ColumnElement[bool]],
    sqlite: bool,
) -> Subquery:
    """The first `size` tasks beyond a place, each once: task_id, moment, priority.

    `on_cases` narrows the cases one takes part in, as the lists are narrowed already.
    """
    found = [_of_each_list(lists, sort, ended, size, due, sqlite)]
    if lists.part_of:
        found.append(_of_my_cases(lists, sort, ended, size, due, on_cases))
    several = union_all(*found).subquery("several") if len(found) > 1 else found[0].subquery("several")
    once = select(several.c.task_id, several.c.moment, several.c.priority).distinct()
    ordered = ordering(sort, several.c.moment, several.c.task_id, several.c.priority)
    return once.order_by(*ordered).limit(size).subquery("found")


def tasks_among(
    lists: Lists,
    hits: ColumnElement[bool],
    sort: Sort,
    ended: Place | None,
    size: int,
    *,
    due: Due,
    on_cases: Sequence[ColumnElement[bool]],
) -> Subquery:
    """The same, for few tasks known beforehand: those are looked up in the lists, instead of the lists being walked."""
    moment = task.c[moment_of(sort)]
    place = beyond(sort, ended, moment, task.c.id, task.c.priority) if ended else []
    in_lists = exists(
        select(listed.c.task_id)
        .join(listing, listing.c.id == listed.c.listing_id)
        .where(listed.c.task_id == task.c.id, lists.wanted)
    )
    mine = and_(_takes_part(lists.part_of), *on_cases) if lists.part_of else None
    return (
        select(task.c.id.label("task_id"), moment.label("moment"), task.c.priority)
        .join(instance, instance.c.id == task.c.instance_id)
        .where(
            task.c.state == "open",
            hits,
            or_(in_lists, mine) if mine is not None else in_lists,
            *lists.conditions,
            *due(task.c.due_order),
            *place,
        )
        .order_by(*ordering(sort, moment, task.c.id, task.c.priority))
        .limit(size)
        .subquery("found")
    )


def how_many(
    lists: Lists, most: int, asked: Sequence[tuple[bool | None, Due]], *, sqlite: bool
) -> Select[Any]:
    """How many tasks stand in the lists, for each question, counted no further than `most` rows.

    A question is whether the tasks are assigned (None: all the same) and when they are due.
    """
    reads = select(listing.c.id, (listing.c.kind == "holder").label("held")).where(lists.wanted).cte("reads")
    columns: list[Any] = [_counted(reads, lists, most, held, due, sqlite) for held, due in asked]
    return select(*columns)


def _counted(
    reads: CTE, lists: Lists, most: int, held: bool | None, due: Due, sqlite: bool
) -> ScalarSelect[int]:
    entry = listed.alias("entry")
    inner = select(entry.c.task_id).where(
        entry.c.listing_id == reads.c.id, *due(entry.c.due_order), *lists.conditions
    )
    if sqlite:
        rows = inner.select_from(_joined(entry, lists), reads)
    else:
        each = inner.select_from(_joined(entry, lists)).limit(most).correlate(reads).lateral("each")
        rows = select(each.c.task_id).select_from(reads.join(each, true()))
    if held is not None:
        rows = rows.where(reads.c.held.is_(held) if sqlite else reads.c.held == held)
    counted = rows.limit(most).subquery("counted")
    return select(func.count(counted.c.task_id.distinct())).scalar_subquery()


def _of_each_list(
    lists: Lists, sort: Sort, ended: Place | None, size: int, due: Due, sqlite: bool
) -> Select[Any]:
    entry = listed.alias("entry")
    moment = entry.c[moment_of(sort)]
    place = beyond(sort, ended, moment, entry.c.task_id, listing.c.priority) if ended else []
    first = (
        select(entry.c.task_id, moment.label("moment"))
        .select_from(_joined(entry, lists))
        .where(entry.c.listing_id == listing.c.id, *due(entry.c.due_order), *place, *lists.conditions)
        .order_by(*ordering("created" if sort == "created" else "due", moment, entry.c.task_id, None))
        .limit(size)
        .correlate(listing)
    )
    if sqlite:  # which knows no LATERAL: the first rows of each list by their place in the file
        row: Select[Any] = first.with_only_columns(literal_column("entry.rowid"))
        kept = listed.alias("kept")
        joined = listing.join(kept, literal_column("kept.rowid").in_(row))
        moment = kept.c[moment_of(sort)]
        return (
            select(kept.c.task_id, moment.label("moment"), listing.c.priority)
            .select_from(joined)
            .where(lists.wanted)
        )
    each = first.lateral("each")
    return (
        select(each.c.task_id, each.c.moment, listing.c.priority)
        .select_from(listing.join(each, true()))
        .where(lists.wanted)
    )


def _joined(entry: Any, lists: Lists) -> Any:
    if not lists.conditions:
        return entry
    return entry.join(task, task.c.id == entry.c.task_id).join(instance, instance.c.id == task.c.instance_id)


def _of_my_cases(
    lists: Lists,
    sort: Sort,
    ended: Place | None,
    size: int,
    due: Due,
    on_cases: Sequence[ColumnElement[bool]],
) -> Select[Any]:
    moment = task.c[moment_of(sort)]
    place = beyond(sort, ended, moment, task.c.id, task.c.priority) if ended else []
    cases = select(participant.c.instance_id).where(
        participant.c.actor_id == lists.part_of, participant.c.until.is_(None)
    )
    inner = (
        select(task.c.id.label("task_id"), moment.label("moment"), task.c.priority)
        .join(instance, instance.c.id == task.c.instance_id)
        .where(
            task.c.instance_id.in_(cases),
            task.c.state == "open",
            *on_cases,
            *lists.conditions,
            *due(task.c.due_order),
            *place,
        )
        .order_by(*ordering(sort, moment, task.c.id, task.c.priority))
        .limit(size)
        .subquery("of_my_cases")
    )
    return select(inner.c.task_id, inner.c.moment, inner.c.priority)


def _takes_part(actor_id: str) -> ColumnElement[bool]:
    return exists(
        select(participant.c.instance_id).where(
            participant.c.instance_id == task.c.instance_id,
            participant.c.actor_id == actor_id,
            participant.c.until.is_(None),
        )
    )
