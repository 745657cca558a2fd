"""Timers by the machine's own clock: how late they fire, what waiting costs, how much more several workers do.

    python -m benchmarks.timers_running                     # 10 s of timers, 10 s of idleness, 300 timers shared
    python -m benchmarks.timers_running --seconds 60 --shared 4000

The lag is from the moment a timer is due to the commit of its step, at 50 a second: on PostgreSQL with two workers, by
the server's own record of commits, on SQLite with the embedded scheduler. Idle are a worker, and a whole `patti serve`
with the embedded scheduler, each with a thousand timers that wait. The shared timers are due at one moment.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text, update

from benchmarks.common_work import databases
from benchmarks.common_work.clients import Services
from benchmarks.common_work.office import OPERATIONS, SCOPE, WAITING, settings
from engine.clock import SystemClock
from engine.storage.tables import event, timer
from tests.live_site import server_process
from tests.worker_processes import crowd

A_SECOND = 50
WAITING_TIMERS = 1000
LAG_SECONDS = 1.0
IDLE_SHARE = 0.01
PATIENCE = 600
SETTLED = 15
"""Seconds before a process counts as idle: it has begun, and looked around once."""
COMMITTED = text(
    "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - due_at) FROM timer WHERE state = 'fired'"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the three measures; 1 when lag or idleness miss their target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--shared", type=int, default=300)
    parser.add_argument("--only", choices=["lag", "idle", "shared"])
    chosen = parser.parse_args(arguments if arguments is not None else [])
    wrong = 0
    with databases.postgres(track_commit_timestamp="on") as server:
        furnished = server.furnished()
        if chosen.only in (None, "lag"):
            wrong += _late(
                "PostgreSQL, two workers", lag_of_workers(server.url(server.copy(furnished)), chosen.seconds)
            )
            with databases.sqlite() as file:
                wrong += _late("SQLite, embedded", lag_embedded(file, chosen.seconds))
        if chosen.only in (None, "idle"):
            wrong += _busy(
                "a worker on PostgreSQL", idle_worker(server.url(server.copy(furnished)), chosen.seconds)
            )
            with databases.sqlite() as file:
                wrong += _busy("patti serve on SQLite", idle_serve(file, chosen.seconds))
        if chosen.only in (None, "shared"):
            share(server, furnished, chosen.shared)
    return int(wrong > 0)


# -- lag ---------------------------------------------------------------------------------------------------------------


def _late(name: str, lags: Sequence[float]) -> bool:
    p99 = statistics.quantiles(lags, n=100)[98]
    print(
        f"{name}: {len(lags)} timers at {A_SECOND}/s, lag median {1000 * statistics.median(lags):.0f} ms, "
        f"p99 {1000 * p99:.0f} ms, worst {1000 * max(lags):.0f} ms (target p99 ≤ {1000 * LAG_SECONDS:.0f} ms)",
        flush=True,
    )
    return p99 > LAG_SECONDS


def _waiting(office: Services, many: int) -> None:
    """Begin cases whose timers are due one after the other, tomorrow."""
    for number in range(many):
        _begin(office, SystemClock().now() + timedelta(days=1, seconds=number))


def _spread(office: Services) -> None:
    """Let their timers be due one after the other from now on."""
    with office.engine.database.begin() as work:
        ids = work.connection.execute(select(timer.c.id).order_by(timer.c.due_at)).scalars().all()
        first = SystemClock().now() + timedelta(seconds=2 + len(ids) / 500)
        for number, timer_id in enumerate(ids):
            due = first + timedelta(seconds=number / A_SECOND)
            work.connection.execute(update(timer).where(timer.c.id == timer_id).values(due_at=due))
    if SystemClock().now() > first:
        raise AssertionError(
            "The first timer was due before the others were told when: nothing can be measured"
        )


def lag_of_workers(url: str, seconds: int) -> list[float]:
    """By how much each timer was late, in seconds."""
    with contextlib.closing(Services(url)) as office:
        _waiting(office, seconds * A_SECOND)
        with crowd(settings(url), 2, [OPERATIONS]) as workers:
            threading.Event().wait(SETTLED)
            _spread(office)
            _until_fired(office, seconds * A_SECOND)
            workers.stop()
        with office.engine.database.read() as connection:
            return [float(one) for one in connection.execute(COMMITTED).scalars()]


def lag_embedded(url: str, seconds: int) -> list[float]:
    """The same by the scheduler of a process of its own; a step tells that it is over by waking the scheduler."""
    with contextlib.closing(Services(url)) as office:
        _waiting(office, seconds * A_SECOND)
        while office.engine.run_due():
            pass  # the messages that the starts have left
        office.engine.start_jobs()
        threading.Event().wait(SETTLED)
        ended: list[datetime] = []
        wake_scheduler = office.engine.step_runner.wake_scheduler

        def over() -> None:
            ended.append(SystemClock().now())
            wake_scheduler()

        office.engine.step_runner.wake_scheduler = over
        _spread(office)
        wake_scheduler()
        _until_fired(office, seconds * A_SECOND)
        told = select(event.c.data).where(event.c.kind == "timer.fired").order_by(event.c.id)
        with office.engine.database.read() as connection:
            dues = [row["due"] for row in connection.execute(told).scalars()]
    if len(ended) != len(dues):
        raise AssertionError(f"{len(ended)} steps ended, {len(dues)} timers fired")
    return [(end - due).total_seconds() for end, due in zip(ended, dues, strict=True)]


def _begin(office: Services, moment: datetime) -> None:
    office.engine.instances.start(WAITING, {"quando": moment.isoformat()}, office.actor, SCOPE)


def _until_fired(office: Services, many: int) -> None:
    deadline = time.monotonic() + PATIENCE
    fired = select(func.count()).select_from(timer).where(timer.c.state == "fired")
    while time.monotonic() < deadline:
        threading.Event().wait(0.5)
        with office.engine.database.read() as connection:
            if connection.execute(fired).scalar_one() == many:
                return
    raise AssertionError("Not all timers have fired")


# -- idleness ----------------------------------------------------------------------------------------------------------


def _busy(name: str, share: float) -> bool:
    print(f"{name}, idle: {100 * share:.2f} % of a core (target ≤ {100 * IDLE_SHARE:.0f} %)", flush=True)
    return share > IDLE_SHARE


def idle_worker(url: str, seconds: int) -> float:
    """What a worker costs that has nothing to do, as a share of a core."""
    _wait_for_nothing(url)
    with crowd(settings(url), 1, [OPERATIONS]) as workers:
        (member,) = workers.members
        assert member.pid is not None
        return _used(member.pid, seconds)


def idle_serve(url: str, seconds: int) -> float:
    """What the pages with their embedded scheduler cost when nobody asks for one."""
    _wait_for_nothing(url)
    with (
        tempfile.TemporaryDirectory() as folder,
        server_process(Path(folder), database_url=url, secret_key="x") as site,
    ):
        return _used(site.pid, seconds)


def _wait_for_nothing(url: str) -> None:
    with contextlib.closing(Services(url)) as office:
        for number in range(WAITING_TIMERS):
            _begin(office, SystemClock().now() + timedelta(days=1, seconds=number))
        while office.engine.run_due():
            pass  # the messages that the starts have left


def _used(group: int, seconds: int) -> float:
    threading.Event().wait(SETTLED)
    before, began = _cpu_seconds(group), time.monotonic()
    threading.Event().wait(seconds)
    return (_cpu_seconds(group) - before) / (time.monotonic() - began)


def _cpu_seconds(group: int) -> float:
    """What a process and those of its group have used, so far as they live."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(stat.parent.name) == group or int(fields[2]) == group:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


# -- several workers ---------------------------------------------------------------------------------------------------


def share(server: databases.Postgres, furnished: str, many: int) -> None:
    """So many timers due at one moment, for 1, 2 and 4 workers."""
    name = server.copy(furnished)
    with contextlib.closing(Services(server.url(name))) as office:
        for _ in range(many):
            _begin(office, SystemClock().now() + timedelta(days=1))
    first = 0.0
    for workers in (1, 2, 4):
        url = server.url(server.copy(name))
        with contextlib.closing(Services(url)) as office:
            with crowd(settings(url), workers, [OPERATIONS]) as running:
                with office.engine.database.begin() as work:
                    soon = SystemClock().now() + timedelta(seconds=5)
                    work.connection.execute(update(timer).values(due_at=soon))
                _until_fired(office, many)
                running.stop()
            with office.engine.database.read() as connection:
                rate = many / max(float(one) for one in connection.execute(COMMITTED).scalars())
        first = first or rate
        print(f"{workers} workers: {rate:.0f} timers/s, × {rate / first:.2f} of one", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
