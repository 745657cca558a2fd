"""Whether what is kept adds up: tables, runs and what they wait for, ledgers, deliveries. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from engine.definitions.repository import Repository
from engine.execution.step import SUBSCRIBED
from engine.spiff import ProcessRun
from engine.storage import Database
from engine.storage.tables import incident, instance, outbox, subscription, task, timer

SHOWN = 5


@dataclass(frozen=True)
class Check:
    """One thing looked at; `faults` are sentences, the first few of them."""

    name: str
    looked_at: int
    faults: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def outcome(self) -> str:
        """For people: how many were looked at, or what is wrong."""
        return f"bene ({self.looked_at})" if self.good else "; ".join(self.faults[:SHOWN])


Look = Callable[[Connection], Iterator[str]]
"""Looks at rows one by one: for each an empty text, or a sentence on what is wrong."""

_OF_MODULES: dict[str, Look] = {}


def consistency_check(name: str) -> Callable[[Look], Look]:
    """Decorator: a module has its tables checked together with the engine's, under this name."""

    def register(look: Look) -> Look:
        _OF_MODULES[name] = look
        return look

    return register


def soundness(database: Database, repository: Repository) -> tuple[Check, ...]:
    """Every check, over one consistent view of the database."""
    with database.read() as connection:
        return (
            _checked("integrità delle tabelle", _integrity(connection, database.is_sqlite)),
            _checked("pratiche e ciò che attendono", _runs(connection, repository)),
            _checked("pratiche chiuse", _closed(connection)),
            _checked("consegne", _deliveries(connection)),
            _checked("incidenti contati", _incidents(connection)),
            *(_checked(name, look(connection)) for name, look in _OF_MODULES.items()),
        )


def _checked(name: str, looked: Iterator[str]) -> Check:
    told = list(looked)
    return Check(name, len(told), tuple(sentence for sentence in told if sentence))


def _integrity(connection: Connection, is_sqlite: bool) -> Iterator[str]:
    if not is_sqlite:
        yield ""
        return
    for (found,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        yield "" if found == "ok" else str(found)
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"tabella {row[0]}, riga {row[1]}: manca la riga di {row[2]} a cui rimanda"


def _runs(connection: Connection, repository: Repository) -> Iterator[str]:
    """Each run that goes on can be read again, and the tables say exactly what it waits for."""
    query = select(instance).where(instance.c.state.in_(("active", "suspended")))
    for row in connection.execute(query).all():
        yield _run(connection, repository, row)


def _run(connection: Connection, repository: Repository, row: Row[Any]) -> str:
    program = repository.compiled(row.definition_id).program
    try:
        run = ProcessRun.restore(program, None, bytes(row.run_state))  # type: ignore[arg-type]
    except Exception as problem:
        return f"pratica n. {row.number}: non si riapre ({type(problem).__name__}: {problem})"
    awaited = {(wait.kind, wait.token) for wait in run.waits()}
    stopped = set(_open(connection, incident, row.id, "open"))
    kept = {("task", token) for token in _open(connection, task, row.id, "open", "suspended")}
    kept |= {
        ("timer", token) for token in _open(connection, timer, row.id, "waiting", "suspended", kind="event")
    }
    for awaits in SUBSCRIBED:
        rows = _open(connection, subscription, row.id, "waiting", "suspended", kind=awaits)
        kept |= {(awaits, token) for token in rows}
    broken = {token for kind, token in awaited ^ kept if token not in stopped}
    if broken:
        return f"pratica n. {row.number}: le tabelle non dicono ciò che attende ({len(broken)} differenze)"
    return ""


def _open(connection: Connection, table: Any, instance_id: str, *states: str, kind: str = "") -> list[str]:
    query = select(table.c.token).where(table.c.instance_id == instance_id, table.c.state.in_(states))
    if kind:
        query = query.where(table.c.kind == kind)
    return list(connection.execute(query).scalars())


def _closed(connection: Connection) -> Iterator[str]:
    """Nothing waits for a case that has ended."""
    ended = ("completed", "cancelled")
    count = connection.execute(
        select(func.count()).select_from(instance).where(instance.c.state.in_(ended))
    ).scalar_one()
    yield from ("" for _ in range(count))
    for table, states, what in (
        (task, ("open", "suspended"), "compiti"),
        (timer, ("waiting", "suspended"), "timer"),
        (subscription, ("waiting", "suspended"), "messaggi, segnali o condizioni"),
    ):
        query = (
            select(instance.c.number, func.count())
            .join(table, table.c.instance_id == instance.c.id)
            .where(instance.c.state.in_(ended), table.c.state.in_(states))
            .group_by(instance.c.number)
        )
        for number, left in connection.execute(query):
            yield f"pratica n. {number}: è chiusa e ha ancora {left} {what}"


def _deliveries(connection: Connection) -> Iterator[str]:
    """A delivery given up has an incident that says so."""
    told = select(incident.c.outbox_id).where(incident.c.kind == "outbox")
    total = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
    yield from ("" for _ in range(total))
    query = select(outbox.c.id, outbox.c.kind).where(
        outbox.c.state == "failed", outbox.c.id.not_in(told.where(incident.c.outbox_id.is_not(None)))
    )
    for row in connection.execute(query):
        yield f"la consegna {row.kind} {row.id} non è riuscita e nessun incidente lo dice"


def _incidents(connection: Connection) -> Iterator[str]:
    """The number kept on each case is that of its open incidents."""
    counted = (
        select(func.count())
        .select_from(incident)
        .where(incident.c.instance_id == instance.c.id, incident.c.state == "open")
        .scalar_subquery()
    )
    for number, kept, there in connection.execute(select(instance.c.number, instance.c.incidents, counted)):
        yield "" if kept == there else f"pratica n. {number}: dice {kept} incidenti, ce ne sono {there}"
