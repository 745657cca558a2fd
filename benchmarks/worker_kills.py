"""Workers are killed at random moments while timers come due: each timer fires exactly once, its step done once.

    python -m benchmarks.worker_kills                   # 30 kills on each database
    python -m benchmarks.worker_kills --kills 2000      # a quarter of an hour on each

On PostgreSQL three workers run, and whichever is killed is followed by another; on SQLite one, with the embedded
scheduler. Between two kills cases begin whose timers are due within two seconds. At the end every case has one timer
fired, told once in the log, one task, one message delivered and one mail, and has made two steps.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from benchmarks.common_work import databases
from benchmarks.common_work.clients import Services
from benchmarks.common_work.office import OPERATIONS, SCOPE, WAITING, settings
from engine.clock import SystemClock
from engine.storage.tables import event, incident, instance, outbox, task, timer
from tests.worker_processes import Crowd, crowd

BETWEEN = 8
SOON_SECONDS = 2.0
LONGEST_PAUSE = 0.3
PATIENCE = 300
"""A message that a killed process was delivering is taken up again when its lease of two minutes is over."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints how many kills and timers there were and what was found wrong; 1 when anything was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--only", choices=["PostgreSQL", "SQLite"])
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = parser.parse_args(arguments if arguments is not None else [])
    wrong = 0
    if chosen.only != "SQLite":
        with databases.postgres() as server:
            wrong += rage("PostgreSQL", server.url(server.furnished()), 3, chosen.kills, chosen.seed)
    if chosen.only != "PostgreSQL":
        with databases.sqlite() as file:
            wrong += rage("SQLite", file, 1, chosen.kills, chosen.seed)
    return int(wrong > 0)


def rage(name: str, url: str, workers: int, kills: int, seed: int) -> int:
    """Kill so often, let the rest come to its end, and say how many things are wrong."""
    chance = random.Random(seed)
    began = time.monotonic()
    office = Services(url)
    try:
        with crowd(settings(url), workers, [OPERATIONS]) as running:
            for number in range(kills):
                for _ in range(BETWEEN):
                    moment = SystemClock().now() + timedelta(seconds=chance.uniform(0, SOON_SECONDS))
                    office.engine.instances.start(
                        WAITING, {"quando": moment.isoformat()}, office.actor, SCOPE
                    )
                threading.Event().wait(chance.uniform(0, LONGEST_PAUSE))
                running.kill(chance.choice(running.members))
                running.add()
                if (number + 1) % 100 == 0:
                    print(
                        f"  {number + 1} kills, {fired(office)} timers fired, "
                        f"{time.monotonic() - began:.0f} s",
                        flush=True,
                    )
            elapsed = time.monotonic() - began
            _settle(office, running)
        found = faults(office, kills * BETWEEN)
        undone = 0 if office.engine.database.is_sqlite else _undone(office)
    finally:
        office.close()
    print(
        f"{name}: {kills} kills in {elapsed:.0f} s, {kills * BETWEEN} timers, "
        + (f"{undone} lines of the log undone by kills, " if undone else "")
        + f"{len(found)} faults (seed {seed})",
        *found[:10],
        sep="\n  ",
        flush=True,
    )
    return len(found)


def fired(office: Services) -> int:
    """How many timers have fired."""
    with office.engine.database.read() as connection:
        query = select(func.count()).select_from(timer).where(timer.c.state == "fired")
        return int(connection.execute(query).scalar_one())


def _settle(office: Services, running: Crowd) -> None:
    """Wait until nothing is due any more, then end in good order."""
    deadline = time.monotonic() + PATIENCE
    while office.engine.next_due() is not None and time.monotonic() < deadline:
        threading.Event().wait(0.2)
    codes = running.stop()
    if any(codes):
        raise AssertionError(f"workers that were asked to end did so with {codes}")


def _undone(office: Services) -> int:
    """Numbers of the log that were taken and are nobody's."""
    with office.engine.database.read() as connection:
        first, last, many = connection.execute(
            select(func.min(event.c.id), func.max(event.c.id), func.count(event.c.id))
        ).one()
    return int(last - first + 1 - many)


def faults(office: Services, cases: int) -> list[str]:
    """What is not as if nobody had been killed."""
    with office.engine.database.read() as connection:

        def per_case(table: object, *conditions: object) -> Counter[str]:
            column = table.c.instance_id  # type: ignore[attr-defined]
            rows = connection.execute(
                select(column, func.count()).where(*conditions).group_by(column)  # type: ignore[arg-type]
            )
            return Counter({row[0]: row[1] for row in rows})

        waiting = [
            row.id
            for row in connection.execute(select(instance.c.id).where(instance.c.definition_key == WAITING))
        ]
        revisions = {
            row.id: row.revision for row in connection.execute(select(instance.c.id, instance.c.revision))
        }
        kinds = {
            "timers": per_case(timer),
            "timers fired": per_case(timer, timer.c.state == "fired"),
            "firings told": per_case(event, event.c.kind == "timer.fired"),
            "tasks": per_case(task),
            "messages": per_case(outbox, outbox.c.kind == "task.assigned"),
            "mails": per_case(outbox, outbox.c.kind == "mail"),
        }
        left = connection.execute(
            select(func.count()).select_from(outbox).where(outbox.c.state != "delivered")
        ).scalar_one()
        incidents = connection.execute(select(func.count()).select_from(incident)).scalar_one()
    found = [
        f"case {case}: {counts[case]} {what}"
        for case in waiting
        for what, counts in kinds.items()
        if counts[case] != 1
    ]
    found += [f"case {case}: step {revisions[case]}" for case in waiting if revisions[case] != 2]
    if len(waiting) != cases:
        found.append(f"{len(waiting)} cases of {cases}")
    if left:
        found.append(f"{left} messages not delivered")
    if incidents:
        found.append(f"{incidents} incidents")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
