"""Many timers due at the same moment: how fast they fire beside how fast tasks are completed, in turn on one machine.

    python -m benchmarks.timers_at_once                    # 1 000 timers
    python -m benchmarks.timers_at_once --timers 10000

A timer that fires goes through a no-op service to a task, as the completion of A does; the completions are those of the
common piece of work, half of A and half of B. Both on one connection, each step durable before the next.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import timedelta

from benchmarks.common_work import databases
from benchmarks.common_work.clients import Services
from benchmarks.common_work.office import SCOPE, WAITING
from engine.clock import SystemClock, VirtualClock

TURNS = 10
TARGET = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints both rates and their ratio on both databases; 1 when firing is under its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--timers", type=int, default=1000)
    chosen = parser.parse_args(arguments if arguments is not None else [])
    with databases.postgres() as server, databases.sqlite() as file:
        ratios = [
            compare(name, url, chosen.timers)
            for name, url in (("PostgreSQL", server.url(server.furnished())), ("SQLite", file))
        ]
    return int(min(ratios) < TARGET)


def compare(name: str, url: str, timers: int) -> float:
    """Fire so many timers and complete as many tasks, in turns; the ratio of the rates."""
    clock = VirtualClock(SystemClock().now())
    office = Services(url, clock=clock)
    try:
        moment = (clock.now() + timedelta(hours=1)).isoformat()
        for _ in range(timers):
            office.engine.instances.start(WAITING, {"quando": moment}, office.actor, SCOPE)
        tasks = [office.task(office.start()) for _ in range(timers // 2)]
    finally:
        office.close()
    clock.advance(timedelta(hours=2))
    worker = Services(url, clock=clock)  # with nothing of these cases in its memory
    try:
        firing = completing = 0.0
        fired, each = 0, timers // TURNS
        for turn in range(TURNS):
            began = time.perf_counter()
            fired += worker.engine.timers.fire_due(each)
            firing += time.perf_counter() - began
            completing += _elapsed(worker, tasks[turn * each // 2 : (turn + 1) * each // 2])
        left = worker.engine.timers.fire_due()
    finally:
        worker.close()
    if fired != TURNS * each or left != timers - fired:
        raise AssertionError(f"{fired} timers fired and {left} were left, of {timers}")
    fires, completions = fired / firing, 2 * len(tasks) / completing
    ratio = fires / completions
    print(
        f"{name}: {timers} timers due at once fire at {fires:.0f}/s; completions {completions:.0f}/s: × {ratio:.2f} "
        f"(target ≥ {TARGET})",
        flush=True,
    )
    return ratio


def _elapsed(worker: Services, tasks: Sequence[str]) -> float:
    began = time.perf_counter()
    following = [worker.complete_a(task) for task in tasks]
    for task in following:
        worker.complete_b(task)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
