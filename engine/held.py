"""An instance, or a task with its instance, held until the transaction ends, with all that a step asks of them.

One statement reads them under their lock (SQLite: the whole database is held), whatever the step will do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, exists, literal_column, select

from engine.actors import Actor
from engine.errors import NotFound
from engine.open_rows import OPEN_ROWS, OpenRow, open_rows, read_open
from engine.storage.configuration import CHANGES
from engine.storage.hot import Statement
from engine.storage.joined import JoinedText, lines
from engine.storage.tables import draft, instance, participant, task, task_candidate
from engine.visibility import offered_to


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
