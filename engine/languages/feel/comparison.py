"""Equality, order and containment, in three-valued logic: true, false and null (unknown)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from engine.languages.feel.limits import Evaluation
from engine.languages.feel.values import KINDS, ORDERED, FunctionValue, Range

SCALARS = frozenset(
    {"number", "string", "boolean", "date", "days and time duration", "years and months duration"}
)


def equal(left: Any, right: Any, evaluation: Evaluation) -> bool | None:
    """FEEL's `=`: null equals only null; values of different kinds give null."""
    if left is None or right is None:
        return left is right
    kind = KINDS.get(type(left))
    if kind != KINDS.get(type(right)):
        return None
    if kind in SCALARS:
        return bool(left == right)
    if kind == "list":
        return _equal_items(left, right, evaluation)
    if kind == "context":
        return _equal_contexts(left, right, evaluation)
    if kind == "range":
        return _equal_ranges(left, right, evaluation)
    if kind == "function":
        return left is right
    return _equal_moments(left, right)


def _equal_items(left: list[Any], right: list[Any], evaluation: Evaluation) -> bool | None:
    if len(left) != len(right):
        return False
    evaluation.spend(2 * len(left) + 2)
    for one, other in zip(left, right, strict=True):
        outcome = equal(one, other, evaluation)
        if outcome is not True:
            return outcome
    return True


def _equal_contexts(left: dict[str, Any], right: dict[str, Any], evaluation: Evaluation) -> bool | None:
    if left.keys() != right.keys():
        return False
    evaluation.spend(2 * len(left) + 2)
    for key, one in left.items():
        outcome = equal(one, right[key], evaluation)
        if outcome is not True:
            return outcome
    return True


def _equal_ranges(left: Range, right: Range, evaluation: Evaluation) -> bool:
    return (
        left.operator == right.operator
        and left.low_included == right.low_included
        and left.high_included == right.high_included
        and equal(left.low, right.low, evaluation) is True
        and equal(left.high, right.high, evaluation) is True
    )


def _equal_moments(left: Any, right: Any) -> bool:
    """Times and dates-and-times, to the second (DMN 10.3.2.3.4); one with an offset never equals one without."""
    if (left.tzinfo is None) != (right.tzinfo is None):
        return False
    if type(left) is dt.time and (left.utcoffset() is None) != (right.utcoffset() is None):
        return False
    return bool(left.replace(microsecond=0) == right.replace(microsecond=0))


def less(left: Any, right: Any) -> bool | None:
    """left < right, null when the two cannot be ordered."""
    kind = KINDS.get(type(left))
    if kind not in ORDERED or kind != KINDS.get(type(right)):
        return None
    try:
        return bool(left < right)
    except TypeError:  # one has an offset, the other has none
        return None


def less_or_equal(left: Any, right: Any) -> bool | None:
    """left <= right, null when the two cannot be ordered."""
    kind = KINDS.get(type(left))
    if kind not in ORDERED or kind != KINDS.get(type(right)):
        return None
    try:
        return bool(left <= right)
    except TypeError:
        return None


def greater(left: Any, right: Any) -> bool | None:
    """left > right, null when the two cannot be ordered."""
    return less(right, left)


def greater_or_equal(left: Any, right: Any) -> bool | None:
    """left >= right, null when the two cannot be ordered."""
    return less_or_equal(right, left)


def negate(outcome: bool | None) -> bool | None:
    """not, in three-valued logic."""
    return None if outcome is None else not outcome


def within(value: Any, ends: Range) -> bool | None:
    """Whether `value` lies in the range; null when it cannot be compared with its ends."""
    if value is None or ((ends.low is None or ends.high is None) and not ends.operator):
        return None
    if ends.low is not None:
        outcome = less_or_equal(ends.low, value) if ends.low_included else less(ends.low, value)
        if outcome is not True:
            return outcome
    if ends.high is not None:
        return less_or_equal(value, ends.high) if ends.high_included else less(value, ends.high)
    return True


def satisfies(value: Any, test: Any, evaluation: Evaluation) -> bool | None:
    """Whether `value` passes `test` as a unary test: in a range, in a list, accepted by a function, or equal."""
    kind = type(test)
    if kind is Range:
        if type(value) is Range:
            return _equal_ranges(value, test, evaluation)
        return within(value, test)
    if kind is list:
        if type(value) is list and equal(test, value, evaluation) is True:
            return True
        evaluation.spend(len(test) + 1)
        return any(satisfies(value, item, evaluation) is True for item in test)
    if kind is FunctionValue:
        answer = test.call([value])
        return answer if type(answer) is bool else None
    return equal(value, test, evaluation)
