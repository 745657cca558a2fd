"""The SQL queries of instances: lists by page and searches.

A list shows the newest instances first. It reads each scope and state by an index: a page costs a probe for each scope
that has instances, a page of rows for each readable scope, and the instances in which the actor is a participant. A
search with few hits looks them up one by one; with many hits it reads the list in its order until a page is full.
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
    Row,
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

from engine.access import Actor, Permission, PermissionMatrix, within
from engine.access.visibility import visible_instances
from engine.errors import NotFound
from engine.instances.models import InstanceHit, InstanceView
from engine.storage import Database
from engine.storage.sql.keyset_pagination import Cursor, Page, page_of
from engine.storage.tables import definition, instance, participant, task
from engine.storage.text_search import words_match

STATES = ("active", "suspended", "completed", "cancelled")
MAX_NUMBER = 2**62
"""More than any number of an instance."""
FEW_HITS = 2000
"""With more hits than these a list is read in its order: a page is full long before its end."""
MAX_NUMBER_LENGTH = 17
MAX_PAGE = 100


@dataclass(frozen=True)
class InstanceFilter:
    """What narrows a list of instances; a field left empty does not narrow it.

    `process` is the key of the definition. `text` is a number, or the beginnings of words of the title.
    """

    state: str = ""
    process: str = ""
    scope: str = ""
    text: str = ""


ALL_INSTANCES = InstanceFilter()


@dataclass(frozen=True)
class SearchConditions:
    """What narrows an inbox: conditions on `task` and `instance`, and the ids of the tasks when they are few."""

    conditions: tuple[ColumnElement[bool], ...] = ()
    few: ColumnElement[bool] | None = None


def select_instances() -> Select[Any]:
    """Instances with the name and version of their definition."""
    return select(instance, definition.c.name.label("definition_name"), definition.c.version).join(
        definition, definition.c.id == instance.c.definition_id
    )


def instance_row(connection: Connection, instance_id: str) -> Row[Any]:
    """The row of an instance, as `select_instances` gives it. Raises NotFound."""
    row: Row[Any] | None = connection.execute(
        select_instances().where(instance.c.id == instance_id)
    ).one_or_none()
    if row is None:
        raise NotFound("INSTANCE_NOT_FOUND")
    return row


def instance_view(row: Row[Any]) -> InstanceView:
    """The view of a row of `select_instances`."""
    return InstanceView(
        id=row.id,
        number=row.number,
        definition_id=row.definition_id,
        definition_key=row.definition_key,
        definition_name=row.definition_name,
        definition_version=row.version,
        business_key=row.business_key,
        scope=row.scope,
        title=row.title,
        subject=row.subject,
        phase=row.phase,
        state=row.state,
        revision=row.revision,
        linked_from=row.linked_from,
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=row.ended_at,
        suspended_at=row.suspended_at,
        incidents=row.incidents,
    )


class InstanceQueries:
    """Lists and searches the instances that an actor may see."""

    def __init__(self, database: Database, permissions: PermissionMatrix) -> None:
        self._database = database
        self._permissions = permissions

    def list(
        self,
        actor: Actor,
        instance_filter: InstanceFilter = ALL_INSTANCES,
        *,
        after: str = "",
        limit: int = 25,
    ) -> Page[InstanceView]:
        """A page of instances, the newest first. `after` is the `next` of the page before. Raises InvalidInput."""
        with self._database.read() as connection:
            return _list(
                connection,
                actor,
                self._permissions,
                instance_filter,
                Cursor.decode(after, int) if after else None,
                max(1, min(limit, MAX_PAGE)),
                sqlite=self._database.is_sqlite,
            )

    def search(self, text: str, actor: Actor, limit: int = 20) -> tuple[InstanceHit, ...]:
        """The newest instances with this number or business key, or with a title that has words that begin so."""
        sqlite = self._database.is_sqlite
        with self._database.read() as connection:
            found = or_(matches_instance(text, sqlite=sqlite), instance.c.business_key == text.strip())
            hits = select(instance.c.id).where(found)
            if _are_few(connection, hits):
                found = instance.c.id.in_(_limited(hits))
            rows = connection.execute(
                select_instances()
                .where(found, visible_instances(actor, self._permissions))
                .order_by(instance.c.number.desc())
                .limit(limit)
            ).all()
        return tuple(
            InstanceHit(row.id, row.number, row.title, row.definition_name, row.phase, row.state)
            for row in rows
        )


# -- lists -------------------------------------------------------------------------------------------------------------


def _list(
    connection: Connection,
    actor: Actor,
    permissions: PermissionMatrix,
    instance_filter: InstanceFilter,
    cursor: Cursor | None,
    limit: int,
    *,
    sqlite: bool,
) -> Page[InstanceView]:
    conditions: list[ColumnElement[bool]] = []
    if instance_filter.process:
        conditions.append(instance.c.definition_key == instance_filter.process)
    if instance_filter.text:
        conditions.append(matches_instance(instance_filter.text, sqlite=sqlite))
    few = _few_instances(connection, conditions, instance_filter.process)
    if few is None:
        ids = _newest_ids(
            actor,
            permissions,
            conditions,
            state=instance_filter.state,
            scope=instance_filter.scope,
            cursor=cursor,
            limit=limit + 1,
            sqlite=sqlite,
        )
        query = select_instances().where(instance.c.id.in_(ids))
    else:
        query = select_instances().where(
            few,
            visible_instances(actor, permissions),
            within(instance.c.scope, instance_filter.scope),
            *([instance.c.state == instance_filter.state] if instance_filter.state else []),
            *([cursor.after([instance.c.number], descending=True)] if cursor else []),
        )
    rows = connection.execute(query.order_by(instance.c.number.desc()).limit(limit + 1)).all()
    return page_of(rows, limit, instance_view, lambda row: (row.number,))


def _newest_ids(
    actor: Actor,
    permissions: PermissionMatrix,
    conditions: Sequence[ColumnElement[bool]],
    *,
    state: str,
    scope: str,
    cursor: Cursor | None,
    limit: int,
    sqlite: bool,
) -> Select[Any]:
    """The ids of the `limit` newest instances after a cursor that the actor may see, of one state, in one scope.

    `conditions` are on `instance` and hold for each.
    """
    readable = sorted(permissions.scopes(actor, Permission.CASE_READ))
    conditions = list(conditions)
    if cursor:
        conditions.append(cursor.after([instance.c.number], descending=True))
    if "" in readable and not (state or scope):
        newest = _newest(select(instance.c.id, instance.c.number).where(*conditions), limit, "newest")
        return select(newest.c.id)
    if scope:
        conditions.append(within(instance.c.scope, scope))
    if state:
        conditions.append(instance.c.state == state)
    parts: list[Select[Any]] = [_newest_as_participant(actor, conditions, limit)]
    if readable:
        parts.append(_newest_of_scopes(readable, conditions, state, scope, cursor, limit, sqlite=sqlite))
    visible = union(*parts).subquery("visible")
    return select(visible.c.id).order_by(visible.c.number.desc()).limit(limit)


def _newest(query: Select[Any], limit: int, name: str) -> Any:
    return query.order_by(instance.c.number.desc()).limit(limit).subquery(name)


def _newest_as_participant(
    actor: Actor, conditions: Sequence[ColumnElement[bool]], limit: int
) -> Select[Any]:
    query = (
        select(instance.c.id, instance.c.number)
        .join(participant, participant.c.instance_id == instance.c.id)
        .where(participant.c.actor_id == actor.id, participant.c.until.is_(None), *conditions)
    )
    newest = _newest(query, limit, "as_participant")
    return select(newest.c.id, newest.c.number)


def _newest_of_scopes(
    readable: Sequence[str],
    conditions: Sequence[ColumnElement[bool]],
    state: str,
    scope: str,
    cursor: Cursor | None,
    limit: int,
    *,
    sqlite: bool,
) -> Select[Any]:
    """A page of each readable scope and state: the first rows of one range of the index after another."""
    scopes = _scopes_with_instances()
    states = union_all(
        *(select(literal(one, String).label("state")) for one in ((state,) if state else STATES))
    ).subquery("states")
    chosen = and_(
        scopes.c.scope.is_not(None),
        or_(*(within(scopes.c.scope, one) for one in readable)),
        within(scopes.c.scope, scope),
    )
    if sqlite:  # which has no LATERAL: the rows by their rowid
        first: Select[Any] = (
            select(literal_column("instance.rowid"))
            .where(instance.c.scope == scopes.c.scope, instance.c.state == states.c.state, *conditions)
            .order_by(instance.c.number.desc())
            .limit(limit)
            .correlate(scopes, states)
        )
        by_rowid = instance.alias("by_rowid")
        return (
            select(by_rowid.c.id, by_rowid.c.number)
            .select_from(
                scopes.join(states, true()).join(by_rowid, literal_column("by_rowid.rowid").in_(first))
            )
            .where(chosen)
        )
    before = cursor.keys[0] if cursor else MAX_NUMBER
    # compared as rows: then only the index by scope, state and number answers in order, not the one by number
    key = tuple_(instance.c.scope, instance.c.state, instance.c.number)
    lowest, highest = (
        tuple_(scopes.c.scope, states.c.state, literal(number, BigInteger)) for number in (0, before)
    )
    each = (
        select(instance.c.id, instance.c.number)
        .where(key > lowest, key < highest, *conditions)
        .order_by(instance.c.scope.desc(), instance.c.state.desc(), instance.c.number.desc())
        .limit(limit)
        .correlate(scopes, states)
        .lateral("each")
    )
    return (
        select(each.c.id, each.c.number)
        .select_from(scopes.join(states, true()).join(each, true()))
        .where(chosen)
    )


def _scopes_with_instances() -> CTE:
    """Every scope that has instances: one probe of the index for each scope, not one row for each instance."""
    least = select(func.min(instance.c.scope).label("scope")).cte("scopes", recursive=True)
    following = instance.alias("following")
    probe = select(func.min(following.c.scope)).where(following.c.scope > least.c.scope).scalar_subquery()
    return least.union_all(select(probe).where(least.c.scope.is_not(None)))


# -- searches ----------------------------------------------------------------------------------------------------------


def matches_instance(text: str, *, sqlite: bool) -> ColumnElement[bool]:
    """SQL on `instance`: its number is the text, or each word of the text begins a word of its title."""
    number = text.strip()
    words = words_match(instance.c.words, text, sqlite=sqlite)
    if number.isascii() and number.isdigit() and len(number) <= MAX_NUMBER_LENGTH:
        return or_(words, instance.c.number == int(number))
    return words


def search_conditions(
    connection: Connection, person: str | None, text: str | None, *, sqlite: bool
) -> SearchConditions:
    """What a person and a text narrow an inbox to.

    `person` is searched in the instance, `text` in the instance and in the name of the task.
    """
    conditions: list[ColumnElement[bool]] = []
    few: ColumnElement[bool] | None = None
    if text:
        in_instance = matches_instance(text, sqlite=sqlite)
        in_task = words_match(task.c.words, text, sqlite=sqlite)
        conditions.append(or_(in_task, in_instance))
        by_task = select(task.c.id).where(task.c.state == "open", in_task)
        by_instance = (
            select(task.c.id)
            .join(instance, instance.c.id == task.c.instance_id)
            .where(task.c.state == "open", in_instance)
        )
        if _are_few(connection, by_task) and _are_few(connection, by_instance):
            few = task.c.id.in_(_limited(union_all(_limited(by_task), _limited(by_instance))))
    if person:
        in_instance = matches_instance(person, sqlite=sqlite)
        conditions.append(in_instance)
        instances = select(instance.c.id).where(in_instance)
        if few is None and _are_few(connection, instances):
            few = task.c.instance_id.in_(_limited(instances))
    return SearchConditions(tuple(conditions), few)


def _few_instances(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], process: str
) -> ColumnElement[bool] | None:
    """SQL on `instance`: the ids that the conditions leave, when they are few; None when they are many."""
    if not conditions:
        return None
    hits = select(instance.c.id).where(*conditions)
    if process:  # found by its versions, of which there is an index
        versions = connection.execute(select(definition.c.id).where(definition.c.key == process)).scalars()
        hits = hits.where(instance.c.definition_id.in_(versions.all()))
    return instance.c.id.in_(_limited(hits)) if _are_few(connection, hits) else None


def _limited(hits: Select[Any] | CompoundSelect[Any]) -> Select[Any]:
    """The ids of few hits; the limit tells the planner of the database that they are few."""
    few = hits.limit(2 * FEW_HITS).subquery("hits")
    return select(few.c.id)


def _are_few(connection: Connection, hits: Select[Any]) -> bool:
    limited = hits.limit(FEW_HITS + 1).subquery("limited")
    return int(connection.execute(select(func.count()).select_from(limited)).scalar_one()) <= FEW_HITS
