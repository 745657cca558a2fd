"""Locks an instance, or a task with its instance, until the transaction ends, and reads what a step needs of them.

One statement reads the rows and locks them (on SQLite the transaction has locked the whole database already).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, String, bindparam, exists, func, literal_column, select

from engine.access.actors import Actor
from engine.access.visibility import offered_to
from engine.errors import NotFound
from engine.storage.configuration_version import CHANGES
from engine.storage.sql.functions import JoinedText, lines
from engine.storage.sql.statements import Statement
from engine.storage.tables import (
    draft,
    incident,
    instance,
    participant,
    subscription,
    task,
    task_candidate,
    timer,
)


@dataclass(frozen=True)
class OpenRow:
    """A row that is open in some table, by what it is for the run: task, timer, retry, overdue, message, incident…"""

    what: str
    id: str
    token: str


def _constant(word: str) -> Any:
    return literal_column(f"'{word}'", String())


OPEN_ROWS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("task", task, ("open", "suspended")),
    ("timer", timer, ("waiting", "suspended", "failed")),
    ("subscription", subscription, ("waiting", "suspended")),
    ("incident", incident, ("open",)),
)
"""What the run calls it (a timer or a subscription: by its kind), table, states in which a row is open."""


def open_rows(instance_id: Any, what: str, table: Any, states: tuple[str, ...]) -> ColumnElement[str]:
    """SQL: the open rows of an instance in one table, as one text for `read_open`."""
    rows = table.alias(f"open_{table.name}").c
    kind = rows.kind if "kind" in rows and what != "incident" else _constant(what)
    text = kind + _constant(" ") + rows.id + _constant(" ") + func.coalesce(rows.token, _constant(""))
    return (
        select(JoinedText(text))
        .where(rows.instance_id == instance_id, rows.state.in_([_constant(state) for state in states]))
        .scalar_subquery()
    )


def read_open(text: str | None) -> Iterator[OpenRow]:
    """The rows of a text of `open_rows`."""
    for line in lines(text):
        what, row_id, token = line.split(" ")
        yield OpenRow("timer" if what == "event" else what, row_id, token)


_ALL = Statement(select(*(open_rows(bindparam("instance_id"), *what) for what in OPEN_ROWS)))


def now_open(connection: Connection, instance_id: str) -> list[OpenRow]:
    """The rows that are open now, read by a statement of their own."""
    (texts,) = _ALL.run(connection, instance_id=instance_id).rows
    return [row for text in texts for row in read_open(text)]


class HeldCase(NamedTuple):
    """The columns of an instance that a step needs."""

    id: str
    number: int
    definition_id: str
    definition_key: str
    business_key: str
    scope: str
    title: str
    subject: str | None
    phase: str
    state: str
    revision: int
    linked_from: str | None
    started_at: datetime
    run_state: bytes
    changes: int | None = None
    """How often the configuration had changed, or None when it is not known."""
    open_rows: list[OpenRow] | None = None
    """The rows that are open in other tables, or None when they must be read."""


class HeldTask(NamedTuple):
    """The columns of a task that a step needs."""

    id: str
    instance_id: str
    token: str
    definition_id: str
    element_id: str
    name: str
    form_id: str | None
    process_id: str
    scope: str
    assignee: str | None
    state: str
    revision: int
    completed_by: str | None
    not_by: str | None
    restricted: bool


def new_task(row: Mapping[str, Any]) -> HeldTask:
    """The columns of a task that begins, from its row."""
    return HeldTask._make([row.get(name) for name in HeldTask._fields])


@dataclass(frozen=True)
class Held:
    """A task and its instance; `offered` to the actor who asks, who holds there the roles of `parts`."""

    task: HeldTask
    case: HeldCase
    offered: bool
    parts: frozenset[str]
    has_draft: bool


_CANDIDATES = (
    select(JoinedText(task_candidate.c.kind + literal_column("':'") + task_candidate.c.name))
    .where(task_candidate.c.task_id == task.c.id)
    .scalar_subquery()
)
_PARTS = (
    select(JoinedText(participant.c.role))
    .where(
        participant.c.instance_id == task.c.instance_id,
        participant.c.actor_id == bindparam("actor_id"),
        participant.c.until.is_(None),
    )
    .scalar_subquery()
)
_DRAFT = exists(
    select(draft.c.task_id).where(draft.c.task_id == task.c.id, draft.c.actor_id == bindparam("actor_id"))
)
_ELSEWHERE = instance.alias("elsewhere")
_SNAPSHOT = select(_ELSEWHERE.c.revision).where(_ELSEWHERE.c.id == instance.c.id).scalar_subquery()
"""On PostgreSQL the revision as it was when the statement began: before what it has waited for, if it has waited."""
_OPEN = [open_rows(instance.c.id, *what).label(f"open_{what[0]}") for what in OPEN_ROWS]
_CASE = [
    *(instance.c[name] for name in HeldCase._fields[:-2]),
    CHANGES.label("changes"),
    *_OPEN,
    _SNAPSHOT.label("snapshot"),
]
_COLUMNS = len(HeldCase._fields) - 1
_WIDE = len(_CASE)
_TASK = [task.c[name] for name in HeldTask._fields]
_BY_TASK = Statement(
    select(*_CASE, *_TASK, _CANDIDATES, _PARTS, _DRAFT)
    .join_from(task, instance, instance.c.id == task.c.instance_id)
    .where(task.c.id == bindparam("task_id"))
    .with_for_update(of=[instance, task])
)
_BY_ID = Statement(
    select(*_CASE).where(instance.c.id == bindparam("instance_id")).with_for_update(of=[instance])
)


def hold_case(connection: Connection, instance_id: str) -> HeldCase:
    """Hold an instance. Raises NotFound."""
    rows = _BY_ID.run(connection, instance_id=instance_id).rows
    if not rows:
        raise NotFound("La pratica non c'è")
    return _case(rows[0])


def hold_task(connection: Connection, task_id: str, actor: Actor) -> Held:
    """Hold a task and its instance, and see what the task is to the actor. Raises NotFound."""
    rows = _BY_TASK.run(connection, task_id=task_id, actor_id=actor.id).rows
    if not rows:
        raise NotFound("Il compito non c'è")
    row = rows[0]
    *columns, candidates, roles, has_draft = row[_WIDE:]
    found = HeldTask(*columns)._replace(restricted=bool(columns[-1]))
    offers = [(kind, name) for kind, _, name in (text.partition(":") for text in lines(candidates))]
    parts = frozenset(lines(roles))
    return Held(found, _case(row), offered_to(actor, offers, found.scope, parts), parts, bool(has_draft))


def _case(row: tuple[Any, ...]) -> HeldCase:
    case = HeldCase(*row[:_COLUMNS])
    case = case._replace(started_at=_utc(case.started_at))
    *opened, snapshot = row[_COLUMNS:_WIDE]
    if snapshot != case.revision:  # another step ended while this one waited: what is open must be read anew
        return case
    return case._replace(open_rows=[row for text in opened for row in read_open(text)])


def _utc(given: datetime | str) -> datetime:
    """A moment as the driver gives it: on SQLite the text of one in UTC."""
    if isinstance(given, str):
        return datetime.fromisoformat(given).replace(tzinfo=UTC)
    return given.astimezone(UTC)
