"""One taking of a decision: the values at hand, those already worked out, and the evidence gathered on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.languages.dmn.evidence import Failure, RuleHit
from engine.languages.feel import Evaluation


class Scope:
    """Names nearest first: `own` ones, then those of the scope around."""

    __slots__ = ("outer", "own")

    def __init__(self, own: dict[str, Any], outer: Mapping[str, Any] | Scope) -> None:
        self.own = own
        self.outer = outer

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name; None when nobody has it."""
        if name in self.own:
            return self.own[name]
        return self.outer.get(name, default)


class Run:
    """What the parts of a model share while one decision is taken."""

    __slots__ = ("evaluation", "failures", "hits", "values", "variables")

    def __init__(self, variables: Mapping[str, Any] | Scope, evaluation: Evaluation) -> None:
        self.variables = variables
        self.evaluation = evaluation
        self.values: dict[str, Any] = {}
        self.hits: list[RuleHit] = []
        self.failures: list[Failure] = []

    def inner(self, variables: Mapping[str, Any] | Scope) -> Run:
        """A run on other variables that charges the same account and adds to the same evidence."""
        run = Run(variables, self.evaluation)
        run.hits, run.failures = self.hits, self.failures
        return run


Boxed = Callable[[Any, Run], Any]
"""A boxed expression, compiled: called with the scope (anything with `get`) and the run."""
