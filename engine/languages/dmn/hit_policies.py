"""What a table answers when several rules hit: one function for each hit policy of DMN."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.languages.feel import Evaluation
from engine.languages.feel.comparison import equal
from engine.languages.feel.functions.aggregates import max_, min_, sum_
from engine.languages.feel.values import is_number


class Conflict(Exception):
    """The rules that hit do not agree with the table's hit policy; the text is an Italian sentence."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that hit and its outputs, one a column."""

    rule: int
    outputs: tuple[Any, ...]


Priorities = Sequence[Sequence[Any] | None]
"""For each output column, its values from the most to the least important; None when they are not listed."""


def unique(hits: list[Hit], evaluation: Evaluation) -> Hit | None:
    """UNIQUE: at most one rule may hit."""
    if len(hits) > 1:
        raise Conflict(
            f"Le regole {_numbers(hits)} valgono insieme, ma la tabella ne ammette una sola (UNIQUE): "
            "rendile distinte o cambia la hit policy"
        )
    return hits[0] if hits else None


def any_(hits: list[Hit], evaluation: Evaluation) -> Hit | None:
    """ANY: several rules may hit when all say the same."""
    for hit in hits[1:]:
        if equal(list(hit.outputs), list(hits[0].outputs), evaluation) is not True:
            raise Conflict(
                f"Le regole {hits[0].rule} e {hit.rule} valgono insieme e danno risultati diversi, "
                "ma la tabella li vuole uguali (ANY)"
            )
    return hits[0] if hits else None


def first(hits: list[Hit], evaluation: Evaluation) -> Hit | None:
    """FIRST: the first rule in the table's order."""
    return hits[0] if hits else None


def by_priority(hits: list[Hit], priorities: Priorities, evaluation: Evaluation) -> list[Hit]:
    """Hits by the importance of their outputs, column by column; equal ones stay in the table's order."""

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


def _numbers(hits: list[Hit]) -> str:
    return ", ".join(str(hit.rule) for hit in hits[:-1]) + f" e {hits[-1].rule}"


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
