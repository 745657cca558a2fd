"""Locks an instance, or a task with its instance, until the transaction ends, and reads what a step needs of them.

One statement locks the rows and reads them (on SQLite the transaction has locked the whole database already).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, String, bindparam, exists, func, literal_column, select

from engine.access import Actor
from engine.access.visibility import is_candidate
from engine.errors import NotFound
from engine.storage import Statement
from engine.storage.configuration_version import CONFIGURATION_VERSION
from engine.storage.sql.functions import StringAgg, split_lines
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
    """An open row of the tables of wait states and incidents, with the token that it belongs to.

    `kind` is task, timer, retry, overdue, message, signal, condition or incident.
    """

    kind: str
    id: str
    token: str


def _constant(text: str) -> Any:
    return literal_column(f"'{text}'", String())


_OPEN_STATES: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("task", task, ("open", "suspended")),
    ("timer", timer, ("waiting", "suspended", "failed")),
    ("subscription", subscription, ("waiting", "suspended")),
    ("incident", incident, ("open",)),
)
"""Kind, table and open states. Of timers and subscriptions the column `kind` gives the kind."""


def _open_rows_text(instance_id: Any, kind: str, table: Any, states: tuple[str, ...]) -> ColumnElement[str]:
    """SQL: the open rows of an instance in one table, as one text for `_parse_open_rows`."""
    rows = table.alias(f"open_{table.name}").c
    row_kind = rows.kind if "kind" in rows and kind != "incident" else _constant(kind)
    text = row_kind + _constant(" ") + rows.id + _constant(" ") + func.coalesce(rows.token, _constant(""))
    return (
        select(StringAgg(text))
        .where(rows.instance_id == instance_id, rows.state.in_([_constant(state) for state in states]))
        .scalar_subquery()
    )


def _parse_open_rows(text: str | None) -> Iterator[OpenRow]:
    for line in split_lines(text):
        kind, row_id, token = line.split(" ")
        yield OpenRow("timer" if kind == "event" else kind, row_id, token)


_ALL_OPEN = Statement(select(*(_open_rows_text(bindparam("instance_id"), *table) for table in _OPEN_STATES)))


def read_open_rows(connection: Connection, instance_id: str) -> list[OpenRow]:
    """The rows of an instance that are open now."""
    (texts,) = _ALL_OPEN.run(connection, instance_id=instance_id).rows
    return [row for text in texts for row in _parse_open_rows(text)]


class LockedInstance(NamedTuple):
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
    suspended_at: datetime | None
    run_state: bytes
    configuration_version: int | None = None
    """The version of the configuration when the row was read; None when it is unknown."""
    open_rows: list[OpenRow] | None = None
    """The open rows of the instance; None when they must be read."""


class LockedTask(NamedTuple):
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

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> LockedTask:
        """The task of a new row of the table."""
        return cls._make([row.get(name) for name in cls._fields])


@dataclass(frozen=True)
class TaskAccess:
    """A task, its instance, and what an actor may do with the task.

    `offered`: the actor is a candidate of the task. `roles`: the actor's roles in the instance.
    """

    task: LockedTask
    instance: LockedInstance
    offered: bool
    roles: frozenset[str]
    has_draft: bool


_CANDIDATES = (
    select(StringAgg(task_candidate.c.kind + literal_column("':'") + task_candidate.c.name))
    .where(task_candidate.c.task_id == task.c.id)
    .scalar_subquery()
)
_ROLES = (
    select(StringAgg(participant.c.role))
    .where(
        participant.c.instance_id == task.c.instance_id,
        participant.c.actor_id == bindparam("actor_id"),
        participant.c.until.is_(None),
    )
    .scalar_subquery()
)
_HAS_DRAFT = exists(
    select(draft.c.task_id).where(draft.c.task_id == task.c.id, draft.c.actor_id == bindparam("actor_id"))
)
_BEFORE = instance.alias("before_lock")
_REVISION_BEFORE = select(_BEFORE.c.revision).where(_BEFORE.c.id == instance.c.id).scalar_subquery()
"""On PostgreSQL the revision when the statement began: an older one if the statement has waited for the lock."""
_INSTANCE_COLUMNS = [
    *(instance.c[name] for name in LockedInstance._fields[:-2]),
    CONFIGURATION_VERSION.label("configuration_version"),
    *(_open_rows_text(instance.c.id, *table).label(f"open_{table[0]}") for table in _OPEN_STATES),
    _REVISION_BEFORE.label("revision_before"),
]
_PLAIN_COLUMNS = len(LockedInstance._fields) - 1
_TASK_COLUMNS = [task.c[name] for name in LockedTask._fields]
_LOCK_TASK = Statement(
    select(*_INSTANCE_COLUMNS, *_TASK_COLUMNS, _CANDIDATES, _ROLES, _HAS_DRAFT)
    .join_from(task, instance, instance.c.id == task.c.instance_id)
    .where(task.c.id == bindparam("task_id"))
    .with_for_update(of=[instance, task])
)
_LOCK_INSTANCE = Statement(
    select(*_INSTANCE_COLUMNS).where(instance.c.id == bindparam("instance_id")).with_for_update(of=[instance])
)


def lock_instance(connection: Connection, instance_id: str) -> LockedInstance:
    """Lock an instance until the transaction ends. Raises NotFound."""
    rows = _LOCK_INSTANCE.run(connection, instance_id=instance_id).rows
    if not rows:
        raise NotFound("INSTANCE_NOT_FOUND")
    return _instance_of(rows[0])


def lock_task(connection: Connection, task_id: str, actor: Actor) -> TaskAccess:
    """Lock a task and its instance, and read what the actor may do with the task. Raises NotFound."""
    rows = _LOCK_TASK.run(connection, task_id=task_id, actor_id=actor.id).rows
    if not rows:
        raise NotFound("TASK_NOT_FOUND")
    row = rows[0]
    *columns, candidates, roles, has_draft = row[len(_INSTANCE_COLUMNS) :]
    found = LockedTask(*columns)._replace(restricted=bool(columns[-1]))
    offers = [(kind, name) for kind, _, name in (text.partition(":") for text in split_lines(candidates))]
    own_roles = frozenset(split_lines(roles))
    offered = is_candidate(actor, offers, found.scope, own_roles)
    return TaskAccess(found, _instance_of(row), offered, own_roles, bool(has_draft))


def _instance_of(row: tuple[Any, ...]) -> LockedInstance:
    found = LockedInstance(*row[:_PLAIN_COLUMNS])
    found = found._replace(
        started_at=_utc(found.started_at),
        suspended_at=None if found.suspended_at is None else _utc(found.suspended_at),
    )
    *texts, revision_before = row[_PLAIN_COLUMNS : len(_INSTANCE_COLUMNS)]
    if revision_before != found.revision:  # a step of another transaction has changed the open rows meanwhile
        return found
    return found._replace(open_rows=[opened for text in texts for opened in _parse_open_rows(text)])


def _utc(given: datetime | str) -> datetime:
    """A moment as the driver gives it, in UTC: on SQLite a text without time zone."""
    if isinstance(given, str):
        return datetime.fromisoformat(given).replace(tzinfo=UTC)
    return given.astimezone(UTC)
