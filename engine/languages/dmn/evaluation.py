"""The evaluation of one decision: scopes, values already calculated, and evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.languages.dmn.evidence import MatchedRule, UnmatchedRule
from engine.languages.feel import Evaluation


class Scope:
    """Local names, then the names of the outer scope."""

    __slots__ = ("local", "outer")

    def __init__(self, local: dict[str, Any], outer: Mapping[str, Any] | Scope) -> None:
        self.local = local
        self.outer = outer

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name; `default` when no scope has it."""
        if name in self.local:
            return self.local[name]
        return self.outer.get(name, default)


class DecisionRun:
    """What the parts of a model share while one decision is evaluated.

    values: the values of decisions already evaluated, by id.
    """

    __slots__ = ("evaluation", "matched_rules", "unmatched_rules", "values", "variables")

    def __init__(self, variables: Mapping[str, Any] | Scope, evaluation: Evaluation) -> None:
        self.variables = variables
        self.evaluation = evaluation
        self.values: dict[str, Any] = {}
        self.matched_rules: list[MatchedRule] = []
        self.unmatched_rules: list[UnmatchedRule] = []

    def inner(self, variables: Mapping[str, Any] | Scope) -> DecisionRun:
        """A run on other variables, with the same budget and the same evidence."""
        run = DecisionRun(variables, self.evaluation)
        run.matched_rules, run.unmatched_rules = self.matched_rules, self.unmatched_rules
        return run


BoxedExpression = Callable[[Any, DecisionRun], Any]
"""A boxed expression, compiled: called with the scope (anything with `get`) and the run."""
