"""One table: the common piece of work by this engine, beside the floor, other engines and the database's own limit.

    python -m benchmarks.common_table            # short: what needs nothing but the project, one round
    python -m benchmarks.common_table --long     # with every peer that can be had, several rounds, 1 and 4 clients

All sides run in turn, several times, on one PostgreSQL with fsync on; what counts is the ratio of the medians, since
single values of a shared machine scatter by a factor of two.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.common_work import databases, limit
from benchmarks.common_work.ours import Ours
from benchmarks.common_work.rounds import Rates, Size, median
from benchmarks.peers import java, python
from benchmarks.peers.harness import Unavailable

OURS = "this engine, services, PostgreSQL"
LIMIT = "the database's limit: our statements alone"
MANY = 4


@dataclass
class Side:
    """One line of the table: how it runs, and what its rounds gave."""

    name: str
    clients: int
    run: Callable[[], Rates]
    rounds: list[Rates] = field(default_factory=list)
    absent: str = ""

    @property
    def rates(self) -> Rates:
        """The medians."""
        return median(self.rounds)


@dataclass(frozen=True)
class Target:
    """What is to be reached: `ours` of one side at least `factor` times that of another."""

    sentence: str
    value: str
    ours: tuple[str, int]
    theirs: tuple[str, int]
    factor: float


TARGETS = (
    Target("completions ≥ 2 × Operaton", "completions", (OURS, 1), ("Operaton", 1), 2),
    Target("completions ≥ 3 × Flowable", "completions", (OURS, 1), ("Flowable", 1), 3),
    Target("completions ≥ 6 × Viewflow", "completions", (OURS, 1), ("Viewflow", 1), 6),
    Target("completions ≥ 1.5 × the floor", "completions", (OURS, 1), ("the floor", 1), 1.5),
    Target("completions ≥ 60 % of the database's limit", "completions", (OURS, 1), (LIMIT, 1), 0.6),
    Target("starts ≥ Operaton", "starts", (OURS, 1), ("Operaton", 1), 1),
    Target(
        "4 clients: completions ≥ 2 × Operaton with 4 threads", "completions", (OURS, 4), ("Operaton", 4), 2
    ),
    Target("first page of 10 000 ≥ 3 × faster than Operaton's", "page_ms", (OURS, 1), ("Operaton", 1), 3),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints the table; always 0: a slow machine is no error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="every peer, 1 and 4 clients, several rounds")
    parser.add_argument("--rounds", type=int, help="how many rounds (1, or 3 with --long)")
    parser.add_argument("--instances", type=int, help="instances of each measure (100, or 1000 with --long)")
    parser.add_argument("--only", action="append", help="only the sides whose name holds this text")
    parser.add_argument("--clients", type=int, help="only the sides with so many clients")
    parser.add_argument(
        "--waiting", type=int, default=10_000, help="tasks waiting for the first page; 0: none"
    )
    chosen = parser.parse_args(arguments if arguments is not None else [])
    instances = chosen.instances or (1000 if chosen.long else 100)
    size = Size(instances, max(1, instances // 4))
    rounds = chosen.rounds or (3 if chosen.long else 1)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(databases.postgres())
        ours = Ours(server, server.furnished("furnished"))
        sides = list(_sides(stack, server, ours, size, everything=chosen.long))
        if chosen.only:
            sides = [side for side in sides if any(text.lower() in side.name.lower() for text in chosen.only)]
        if chosen.clients:
            sides = [side for side in sides if side.clients == chosen.clients]
        for number in range(rounds):
            for side in sides:
                _take(side, f"round {number + 1} of {rounds}")
        if chosen.long and chosen.waiting:
            _print_table(sides)
            _first_page(server, ours, sides, Size(1, 1, chosen.waiting))
    _print_table(sides)
    _print_targets(sides)
    return 0


def _sides(
    stack: contextlib.ExitStack, server: databases.Postgres, ours: Ours, size: Size, *, everything: bool
) -> Iterator[Side]:
    part = functools.partial

    @functools.cache
    def recording() -> limit.Recording:
        return stack.enter_context(limit.recorded(server, ours.furnished, size.instances))

    some = (1, MANY) if everything else (1,)
    for clients in some:
        yield Side(OURS, clients, part(ours.services, clients, size))
        if everything and clients == 1:  # beside ours: the speed of a shared machine drifts over a round
            yield Side("the floor", 1, part(python.measure, "floor", server, size))
        if everything:
            yield Side("Operaton", clients, part(java.measure, "operaton", server, clients, size))
            yield Side("Flowable", clients, part(java.measure, "flowable", server, clients, size))
        if clients == 1:
            yield Side(
                "this engine, every case read, PostgreSQL", 1, part(ours.services_without_memory, 1, size)
            )
            yield Side(LIMIT, 1, lambda: limit.replay(server, recording()))
    if everything:
        small = Size(min(200, size.instances), min(50, size.whole))
        yield Side("Viewflow", 1, part(python.measure, "viewflow", server, size))
        yield Side("DBOS", 1, part(python.measure, "dbos", server, small))
    for clients in some:
        yield Side("this engine, services, SQLite", clients, part(ours.services_on_file, clients, size))
    for clients in some if everything else ():
        yield Side("this engine, pages, PostgreSQL", clients, part(ours.pages, clients, size))
        yield Side("this engine, pages, SQLite", clients, part(ours.pages_on_file, clients, size))


def _take(side: Side, label: str) -> None:
    if side.absent:
        return
    try:
        side.rounds.append(side.run())
        found = side.rounds[-1]
        told = f"starts {found.starts or 0:.0f}/s, completions {found.completions or 0:.0f}/s"
        many = "s" * (side.clients > 1)
        print(f"   {label}: {side.name}, {side.clients} client{many}: {told}", file=sys.stderr, flush=True)
    except Unavailable as problem:
        side.absent = str(problem)
        print(f"{side.name} left out: {problem}")


def _first_page(server: databases.Postgres, ours: Ours, sides: Sequence[Side], waiting: Size) -> None:
    """The first page of so many waiting tasks, with their count; once, for it takes long to make them wait."""
    ways: dict[str, Callable[[], Rates]] = {
        OURS: functools.partial(ours.services, 1, waiting),
        "Operaton": functools.partial(java.measure, "operaton", server, 1, waiting),
        "Flowable": functools.partial(java.measure, "flowable", server, 1, waiting),
        "Viewflow": functools.partial(python.measure, "viewflow", server, waiting),
    }
    for side in sides:
        if side.clients == 1 and not side.absent and side.name in ways:
            print(f"   first page: {side.name}", file=sys.stderr)
            side.rounds.append(Rates(page_ms=ways[side.name]().page_ms))


def _print_table(sides: Sequence[Side]) -> None:
    ours = {side.clients: side.rates.completions for side in sides if side.name == OURS and side.rounds}
    print(f"{'medians':46} clients  starts/s  completions/s  instances/s  first page ms  ours : theirs")
    for side in sides:
        if not side.rounds:
            continue
        found = side.rates
        base = ours.get(side.clients)
        ratio = (
            f"{base / found.completions:.2f}"
            if base and found.completions and not side.name.startswith("this engine")
            else ""
        )
        cells = [found.starts, found.completions, found.whole, found.page_ms]
        widths = (10, 15, 13, 15)
        shown = "".join(
            f"{'' if value is None else f'{value:.1f}':>{width}}"
            for value, width in zip(cells, widths, strict=True)
        )
        print(f"{side.name:46} {side.clients:>7}{shown}  {ratio:>13}")


def _print_targets(sides: Sequence[Side]) -> None:
    found = {(side.name, side.clients): side.rates for side in sides if side.rounds}
    for target in TARGETS:
        ours, theirs = (getattr(found.get(who), target.value, None) for who in (target.ours, target.theirs))
        if ours is None or theirs is None:
            continue
        ratio = theirs / ours if target.value == "page_ms" else ours / theirs
        print(f"{'reached' if ratio >= target.factor else 'MISSED':8} {ratio:6.2f}  {target.sentence}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
