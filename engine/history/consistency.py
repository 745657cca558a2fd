"""Checks that the stored data are consistent: tables, runs and their wait states, outbox, incidents. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from engine.definitions.repository import Repository
from engine.execution.wait_state_rows import SUBSCRIPTION_KINDS
from engine.localization import Message, message
from engine.spiff import ProcessRun
from engine.storage import Database
from engine.storage.tables import incident, instance, outbox, subscription, task, timer

MAX_SHOWN_PROBLEMS = 5
ENDED = ("completed", "cancelled")

CheckFunction = Callable[[Connection], Iterator[Message | None]]
"""Checks rows one by one: yields None for a row that is consistent, otherwise what is wrong with it."""

_registered: list[tuple[Message, CheckFunction]] = []


@dataclass(frozen=True)
class ConsistencyCheck:
    """The result of a check: how many rows were checked, and a sentence for each that is wrong."""

    name: Message
    checked: int
    problems: tuple[Message, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def outcome(self) -> str:
        """How many rows were checked, or the first problems, as a sentence in Italian."""
        if self.passed:
            return message("CONSISTENCY_OK", checked=self.checked)
        return "; ".join(self.problems[:MAX_SHOWN_PROBLEMS])


def consistency_check(name: Message) -> Callable[[CheckFunction], CheckFunction]:
    """Decorator: registers a check of the tables of a module, to be run with those of the engine."""

    def register(function: CheckFunction) -> CheckFunction:
        _registered.append((name, function))
        return function

    return register


def check_consistency(database: Database, repository: Repository) -> tuple[ConsistencyCheck, ...]:
    """Run every check, in one consistent snapshot of the database."""
    with database.read() as connection:
        checks: tuple[tuple[Message, Iterator[Message | None]], ...] = (
            (message("CONSISTENCY_TABLES"), _check_tables(connection, database.is_sqlite)),
            (message("CONSISTENCY_RUNNING_INSTANCES"), _check_running_instances(connection, repository)),
            (message("CONSISTENCY_ENDED_INSTANCES"), _check_ended_instances(connection)),
            (message("CONSISTENCY_OUTBOX"), _check_outbox(connection)),
            (message("CONSISTENCY_INCIDENT_COUNTS"), _check_incident_counts(connection)),
            *((name, function(connection)) for name, function in _registered),
        )
        return tuple(_run(name, results) for name, results in checks)


def _run(name: Message, results: Iterator[Message | None]) -> ConsistencyCheck:
    checked = list(results)
    return ConsistencyCheck(name, len(checked), tuple(problem for problem in checked if problem is not None))


def _check_tables(connection: Connection, is_sqlite: bool) -> Iterator[Message | None]:
    """The integrity checks of SQLite; PostgreSQL has none that a client may run."""
    if not is_sqlite:
        yield None
        return
    for (found,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        yield None if found == "ok" else message("CONSISTENCY_TABLE_DAMAGED", problem=str(found))
    for table, row, target, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield message("CONSISTENCY_ROW_MISSING", table=table, row=row, target=target)


def _check_running_instances(connection: Connection, repository: Repository) -> Iterator[Message | None]:
    """Each run can be restored, and the open rows of the instance are exactly its wait states."""
    query = select(instance).where(instance.c.state.in_(("active", "suspended")))
    for row in connection.execute(query).all():
        yield _check_running_instance(connection, repository, row)


def _check_running_instance(connection: Connection, repository: Repository, row: Row[Any]) -> Message | None:
    executable = repository.compiled(row.definition_id).executable
    try:
        run = ProcessRun.for_inspection(executable, bytes(row.run_state))
    except Exception as problem:
        description = f"{type(problem).__name__}: {problem}"
        return message("CONSISTENCY_STATE_UNREADABLE", number=row.number, problem=description)
    wait_states = {(wait.kind, wait.token) for wait in run.wait_states()}
    with_incident = set(_open_tokens(connection, incident, row.id, "open"))
    stored = {("task", token) for token in _open_tokens(connection, task, row.id, "open", "suspended")}
    for table, kind, stored_kind in (
        (timer, "timer", "event"),
        *((subscription, kind, kind) for kind in SUBSCRIPTION_KINDS),
    ):
        tokens = _open_tokens(connection, table, row.id, "waiting", "suspended", kind=stored_kind)
        stored |= {(kind, token) for token in tokens}
    differences = {token for _, token in wait_states ^ stored if token not in with_incident}
    if differences:
        return message("CONSISTENCY_WAIT_STATES_DIFFER", number=row.number, differences=len(differences))
    return None


def _open_tokens(
    connection: Connection, table: Table, instance_id: str, *states: str, kind: str = ""
) -> list[str]:
    query = select(table.c.token).where(table.c.instance_id == instance_id, table.c.state.in_(states))
    if kind:
        query = query.where(table.c.kind == kind)
    return list(connection.execute(query).scalars())


def _check_ended_instances(connection: Connection) -> Iterator[Message | None]:
    """Instances that have ended have no open rows."""
    count = connection.execute(
        select(func.count()).select_from(instance).where(instance.c.state.in_(ENDED))
    ).scalar_one()
    yield from (None for _ in range(count))
    for number, open_rows in _open_rows_of_ended_instances(connection, task, "open", "suspended"):
        yield message("CONSISTENCY_OPEN_TASKS_AFTER_END", number=number, open_rows=open_rows)
    for number, open_rows in _open_rows_of_ended_instances(connection, timer, "waiting", "suspended"):
        yield message("CONSISTENCY_OPEN_TIMERS_AFTER_END", number=number, open_rows=open_rows)
    for number, open_rows in _open_rows_of_ended_instances(connection, subscription, "waiting", "suspended"):
        yield message("CONSISTENCY_OPEN_SUBSCRIPTIONS_AFTER_END", number=number, open_rows=open_rows)


def _open_rows_of_ended_instances(
    connection: Connection, table: Table, *states: str
) -> Iterator[tuple[int, int]]:
    """(number of the instance, how many open rows of the table it has)."""
    query = (
        select(instance.c.number, func.count().label("open_rows"))
        .join(table, table.c.instance_id == instance.c.id)
        .where(instance.c.state.in_(ENDED), table.c.state.in_(states))
        .group_by(instance.c.number)
    )
    for row in connection.execute(query):
        yield row.number, row.open_rows


def _check_outbox(connection: Connection) -> Iterator[Message | None]:
    """An outbox message that has failed for good has an incident."""
    with_incident = select(incident.c.source_id).where(incident.c.source_kind == "outbox")
    total = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
    yield from (None for _ in range(total))
    query = select(outbox.c.id, outbox.c.kind).where(
        outbox.c.state == "failed", outbox.c.id.not_in(with_incident)
    )
    for row in connection.execute(query):
        yield message("CONSISTENCY_FAILED_MESSAGE_WITHOUT_INCIDENT", kind=row.kind, id=row.id)


def _check_incident_counts(connection: Connection) -> Iterator[Message | None]:
    """The count of open incidents in the row of an instance is right."""
    counted = (
        select(func.count())
        .select_from(incident)
        .where(incident.c.instance_id == instance.c.id, incident.c.state == "open")
        .scalar_subquery()
    )
    for number, stored, open_incidents in connection.execute(
        select(instance.c.number, instance.c.incidents, counted)
    ):
        if stored == open_incidents:
            yield None
        else:
            yield message(
                "CONSISTENCY_INCIDENT_COUNT_DIFFERS", number=number, stored=stored, counted=open_incidents
            )
