"""Lists and searches of instances.

The list shows the newest first. Each scope and state is read by its index: a page costs a probe for each scope in which
there are instances, a page of rows for each of one's own, and the instances one takes part in. A search looks a few
hits up one by one; when it hits many, it walks the list in its order until a page is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    String,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
)

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import visible_cases, within
from engine.instances.models import CaseHit, InstanceView
from engine.instances.service import view as instance_view
from engine.storage import Database
from engine.storage.tables import definition, instance, participant, task
from engine.storage.text_search import holds

LARGEST = 2**62
"""Beyond every number of a case."""
STATES = ("active", "suspended", "completed", "cancelled")


def newest(
    actor: Actor,
    permissions: PermissionMatrix,
    conditions: Sequence[ColumnElement[bool]],
    *,
    state: str | None,
    scope: str | None,
    after: int | None,
    limit: int,
    sqlite: bool,
) -> Select[Any]:
    """The ids of the `limit` newest cases that the actor may see, of one state, in one scope, below a number.

    `conditions` are on `instance` and hold for each.
    """
    readable = sorted(permissions.scopes(actor, Permission.CASE_READ))
    wanted = [*conditions, *([instance.c.number < after] if after else [])]
    if "" in readable and not (state or scope):
        return _first(select(instance.c.id, instance.c.number).where(*wanted), limit)
    if scope:
        wanted.append(within(instance.c.scope, scope))
    if state:
        wanted.append(instance.c.state == state)
    parts: list[Select[Any]] = [_of_my_part(actor, wanted, limit)]
    if readable:
        parts.append(_of_scopes(readable, wanted, state, scope, after, limit, sqlite=sqlite))
    found = union(*parts).subquery("mine")
    return select(found.c.id).order_by(found.c.number.desc()).limit(limit)


def _first(query: Select[Any], limit: int) -> Select[Any]:
    found = query.order_by(instance.c.number.desc()).limit(limit).subquery("newest")
    return select(found.c.id)


def _of_my_part(actor: Actor, wanted: Sequence[ColumnElement[bool]], limit: int) -> Select[Any]:
    inner = (
        select(instance.c.id, instance.c.number)
        .join(participant, participant.c.instance_id == instance.c.id)
        .where(participant.c.actor_id == actor.id, participant.c.until.is_(None), *wanted)
        .order_by(instance.c.number.desc())
        .limit(limit)
        .subquery("of_my_part")
    )
    return select(inner.c.id, inner.c.number)


def _of_scopes(
    readable: Sequence[str],
    wanted: Sequence[ColumnElement[bool]],
    state: str | None,
    scope: str | None,
    after: int | None,
    limit: int,
    *,
    sqlite: bool,
) -> Select[Any]:
    """A page of each ambito and state: the first rows of one place in the index after another."""
    scopes = _scopes()
    states = union_all(
        *(select(literal(one, String).label("state")) for one in ((state,) if state else STATES))
    ).subquery("states")
    mine = and_(
        scopes.c.scope.is_not(None),
        or_(*(within(scopes.c.scope, one) for one in readable)),
        within(scopes.c.scope, scope or ""),
    )
    if sqlite:  # which knows no LATERAL: the rows by their place in the file
        first: Select[Any] = (
            select(literal_column("instance.rowid"))
            .where(instance.c.scope == scopes.c.scope, instance.c.state == states.c.state, *wanted)
            .order_by(instance.c.number.desc())
            .limit(limit)
            .correlate(scopes, states)
        )
        kept = instance.alias("kept")
        return (
            select(kept.c.id, kept.c.number)
            .select_from(scopes.join(states, true()).join(kept, literal_column("kept.rowid").in_(first)))
            .where(mine)
        )
    key = tuple_(instance.c.scope, instance.c.state, instance.c.number)
    ends = (tuple_(scopes.c.scope, states.c.state, literal(end, BigInteger)) for end in (0, after or LARGEST))
    lowest, highest = (
        ends  # compared as rows: only this index, no walk over all numbers, answers that in order
    )
    each = (
        select(instance.c.id, instance.c.number)
        .where(key > lowest, key < highest, *wanted)
        .order_by(instance.c.scope.desc(), instance.c.state.desc(), instance.c.number.desc())
        .limit(limit)
        .correlate(scopes, states)
        .lateral("each")
    )
    return (
        select(each.c.id, each.c.number)
        .select_from(scopes.join(states, true()).join(each, true()))
        .where(mine)
    )


def _scopes() -> CTE:
    """Every ambito in which there are cases: one probe of the index for each, not one row for each case."""
    least = select(func.min(instance.c.scope).label("scope")).cte("scopes", recursive=True)
    following = instance.alias("following")
    probe = select(func.min(following.c.scope)).where(following.c.scope > least.c.scope).scalar_subquery()
    return least.union_all(select(probe).where(least.c.scope.is_not(None)))


MANY = 2000
"""Beyond so many hits a list is walked in its order: a page is full long before its end."""
LONGEST_NUMBER = 17
LARGEST_PAGE = 100


@dataclass(frozen=True)
class Sought:
    """What an inbox is narrowed to: conditions on `task` and `instance`, and the tasks looked up if they are few."""

    conditions: tuple[ColumnElement[bool], ...] = ()
    few: ColumnElement[bool] | None = None


class CaseSearch:
    """The cases that a person may see, listed and searched."""

    def __init__(self, database: Database, permissions: PermissionMatrix) -> None:
        self._database = database
        self._permissions = permissions

    def search_cases(self, text: str, actor: Actor, limit: int = 20) -> tuple[CaseHit, ...]:
        """Cases of that number or business key, or whose title has words that begin with those of the text."""
        with self._database.read() as connection:
            found = case_named(text, sqlite=self._database.is_sqlite)
            query = _narrowed(
                connection, cases_with_definition(), or_(found, instance.c.business_key == text.strip())
            )
            rows = connection.execute(
                query.where(visible_cases(actor, self._permissions))
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
        """The cases one may see, the newest first; `after` is the number of the last one seen.

        `text` finds by number or by words of the title, as `search_cases` does.
        """
        sqlite, size = self._database.is_sqlite, max(1, min(limit, LARGEST_PAGE))
        narrowed: list[ColumnElement[bool]] = []
        if process:
            narrowed.append(instance.c.definition_key == process)
        if subject:
            narrowed.append(instance.c.subject == subject)
        if text:
            narrowed.append(case_named(text, sqlite=sqlite))
        with self._database.read() as connection:
            few = _few(connection, narrowed, process)
            if few is None:
                ids = newest(
                    actor,
                    self._permissions,
                    narrowed,
                    state=state,
                    scope=scope,
                    after=after,
                    limit=size,
                    sqlite=sqlite,
                )
                query = cases_with_definition().where(instance.c.id.in_(ids))
            else:
                query = cases_with_definition().where(
                    few,
                    visible_cases(actor, self._permissions),
                    within(instance.c.scope, scope or ""),
                    *([instance.c.state == state] if state else []),
                    *([instance.c.number < after] if after else []),
                )
            rows = connection.execute(query.order_by(instance.c.number.desc()).limit(size))
            return tuple(instance_view(row) for row in rows)


def cases_with_definition() -> Select[Any]:
    """Cases with the name and version of their definition."""
    return select(instance, definition.c.name.label("definition_name"), definition.c.version).join(
        definition, definition.c.id == instance.c.definition_id
    )


def case_named(text: str, *, sqlite: bool) -> ColumnElement[bool]:
    """SQL on `instance`: its number is the text, or each word of the text begins a word of its title."""
    number = text.strip()
    words = holds(instance.c.words, text, sqlite=sqlite)
    if number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER:
        return or_(words, instance.c.number == int(number))
    return words


def sought(connection: Connection, person: str | None, text: str | None, *, sqlite: bool) -> Sought:
    """What a person and a text narrow an inbox to. `person` is sought in the case, `text` in the task's name too."""
    conditions: list[ColumnElement[bool]] = []
    few: ColumnElement[bool] | None = None
    if text:
        about = case_named(text, sqlite=sqlite)
        named = holds(task.c.words, text, sqlite=sqlite)
        conditions.append(or_(named, about))
        tasks = select(task.c.id).where(task.c.state == "open", named)
        of_cases = (
            select(task.c.id)
            .join(instance, instance.c.id == task.c.instance_id)
            .where(task.c.state == "open", about)
        )
        if _are_few(connection, tasks) and _are_few(connection, of_cases):
            few = task.c.id.in_(_limited(union_all(_limited(tasks), _limited(of_cases))))
    if person:
        about = case_named(person, sqlite=sqlite)
        conditions.append(about)
        cases = select(instance.c.id).where(about)
        if few is None and _are_few(connection, cases):
            few = task.c.instance_id.in_(_limited(cases))
    return Sought(tuple(conditions), few)


def _few(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], process: str | None
) -> ColumnElement[bool] | None:
    """What finds the cases that the conditions leave, one by one, when they are few; None when they are many."""
    if not conditions:
        return None
    hits = select(instance.c.id).where(*conditions)
    if process:  # found by its versions, of which there is an index
        versions = connection.execute(select(definition.c.id).where(definition.c.key == process)).scalars()
        hits = hits.where(instance.c.definition_id.in_(versions.all()))
    return instance.c.id.in_(_limited(hits)) if _are_few(connection, hits) else None


def _narrowed(connection: Connection, query: Select[Any], condition: ColumnElement[bool]) -> Select[Any]:
    hits = select(instance.c.id).where(condition)
    if not _are_few(connection, hits):
        return query.where(condition)
    return query.where(instance.c.id.in_(_limited(hits)))


def _limited(hits: Select[Any] | CompoundSelect[Any]) -> Select[Any]:
    """The ids of few hits; with the limit the planner, too, knows that they are few."""
    few = hits.limit(2 * MANY).subquery("hits")
    return select(few.c.id)


def _are_few(connection: Connection, hits: Select[Any]) -> bool:
    some = hits.limit(MANY + 1).subquery("some")
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one()) <= MANY
