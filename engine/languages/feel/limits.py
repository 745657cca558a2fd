"""How much one evaluation may do: steps, depth, text and list sizes, counted while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from engine.languages.feel.errors import FeelLimitExceeded

MAX_TEXT = 20_000
"""Longest expression that is read, in characters."""

MAX_NESTING = 60
"""Deepest nesting of parentheses, lists, operators and calls in one expression."""

CHARACTERS_PER_STEP = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one evaluation.

    steps: about one per node evaluated inside loops and functions, per list item made and per 16 characters
    of text made (so it bounds memory too); calls: FEEL functions calling each other; string: characters of
    one string; items: items of one list.
    """

    steps: int = 200_000
    calls: int = 80
    string: int = 200_000
    items: int = 50_000


DEFAULT_LIMITS = Limits()


class Evaluation:
    """The account of one evaluation: what is left of its limits, and the functions bound to it.

    Made while another account holds its thread, it gets no more than that one has left, and `settle` takes what was
    used from there: an expression whose functions evaluate others is bounded as one.
    """

    __slots__ = ("_around", "_given", "bindings", "calls", "limits", "loaded", "steps")

    def __init__(
        self, bindings: Mapping[str, Callable[..., Any]] | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        around = _thread.account
        self._around = around
        if around is None:
            self.steps, self.calls = limits.steps, limits.calls
        else:
            self.steps = self._given = min(limits.steps, around.steps)
            self.calls = min(limits.calls, around.calls)
        self.limits = limits
        self.bindings = bindings
        self.loaded: dict[int, tuple[Any, Any]] | None = None

    def spend(self, steps: int) -> None:
        """Take `steps` from the account; raises FeelLimitExceeded when it is empty."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelLimitExceeded(
                f"L'espressione richiede troppo lavoro (oltre {self._most()} passi): "
                "riduci i cicli o le liste su cui lavora"
            )

    def _most(self) -> int:
        return self.limits.steps if self._around is None else min(self._given, self.limits.steps)

    def spend_items(self, count: int) -> None:
        """Account for a list of `count` items being made or walked."""
        if count > self.limits.items:
            raise FeelLimitExceeded(
                f"La lista è troppo lunga: {count} elementi, al massimo {self.limits.items}"
            )
        self.spend(count)

    def spend_text(self, characters: int) -> None:
        """Account for a string of `characters` being made."""
        if characters > self.limits.string:
            raise FeelLimitExceeded(
                f"Il testo è troppo lungo: {characters} caratteri, al massimo {self.limits.string}"
            )
        self.spend(characters // CHARACTERS_PER_STEP + 1)

    def enter(self) -> None:
        """A FEEL function is called."""
        self.calls -= 1
        if self.calls < 0:
            raise FeelLimitExceeded(
                f"Troppe funzioni una dentro l'altra (oltre {self.limits.calls}): la ricorsione non finisce?"
            )

    def leave(self) -> None:
        """A FEEL function returned."""
        self.calls += 1

    def settle(self) -> None:
        """Charge what was used to the account around, if there is one."""
        if self._around is not None:
            self._around.steps -= self._given - self.steps
            self._given = self.steps

    def on_this_thread(self) -> _Holding:
        """Hold the thread, in a `with`: evaluations that begin inside draw on this account."""
        return _Holding(self)


class _Holding:
    """An account holding its thread for a while."""

    __slots__ = ("_account", "_before")

    def __init__(self, account: Evaluation) -> None:
        self._account = account

    def __enter__(self) -> None:
        self._before = _thread.account
        _thread.account = self._account

    def __exit__(self, *_: object) -> None:
        _thread.account = self._before


class _Thread(threading.local):
    """The account that holds each thread; None outside evaluations and `shared_limits`."""

    account: Evaluation | None = None


_thread = _Thread()


@contextmanager
def shared_limits(limits: Limits) -> Iterator[Evaluation]:
    """Bound all the evaluations of this thread inside, together; each keeps its own limits too.

    One that runs out of them raises FeelLimitExceeded. Other threads have accounts of their own.
    """
    account = Evaluation(None, limits)
    try:
        with account.on_this_thread():
            yield account
    finally:
        account.settle()
