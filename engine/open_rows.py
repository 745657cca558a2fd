"""What is open beside an instance: the rows of its tasks, timers, messages and incidents, named by their tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, bindparam, func, literal_column, select

from engine.storage.hot import Statement
from engine.storage.joined import JoinedText, lines
from engine.storage.tables import incident, subscription, task, timer


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
