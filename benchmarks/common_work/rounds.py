"""One round of measuring: so many clients, each in a process of its own, through the phases of the common work."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.common_work.clients import Client, Pages, Services

WARM_UP = 20
PATIENCE = 600
LISTINGS = 20


@dataclass(frozen=True)
class Rates:
    """What one round gave; what was not measured is None."""

    starts: float | None = None
    completions: float | None = None
    whole: float | None = None
    page_ms: float | None = None


@dataclass(frozen=True)
class Size:
    """How much a round does: instances for starts and completions, whole instances, tasks waiting for the page."""

    instances: int
    whole: int
    waiting: int = 0


@dataclass(frozen=True)
class Way:
    """How clients work: `services` on the database at `url`, or `pages` of the server at `url`."""

    kind: str
    url: str
    durable: bool = True
    remembers: bool = True
    """Whether the services keep the cases that last stepped in their process."""

    def client(self) -> Client:
        """A new client."""
        if self.kind == "services":
            return Services(self.url, durable=self.durable, remembers=self.remembers)
        return Pages(self.url)


def per_second(first: float, second: float) -> float:
    """The rate over both completions, from the rate of each."""
    return 2 / (1 / first + 1 / second)


def measure(way: Way, clients: int, size: Size) -> Rates:
    """Run one round and give its rates."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(clients)
    answers = context.Queue()
    share = Size(size.instances // clients, size.whole // clients, size.waiting)
    workers = [context.Process(target=_work, args=(way, share, n, barrier, answers)) for n in range(clients)]
    for worker in workers:
        worker.start()
    try:
        found = [answers.get(timeout=PATIENCE) for _ in workers]
    finally:
        for worker in workers:
            worker.join(20)
            if worker.is_alive():
                worker.terminate()
    failed = [one for one in found if isinstance(one, str)]
    if failed:
        raise RuntimeError(f"a client failed: {failed[0]}")

    def rate(phase: str) -> float:
        spans = [one[phase] for one in found]
        seconds = max(end for _, end, _ in spans) - min(begin for begin, _, _ in spans)
        return sum(count for _, _, count in spans) / seconds

    page = found[0].get("page")
    return Rates(rate("starts"), per_second(rate("a"), rate("b")), rate("whole"), page)


def _work(way: Way, size: Size, number: int, barrier: Any, answers: Any) -> None:
    try:
        answers.put(_phases(way, size, number, barrier))
    except Exception as problem:
        barrier.abort()
        answers.put(f"{type(problem).__name__}: {problem}")


def _phases(way: Way, size: Size, number: int, barrier: Any) -> dict[str, Any]:
    client = way.client()
    try:
        for _ in range(WARM_UP):
            _whole(client)
        spans: dict[str, Any] = {}

        def timed(name: str, action: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
            todo = list(items)
            barrier.wait(PATIENCE)
            begin = time.perf_counter()
            done = [action(item) for item in todo]
            spans[name] = (begin, time.perf_counter(), len(todo))
            return done

        handles = timed("starts", lambda _: client.start(), range(size.instances))
        tasks = timed("a", client.complete_a, [client.task(handle) for handle in handles])
        timed("b", client.complete_b, tasks)
        timed("whole", lambda _: _whole(client), range(size.whole))
        barrier.wait(PATIENCE)
        if number == 0 and size.waiting:
            spans["page"] = _listing(client, size.waiting)
        return spans
    finally:
        client.close()


def _whole(client: Client) -> None:
    client.complete_b(client.complete_a(client.task(client.start())))


def _listing(client: Client, waiting: int) -> float:
    """The median time of the first page, in milliseconds, with so many tasks waiting."""
    for _ in range(waiting):
        client.start()
    client.page()
    times = []
    for _ in range(LISTINGS):
        begin = time.perf_counter()
        client.page()
        times.append(time.perf_counter() - begin)
    return 1000 * statistics.median(times)


def median(rounds: Sequence[Rates]) -> Rates:
    """The median of each rate over the rounds that have it."""

    def middle(name: str) -> float | None:
        found = [value for one in rounds if (value := getattr(one, name)) is not None]
        return statistics.median(found) if found else None

    return Rates(middle("starts"), middle("completions"), middle("whole"), middle("page_ms"))
