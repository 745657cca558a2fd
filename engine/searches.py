"""Finding cases and tasks by the words of a title or a name, or by a number; and the list of cases.

A few hits are looked up one by one; when a search hits many, the list is walked in its order until a page is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, func, or_, select, union_all

from engine.actors import Actor
from engine.case_lists import newest
from engine.instances import view as instance_view
from engine.permissions import PermissionMatrix
from engine.storage import Database
from engine.storage.tables import definition, instance, task
from engine.storage.words import holds
from engine.views import CaseHit, InstanceView
from engine.visibility import visible_cases, within

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
