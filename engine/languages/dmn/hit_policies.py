"""The hit policies and aggregations of decision tables: the result when several rules match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.languages.feel import Evaluation
from engine.languages.feel.comparison import equal
from engine.languages.feel.functions.aggregates import max_, min_, sum_
from engine.languages.feel.values import is_number


class HitPolicyViolation(Exception):
    """The matching rules violate the hit policy of the table; the table raises it as a DecisionError."""

    def __init__(self, message_code: str, /, **parameters: Any) -> None:
        super().__init__(message_code, parameters)
        self.message_code = message_code
        self.parameters = parameters


@dataclass(frozen=True, slots=True)
class Hit:
    """A matching rule and its outputs, one per column."""

    rule: int
    outputs: tuple[Any, ...]


Priorities = Sequence[Sequence[Any] | None]
"""For each output column, its values from the highest to the lowest priority; None when they are not listed."""


def unique(hits: list[Hit], evaluation: Evaluation) -> Hit | None:
    """UNIQUE: at most one rule may match."""
    if len(hits) > 1:
        raise HitPolicyViolation(
            "DMN_UNIQUE_VIOLATED", rules=[hit.rule for hit in hits[:-1]], last=hits[-1].rule
        )
    return hits[0] if hits else None


def any_(hits: list[Hit], evaluation: Evaluation) -> Hit | None:
    """ANY: several rules may match when their outputs are equal."""
    for hit in hits[1:]:
        if equal(list(hit.outputs), list(hits[0].outputs), evaluation) is not True:
            raise HitPolicyViolation("DMN_ANY_VIOLATED", first=hits[0].rule, second=hit.rule)
    return hits[0] if hits else None


def first(hits: list[Hit], evaluation: Evaluation) -> Hit | None:
    """FIRST: the first matching rule in the order of the table."""
    return hits[0] if hits else None


def by_priority(hits: list[Hit], priorities: Priorities, evaluation: Evaluation) -> list[Hit]:
    """The hits sorted by the priority of their outputs, column by column; equal ones in the order of the table."""

    def rank(hit: Hit) -> tuple[int, ...]:
        return tuple(
            _position(output, listed, evaluation)
            for output, listed in zip(hit.outputs, priorities, strict=True)
            if listed is not None
        )

    return sorted(hits, key=rank)


def _position(output: Any, listed: Sequence[Any], evaluation: Evaluation) -> int:
    for position, value in enumerate(listed):
        if equal(output, value, evaluation) is True:
            return position
    return len(listed)


def _sum(values: list[Any], evaluation: Evaluation) -> Any:
    return sum_(evaluation, values) if values and all(is_number(value) for value in values) else None


AGGREGATIONS: dict[str, Callable[[list[Any], Evaluation], Any]] = {
    "SUM": _sum,
    "MIN": lambda values, evaluation: min_(values),
    "MAX": lambda values, evaluation: max_(values),
    "COUNT": lambda values, evaluation: len(values),
}
SINGLE = {"UNIQUE": unique, "ANY": any_, "FIRST": first}
LISTS = ("RULE ORDER", "OUTPUT ORDER", "COLLECT")
POLICIES = (*SINGLE, "PRIORITY", *LISTS)
ABBREVIATIONS = {
    "U": "UNIQUE",
    "A": "ANY",
    "P": "PRIORITY",
    "F": "FIRST",
    "R": "RULE ORDER",
    "O": "OUTPUT ORDER",
    "C": "COLLECT",
}
