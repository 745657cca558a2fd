"""Values in and out: from Python's data to FEEL's and back, without copying what needs no change."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.languages.feel.errors import FeelEvaluationError
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.values import NUMBERS, FunctionValue, Range, YearsMonths

READY = frozenset(
    {
        str,
        bool,
        int,
        type(None),
        dt.date,
        dt.datetime,
        dt.time,
        dt.timedelta,
        YearsMonths,
        Range,
        FunctionValue,
    }
)
"""Types that are FEEL values as they are (int and Decimal are both numbers)."""


def to_feel(value: Any, evaluation: Evaluation | None = None) -> Any:
    """`value` (JSON-like data, dates, Decimal) as a FEEL value.

    The same object comes back when nothing in it has to change; floats become the decimal number they print
    as, tuples and sets become lists. Raises FeelEvaluationError for an object FEEL has no kind for.
    """
    kind = type(value)
    if kind in READY:
        return value
    if kind is Decimal:
        return value if value.is_finite() else None
    if kind is float:
        return NUMBERS.create_decimal(repr(value)) if math.isfinite(value) else None
    if kind is list:
        return _list_to_feel(value, evaluation)
    if kind is dict:
        return _context_to_feel(value, evaluation)
    return _foreign_to_feel(value, evaluation)


def _list_to_feel(value: list[Any], evaluation: Evaluation | None) -> list[Any]:
    if evaluation is not None:
        evaluation.spend(len(value) // 4 + 1)
    changed: list[Any] | None = None
    for position, item in enumerate(value):
        if type(item) in READY:
            continue
        converted = to_feel(item, evaluation)
        if converted is not item:
            if changed is None:
                changed = list(value)
            changed[position] = converted
    return value if changed is None else changed


def _context_to_feel(value: dict[Any, Any], evaluation: Evaluation | None) -> dict[str, Any]:
    if evaluation is not None:
        evaluation.spend(len(value) // 4 + 1)
    changed: dict[str, Any] | None = None
    for key, item in value.items():
        if type(item) in READY:
            continue
        converted = to_feel(item, evaluation)
        if converted is not item:
            if changed is None:
                changed = dict(value)
            changed[key] = converted
    return value if changed is None else changed


def _foreign_to_feel(value: Any, evaluation: Evaluation | None) -> Any:
    if isinstance(value, Mapping):
        return {str(key): to_feel(item, evaluation) for key, item in value.items()}
    if isinstance(value, (tuple, set, frozenset)):
        return [to_feel(item, evaluation) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    raise FeelEvaluationError(
        f"Un valore di tipo {type(value).__name__} non può essere usato in un'espressione: "
        "servono numeri, testi, date, durate, liste o contesti"
    )


def from_feel(value: Any, evaluation: Evaluation | None = None) -> Any:
    """A FEEL value as Python data: every number a Decimal, lists and contexts new objects of the caller's own.

    `evaluation` is charged for what is copied, so that a small expression cannot return an endless result.
    """
    kind = type(value)
    if kind is int:
        return NUMBERS.create_decimal(value)
    if kind is list:
        if evaluation is not None:
            evaluation.spend(2 * len(value) + 2)
        return [from_feel(item, evaluation) for item in value]
    if kind is dict:
        if evaluation is not None:
            evaluation.spend(2 * len(value) + 2)
        return {key: from_feel(item, evaluation) for key, item in value.items()}
    return value
