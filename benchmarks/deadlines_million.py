"""A deadline on which a million cases wait: seconds to see what a change does, to apply it, and what idling costs.

`python -m benchmarks.deadlines_million --timers 1000000` is the full measure, on PostgreSQL, and with `--sqlite` on
SQLite; without options 20 000 timers, on both. The seconds depend on the machine and on who else uses it,
so each is also a ratio to the plain UPDATE of the same rows in the same run, with the processor's seconds beside those
of the clock; the number of statements is compared with that for a thousand.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text

from engine.access import SYSTEM
from engine.scheduling.overrides import After, At, Override
from engine.simulation import World
from engine.storage.sql.bulk_memory import extra_memory
from engine.storage.tables import instance, task, timer
from engine.storage.triggers.task_lists import fill_listing, install_listing
from tests import postgres_server

ROOT = Path(__file__).resolve().parent.parent
DRAWN = ROOT / "tests" / "engine" / "diagrams"
KEY = "scadenze/Tempo/timer"
NOW = datetime(2016, 3, 1, 9, tzinfo=UTC)
FEW, SHORT = 1_000, 20_000
SCOPES, HOLDERS, DAYS = 20, 300, 365
APPLY_SECONDS, PREVIEW_SECONDS, IDLE_SHARE, IDLE_SECONDS = 30.0, 2.0, 0.01, 20.0
CHANGES: tuple[tuple[str, Override], ...] = (
    ("15 working days from the wait", After(15, "lavorativi")),
    ("12 months from the start", After(12, "mesi", "avvio")),
    ("a fixed date", At(datetime(2017, 9, 1, 10, tzinfo=UTC))),
    ("10 000 hours from the wait", After(10_000, "ore")),
)


def main(arguments: list[str] | None = None) -> int:
    """Prints a table for each database; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--timers", type=int, default=SHORT)
    parser.add_argument("--sqlite", action="store_true", help="only on SQLite")
    chosen = parser.parse_args(arguments if arguments is not None else [])
    missed = 0
    if not chosen.sqlite:
        options = {
            "shared_buffers": "2GB" if chosen.timers > SHORT else "256MB",
            "max_wal_size": "8GB",
            "autovacuum": "off",
        }
        with postgres_server.running(fsync=True, options=options) as server:
            missed += _measure("PostgreSQL", server.url, chosen.timers)
    if chosen.sqlite or chosen.timers <= SHORT:
        with tempfile.TemporaryDirectory() as folder:
            missed += _measure("SQLite", f"sqlite:///{folder}/patti.db", chosen.timers)
    return int(missed > 0)


def _measure(name: str, url: str, timers: int) -> int:
    with _world(url) as world:
        _load(world, 0, FEW)
        _seen_and_applied(world, CHANGES[0][1])  # what is read once and kept in memory
        few = [_seen_and_applied(world, override).statements for _, override in CHANGES]
        began = time.perf_counter()
        _load(world, FEW, timers)
        print(f"{name}: {timers:,} waiting timers, loaded in {time.perf_counter() - began:.0f} s", flush=True)
        busy = _processor(world)
        plain = _plain(world)
        busy = _processor(world) - busy
        print(f"  plain UPDATE of the same rows: {plain:.1f} s, {busy:.1f} s of the processor", flush=True)
        missed = 0
        for (what, override), statements in zip(CHANGES, few, strict=True):
            found = _seen_and_applied(world, override)
            right = (
                found.previewed <= PREVIEW_SECONDS
                and found.applied <= APPLY_SECONDS
                and found.statements <= statements
                and found.moved > timers
            )
            ratios = (
                f"{found.applied / plain:.1f}, {found.busy:.1f} s of the processor = {found.busy / busy:.1f}"
            )
            print(
                f"  {what}: preview {found.previewed:.2f} s = {found.previewed / plain:.2f}; applied to "
                f"{found.moved:,} in {found.applied:.1f} s = {ratios}; {found.statements} statements, "
                f"{statements} for {FEW:,}{'' if right else '  MISSED'}",
                flush=True,
            )
            missed += not right
        missed += _undo(world, plain)
        return missed + _idle(world)


@dataclass(frozen=True)
class Found:
    """One change: seconds to see and to apply it, the processor's to apply it, statements for that, rows moved."""

    previewed: float
    applied: float
    busy: float
    statements: int
    moved: int


def _seen_and_applied(world: World, override: Override) -> Found:
    """A change of all, the database tidied before as it does by itself at night."""
    _tidy(world)
    deadlines = world.engine.deadlines
    began = time.perf_counter()
    seen = deadlines.preview(KEY, "", override, SYSTEM)
    middle, busy = time.perf_counter(), _processor(world)
    with _counted(world) as sent:
        change = deadlines.apply(
            KEY, "", override, fingerprint=seen.fingerprint, reason="Prova", actor=SYSTEM, past_confirmed=True
        )
    spent = time.perf_counter() - middle
    return Found(middle - began, spent, _processor(world) - busy, len(sent), change.moved)


def _undo(world: World, plain: float) -> int:
    _tidy(world)
    last = world.engine.deadlines.history(SYSTEM, KEY)[0]
    began = time.perf_counter()
    undone = world.engine.deadlines.undo(last.id, "", SYSTEM, past_confirmed=True)
    spent = time.perf_counter() - began
    missed = spent > APPLY_SECONDS
    told = f"{undone.moved:,} moved: {spent:.1f} s = {spent / plain:.1f}{'  MISSED' if missed else ''}"
    print(f"  undone, {told}", flush=True)
    return int(missed)


def _processor(world: World) -> float:
    """Seconds that this process and its database connections have taken of the processor so far."""
    taken = time.process_time()
    if world.engine.database.is_sqlite:
        return taken
    with world.engine.database.read() as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
        for pid in connection.execute(text(query)).scalars():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            taken += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return taken


@contextmanager
def _counted(world: World) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(world.engine.database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(world.engine.database.engine, "before_cursor_execute", note)


def _plain(world: World) -> float:
    _tidy(world)
    later = "later_by(due_at, 60)" if world.engine.database.is_sqlite else "due_at + interval '1 minute'"
    began = time.perf_counter()
    with world.engine.database.begin() as work:
        work.connection.execute(
            text(f"UPDATE timer SET due_at = {later} WHERE deadline = :key AND state = 'waiting'"),  # noqa: S608
            {"key": KEY},
        )
    return time.perf_counter() - began


def _idle(world: World) -> int:
    """The share of a core that the process takes while a million timers wait for another day."""
    world.engine.run_due()  # the messages to the holders
    world.engine.start_jobs()
    time.sleep(2)  # the look at the start
    began = time.process_time()
    time.sleep(IDLE_SECONDS)
    share = (time.process_time() - began) / IDLE_SECONDS
    missed = share > IDLE_SHARE
    print(f"  idle: {share:.2%} of a core{'  MISSED' if missed else ''}", flush=True)
    return int(missed)


# -- a million cases ---------------------------------------------------------------------------------------------------


@contextmanager
def _world(url: str) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(DRAWN / "scadenze.bpmn", folder)
        shutil.copytree(DRAWN / "scadenze", Path(folder) / "scadenze")
        with World.open(NOW, database_url=url, deploy=[folder]) as world:
            case = world.start("scadenze", by="anna", values={})
            world.task("Approvazione", case.id).complete(by="anna")
            yield world


def _load(world: World, first: int, last: int) -> None:
    """Copies of the one real case: each with its task and one waiting timer, in twenty ambiti, begun over a year."""
    sqlite = world.engine.database.is_sqlite
    series = (
        "(WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n + 1 < :last) SELECT n FROM s) s"
        if sqlite
        else "generate_series(CAST(:first AS bigint), CAST(:last AS bigint) - 1) AS s(n)"
    )
    number = "printf('%031x', n)" if sqlite else "lpad(to_hex(n), 31, '0')"

    def shifted(column: str, days: int = 0) -> str:
        if sqlite:
            return f"later_by({column}, ({days} - n % {DAYS}) * 86400)"
        return f"{column} + make_interval(days => ({days} - n % {DAYS})::int)"

    scope = f"'ambito' || (n % {SCOPES})"
    overrides: dict[str, dict[str, str]] = {
        "instance": {
            "id": f"'a' || {number}",
            "number": "10 + n",
            "business_key": "'scadenze-' || n",
            "scope": scope,
            "started_at": shifted("started_at"),
        },
        "task": {
            "id": f"'b' || {number}",
            "instance_id": f"'a' || {number}",
            "scope": scope,
            "assignee": f"'utente' || (n % {HOLDERS})",
            "created_at": shifted("created_at"),
            "begun_at": shifted("begun_at"),
            "case_started_at": shifted("case_started_at"),
        },
        "timer": {
            "id": f"'c' || {number}",
            "instance_id": f"'a' || {number}",
            "scope": scope,
            "created_at": shifted("created_at"),
            "begun_at": shifted("begun_at"),
            "case_started_at": shifted("case_started_at"),
            "due_at": shifted("due_at", 800),
            "default_at": shifted("default_at", 800),
        },
    }
    model = {
        "instance": "id = :model",
        "task": "instance_id = :model AND state = 'open'",
        "timer": "instance_id = :model AND element_id = 'Tempo'",
    }
    with world.engine.database.begin() as work, extra_memory(work.connection):
        connection = work.connection
        stop = "DROP TRIGGER task_listed" if sqlite else "SET LOCAL session_replication_role = replica"
        connection.execute(text(stop))  # the lists are filled at once
        for table in (instance, task, timer):
            names = [column.name for column in table.columns]
            values = ", ".join(overrides[table.name].get(name, name) for name in names)
            connection.execute(
                text(
                    f"INSERT INTO {table.name} ({', '.join(names)}) SELECT {values} "  # noqa: S608 - our own names
                    f"FROM {table.name}, {series} WHERE {model[table.name]}"
                ),
                {"first": first, "last": last, "model": world.instance_ids[0]},
            )
        if sqlite:
            install_listing(connection)
        else:
            connection.execute(text("SET LOCAL session_replication_role = origin"))
        _fill_lists(connection)
    _tidy(world)


def _fill_lists(connection: Connection) -> None:
    connection.execute(text("ANALYZE task"))
    fill_listing(connection)


def _tidy(world: World) -> None:
    engine = world.engine.database.engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if world.engine.database.is_sqlite else "VACUUM ANALYZE"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
