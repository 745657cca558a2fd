"""Whether a step costs the same late as early: at the last turn of a long loop, and with many instances before it.

    python -m benchmarks.flat_cost                                        # 300 turns, 3 000 instances before
    python -m benchmarks.flat_cost --turns 1000 --before 100000

The instances before are copied into the tables, rows and log alike, from one that was really run. What is compared is
the median of the CPU seconds of this process for PostgreSQL and the elapsed ones, as ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from benchmarks.common_work import databases
from benchmarks.common_work.clients import Services
from benchmarks.common_work.office import SCOPE
from engine.storage.tables import event, instance, outbox, task, task_candidate
from engine.storage.types import new_id

SAMPLE = 40
ROWS_AT_ONCE = 5000
LOOP = "giri"


@dataclass(frozen=True)
class Cost:
    """The medians of one step, in milliseconds: elapsed, and CPU of this process."""

    elapsed: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.elapsed:.2f} ms ({self.cpu:.2f} ms CPU)"

    def against(self, first: Cost) -> str:
        """How many times the first one."""
        return f"elapsed × {self.elapsed / first.elapsed:.2f}, CPU × {self.cpu / first.cpu:.2f}"


def cost(steps: Sequence[Callable[[], Any]]) -> Cost:
    """The median cost of some steps."""
    elapsed, cpu = [], []
    for step in steps:
        begin, used = time.perf_counter(), time.thread_time()
        step()
        elapsed.append(time.perf_counter() - begin)
        cpu.append(time.thread_time() - used)
    return Cost(1000 * statistics.median(elapsed), 1000 * statistics.median(cpu))


def turns(client: Services, count: int) -> tuple[Cost, Cost]:
    """The cost of a turn among the first and among the last of a loop of `count` turns."""
    case = client.engine.instances.start(LOOP, {}, client.actor, SCOPE)
    current = [client.task(case.id)]

    def turn() -> None:
        done = client.engine.tasks.complete(current[0], {"ancora": True}, client.actor)
        current[0] = done.next_task_ids[0]

    turn()
    first = cost([turn] * SAMPLE)
    for _ in range(count - 2 * SAMPLE):
        turn()
    return first, cost([turn] * SAMPLE)


def whole(client: Services) -> Cost:
    """The cost of a whole instance of the common work."""

    def one() -> None:
        client.complete_b(client.complete_a(client.task(client.start())))

    for _ in range(10):
        one()
    return cost([one] * SAMPLE)


def fill(client: Services, count: int) -> None:
    """Copy an instance that has done A and waits in B `count` times over."""
    pattern = client.start()
    client.complete_a(client.task(pattern))
    with client.engine.database.begin() as work:
        rows = {
            table: [
                dict(row)
                for row in work.connection.execute(
                    select(table).where((table.c.id if table is instance else table.c.instance_id) == pattern)
                ).mappings()
            ]
            for table in (instance, task, event, outbox)
        }
        candidates = [dict(row) for row in work.connection.execute(select(task_candidate)).mappings()]
        of_task: dict[str, list[dict[str, Any]]] = {}
        for row in candidates:
            of_task.setdefault(row["task_id"], []).append(row)
        begin = rows[instance][0]["number"] * 1_000_000
        for first in range(0, count, ROWS_AT_ONCE):
            batch: dict[Any, list[dict[str, Any]]] = {table: [] for table in (*rows, task_candidate)}
            for number in range(first, min(count, first + ROWS_AT_ONCE)):
                _copy(rows, of_task, begin + number, batch)
            for table, copies in batch.items():
                if copies:
                    work.connection.execute(insert(table), copies)


def _copy(
    rows: dict[Any, list[dict[str, Any]]],
    of_task: dict[str, list[dict[str, Any]]],
    number: int,
    batch: dict[Any, list[dict[str, Any]]],
) -> None:
    case = new_id()
    for row in rows[instance]:
        batch[instance].append({**row, "id": case, "number": number, "business_key": f"copy-{number}"})
    for row in rows[task]:
        copy = new_id()
        batch[task].append({**row, "id": copy, "instance_id": case})
        batch[task_candidate] += [{**one, "task_id": copy} for one in of_task.get(row["id"], ())]
    for row in rows[event]:
        batch[event].append(
            {name: value for name, value in row.items() if name != "id"} | {"instance_id": case}
        )
    for row in rows[outbox]:
        copy = new_id()
        batch[outbox].append({**row, "id": copy, "key": f"copy:{copy}", "instance_id": case})


@contextlib.contextmanager
def _places() -> Iterator[dict[str, str]]:
    with databases.postgres() as server, databases.sqlite() as file:
        yield {"PostgreSQL": server.url(server.furnished()), "SQLite": file}


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints both comparisons on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=300)
    parser.add_argument("--before", type=int, default=3000)
    chosen = parser.parse_args(arguments if arguments is not None else [])
    with _places() as places:
        for name, url in places.items():
            client = Services(url)
            try:
                first, last = turns(client, chosen.turns)
                print(
                    f"{name}, a turn: first {first}, {chosen.turns}th {last}: {last.against(first)}",
                    flush=True,
                )
                empty = whole(client)
                fill(client, chosen.before)
                full = whole(client)
                print(
                    f"{name}, a whole instance: first {empty}, after {chosen.before} {full}: {full.against(empty)}",
                    flush=True,
                )
            finally:
                client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
