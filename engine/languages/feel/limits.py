"""Limits of one evaluation: steps, calls, sizes of strings and lists, counted while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.languages.feel.errors import FeelLimitExceeded

MAX_TEXT = 20_000
"""Longest expression that is read, in characters."""

MAX_NESTING = 60
"""Deepest nesting of parentheses, lists, operators and calls in one expression."""

CHARACTERS_PER_STEP = 16


@dataclass(frozen=True, slots=True)
class EvaluationLimits:
    """Limits of one evaluation.

    steps: about one per node evaluated inside loops and functions, per list item made and per 16 characters
    of text made (so they also limit memory). calls: depth of FEEL functions that call each other. string:
    characters of one string. items: items of one list.
    """

    steps: int = 200_000
    calls: int = 80
    string: int = 200_000
    items: int = 50_000


DEFAULT_LIMITS = EvaluationLimits()


class Evaluation:
    """One running evaluation: its remaining budget (steps and calls) and the functions bound to it.

    An evaluation that begins inside the `as_parent` block of another one, on the same thread, gets no more budget
    than that one has left; `charge_parent` takes what it used from there. So an expression whose functions evaluate
    other expressions is limited as one.
    """

    __slots__ = ("_granted_steps", "_parent", "bindings", "calls", "converted", "limits", "steps")

    def __init__(
        self,
        bindings: Mapping[str, Callable[..., Any]] | None = None,
        limits: EvaluationLimits = DEFAULT_LIMITS,
    ) -> None:
        parent = _thread.evaluation
        self._parent = parent
        if parent is None:
            self.steps, self.calls = limits.steps, limits.calls
        else:
            self.steps = self._granted_steps = min(limits.steps, parent.steps)
            self.calls = min(limits.calls, parent.calls)
        self.limits = limits
        self.bindings = bindings
        self.converted: dict[int, tuple[Any, Any]] | None = None
        """Lists and contexts converted so far, by the id of the original: (original, FEEL value)."""

    def spend(self, steps: int) -> None:
        """Takes `steps` from the budget. Raises FeelLimitExceeded when none are left."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelLimitExceeded("FEEL_TOO_MANY_STEPS", maximum=self._max_steps())

    def _max_steps(self) -> int:
        return self.limits.steps if self._parent is None else min(self._granted_steps, self.limits.steps)

    def spend_items(self, count: int) -> None:
        """Charges for a list of `count` items that is made or walked."""
        if count > self.limits.items:
            raise FeelLimitExceeded("FEEL_LIST_TOO_LONG", length=count, maximum=self.limits.items)
        self.spend(count)

    def spend_text(self, characters: int) -> None:
        """Charges for a string of `characters` that is made."""
        if characters > self.limits.string:
            raise FeelLimitExceeded("FEEL_STRING_TOO_LONG", length=characters, maximum=self.limits.string)
        self.spend(characters // CHARACTERS_PER_STEP + 1)

    def enter_call(self) -> None:
        """Counts the call of a FEEL function. Raises FeelLimitExceeded when calls are nested too deeply."""
        self.calls -= 1
        if self.calls < 0:
            raise FeelLimitExceeded("FEEL_TOO_MANY_CALLS", maximum=self.limits.calls)

    def leave_call(self) -> None:
        """Counts the return from a FEEL function."""
        self.calls += 1

    def charge_parent(self) -> None:
        """Takes the steps used so far from the parent evaluation, if there is one."""
        if self._parent is not None:
            self._parent.steps -= self._granted_steps - self.steps
            self._granted_steps = self.steps

    def as_parent(self) -> _ParentOfThread:
        """A context manager: evaluations that begin inside it, on this thread, are children of this one."""
        return _ParentOfThread(self)


class _ParentOfThread:
    """Makes an evaluation the parent of those that begin on this thread."""

    __slots__ = ("_evaluation", "_previous")

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation

    def __enter__(self) -> None:
        self._previous = _thread.evaluation
        _thread.evaluation = self._evaluation

    def __exit__(self, *_: object) -> None:
        _thread.evaluation = self._previous


class _Thread(threading.local):
    """The parent evaluation of each thread; None outside `as_parent`."""

    evaluation: Evaluation | None = None


_thread = _Thread()
