"""Conversion of values from Python to FEEL and back, without copying what does not change."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.languages.feel.errors import FeelEvaluationError
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.values import DECIMAL128, FunctionValue, Range, YearsMonths

NATIVE_TYPES = frozenset(
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
"""Python types whose values are FEEL values without conversion (int and Decimal are both numbers)."""


def to_feel(value: Any, evaluation: Evaluation | None = None) -> Any:
    """`value` (JSON-like data, dates, Decimal) as a FEEL value.

    The same object is returned when nothing in it changes. Floats become the decimal number they print as;
    tuples and sets become lists. Raises FeelEvaluationError for an object of a type that FEEL does not have.
    """
    kind = type(value)
    if kind in NATIVE_TYPES:
        return value
    if kind is Decimal:
        return value if value.is_finite() else None
    if kind is float:
        return DECIMAL128.create_decimal(repr(value)) if math.isfinite(value) else None
    if kind is list:
        return _list_to_feel(value, evaluation)
    if kind is dict:
        return _context_to_feel(value, evaluation)
    return _other_to_feel(value, evaluation)


def _list_to_feel(value: list[Any], evaluation: Evaluation | None) -> list[Any]:
    if evaluation is not None:
        evaluation.spend(len(value) // 4 + 1)
    changed: list[Any] | None = None
    for position, item in enumerate(value):
        if type(item) in NATIVE_TYPES:
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
        if type(item) in NATIVE_TYPES:
            continue
        converted = to_feel(item, evaluation)
        if converted is not item:
            if changed is None:
                changed = dict(value)
            changed[key] = converted
    return value if changed is None else changed


def _other_to_feel(value: Any, evaluation: Evaluation | None) -> Any:
    if isinstance(value, Mapping):
        return {str(key): to_feel(item, evaluation) for key, item in value.items()}
    if isinstance(value, (tuple, set, frozenset)):
        return [to_feel(item, evaluation) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    raise FeelEvaluationError("FEEL_UNSUPPORTED_TYPE", type=type(value).__name__)


def from_feel(value: Any, evaluation: Evaluation | None = None) -> Any:
    """A FEEL value as Python data: every number is a Decimal, lists and contexts are new objects.

    `evaluation` is charged for what is copied, so that a small expression cannot return a huge result.
    """
    kind = type(value)
    if kind is int:
        return DECIMAL128.create_decimal(value)
    if kind is list:
        if evaluation is not None:
            evaluation.spend(2 * len(value) + 2)
        return [from_feel(item, evaluation) for item in value]
    if kind is dict:
        if evaluation is not None:
            evaluation.spend(2 * len(value) + 2)
        return {key: from_feel(item, evaluation) for key, item in value.items()}
    return value
