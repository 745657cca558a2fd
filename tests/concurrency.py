"""Calls that are made at the same moment, as by several people or several workers."""

from __future__ import annotations

import threading
from collections.abc import Callable

from engine.errors import BusinessError, EngineError

Refusal = EngineError | BusinessError
WITHIN_SECONDS = 60


def together(*calls: Callable[[], object]) -> list[object]:
    """Make the calls in threads that set off at one moment; what each gave, or the refusal it met."""
    barrier = threading.Barrier(len(calls), timeout=WITHIN_SECONDS)
    outcomes: list[object] = [None] * len(calls)

    def run(number: int, call: Callable[[], object]) -> None:
        try:
            barrier.wait()
            outcomes[number] = call()
        except BaseException as problem:  # looked at below, and by the test
            outcomes[number] = problem

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WITHIN_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "the threads hold each other"
    for problem in outcomes:
        if isinstance(problem, BaseException) and not isinstance(problem, Refusal):
            raise problem
    return outcomes


def refusals(*calls: Callable[[], object]) -> list[Refusal]:
    """Make the calls at one moment; what was refused, in the order of the calls."""
    return [one for one in together(*calls) if isinstance(one, Refusal)]
