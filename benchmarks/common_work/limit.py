"""The database's own limit: the statements of our completions sent again by the bare driver, no workflow.

A run of completions is recorded, statement by statement with its values, on a copy of a database; the same are then
replayed on another copy of it that stands where the first one began: same rows, same locks, same commits, same driver
and kind of connection, and every answer is fetched. What is left out is everything of ours: no library between,
no validation, no expression, no process.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import event

from benchmarks.common_work.clients import Services
from benchmarks.common_work.databases import LOCAL, Postgres
from benchmarks.common_work.rounds import WARM_UP, Rates, per_second

COMMIT = "commit"


@dataclass
class Recorder:
    """What a client sends: (how, statement, values); a commit stands between two transactions."""

    sent: list[tuple[str, Any, Any]] = field(default_factory=list)

    def take(self) -> list[tuple[str, Any, Any]]:
        """What was sent since the last time."""
        sent, self.sent = self.sent, []
        return sent

    def watch(self, client: Services) -> None:
        """Note what the client sends from now on."""
        engine = client.engine.database.engine

        @event.listens_for(engine, "before_cursor_execute")
        def on_statement(_on: Any, _cursor: Any, text: str, values: Any, _context: Any, many: bool) -> None:
            self.sent.append(("executemany" if many else "execute", text, values))

        @event.listens_for(engine, "commit")
        def on_commit(_connection: Any) -> None:
            self.sent.append((COMMIT, None, None))


@dataclass(frozen=True)
class Recording:
    """The statements of so many completions of A and of B, and the database they begin on."""

    database: str
    count: int
    warm_up: Sequence[tuple[str, Any, Any]]
    a: Sequence[tuple[str, Any, Any]]
    b: Sequence[tuple[str, Any, Any]]

    @property
    def statements(self) -> tuple[float, float]:
        """Statements for each completion of A and of B, commits not counted."""
        return tuple(  # type: ignore[return-value]
            sum(how != COMMIT for how, _, _ in sent) / self.count for sent in (self.a, self.b)
        )


@contextlib.contextmanager
def recorded(server: Postgres, furnished: str, count: int) -> Iterator[Recording]:
    """Record so many completions of A and B, on a copy of a furnished database."""
    before = server.copy(furnished)
    filled = _filled(server.url(before), count)
    after = server.copy(before)
    client, recorder = Services(server.url(after)), Recorder()
    try:
        recorder.watch(client)
        for task in filled[:WARM_UP]:
            client.complete_b(client.complete_a(task))
        warm_up = recorder.take()
        tasks = [client.complete_a(task) for task in filled[WARM_UP:]]
        a = recorder.take()
        for task in tasks:
            client.complete_b(task)
        b = recorder.take()
    finally:
        client.close()
        server.drop(after)
    try:
        yield Recording(before, count, warm_up, a, b)
    finally:
        server.drop(before)


def _filled(url: str, count: int) -> list[str]:
    client = Services(url)
    try:
        return [client.task(client.start()) for _ in range(count + WARM_UP)]
    finally:
        client.close()


def replay(server: Postgres, recording: Recording) -> Rates:
    """Send the statements again on a fresh copy; the completions per second that they alone would allow."""
    copy = server.copy(recording.database)
    try:
        with psycopg.connect(
            host=LOCAL, port=server.port, user="postgres", dbname=copy, autocommit=False
        ) as connection:
            _send(connection, recording.warm_up)
            seconds = [_send(connection, sent) for sent in (recording.a, recording.b)]
    finally:
        server.drop(copy)
    return Rates(completions=per_second(recording.count / seconds[0], recording.count / seconds[1]))


def _send(connection: psycopg.Connection[Any], sent: Sequence[tuple[str, Any, Any]]) -> float:
    """Send statements in their order; the seconds it took."""
    named, numbered = connection.cursor(), psycopg.RawCursor(connection)
    begin = time.perf_counter()
    for how, query, values in sent:
        if how == COMMIT:
            connection.commit()
            continue
        cursor = numbered if isinstance(values, list) else named
        if how == "executemany":
            cursor.executemany(query, values)
        else:
            cursor.execute(query, values)
            if cursor.description is not None:
                cursor.fetchall()
    taken = time.perf_counter() - begin
    connection.commit()
    return taken
