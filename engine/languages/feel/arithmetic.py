"""The arithmetic operators on numbers, text, dates and durations; null for types they are not defined on."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from engine.languages.feel.limits import Evaluation
from engine.languages.feel.temporal import add_months, add_time, difference, from_seconds, seconds_of
from engine.languages.feel.values import DECIMAL128, YearsMonths, is_number

TEMPORAL_TYPES = (dt.date, dt.datetime, dt.time)
FAILURES = (ArithmeticError, ValueError, TypeError)
"""The exceptions of operations out of range; FEEL gives null."""


def add(left: Any, right: Any, evaluation: Evaluation) -> Any:
    """left + right."""
    if is_number(left) and is_number(right):
        return DECIMAL128.add(left, right)
    one, other = type(left), type(right)
    if one is str and other is str:
        evaluation.spend_text(len(left) + len(right))
        return left + right
    if other in TEMPORAL_TYPES and one not in TEMPORAL_TYPES:
        left, right, one, other = right, left, other, one
    if other is YearsMonths:
        if one is YearsMonths:
            return YearsMonths(left.months + right.months)
        return add_months(left, right.months) if one is dt.date or one is dt.datetime else None
    if other is dt.timedelta:
        return left + right if one is dt.timedelta else add_time(left, right)
    return None


def subtract(left: Any, right: Any, evaluation: Evaluation) -> Any:
    """left - right."""
    if is_number(left) and is_number(right):
        return DECIMAL128.subtract(left, right)
    one, other = type(left), type(right)
    if other is YearsMonths:
        if one is YearsMonths:
            return YearsMonths(left.months - right.months)
        return add_months(left, -right.months) if one is dt.date or one is dt.datetime else None
    if other is dt.timedelta:
        return left - right if one is dt.timedelta else add_time(left, -right)
    return difference(left, right)


def multiply(left: Any, right: Any, evaluation: Evaluation) -> Any:
    """left * right: numbers, or a duration and a number."""
    if is_number(left):
        if is_number(right):
            return DECIMAL128.multiply(left, right)
        left, right = right, left
    if is_number(right):
        if type(left) is YearsMonths:
            return YearsMonths(int(DECIMAL128.multiply(left.months, right)))
        if type(left) is dt.timedelta:
            return from_seconds(DECIMAL128.multiply(seconds_of(left), right))
    return None


def divide(left: Any, right: Any, evaluation: Evaluation) -> Any:
    """left / right: numbers, two durations of one kind, or a duration and a number; null when right is zero."""
    one, other = type(left), type(right)
    if is_number(right):
        if right == 0:
            return None
        if is_number(left):
            return DECIMAL128.divide(left, right)
        if one is YearsMonths:
            return YearsMonths(int(DECIMAL128.divide(left.months, right)))
        if one is dt.timedelta:
            return from_seconds(DECIMAL128.divide(seconds_of(left), Decimal(right)))
        return None
    if one is YearsMonths and other is YearsMonths:
        return DECIMAL128.divide(left.months, right.months) if right.months else None
    if one is dt.timedelta and other is dt.timedelta:
        return DECIMAL128.divide(seconds_of(left), seconds_of(right)) if right else None
    return None


def power(left: Any, right: Any, evaluation: Evaluation) -> Any:
    """left ** right."""
    if is_number(left) and is_number(right):
        evaluation.spend(250 if right == int(right) else 700)
        return DECIMAL128.power(left, right)
    return None


def negative(value: Any) -> Any:
    """-value, for numbers and durations."""
    if is_number(value):
        return DECIMAL128.minus(value)
    if type(value) is YearsMonths:
        return YearsMonths(-value.months)
    if type(value) is dt.timedelta:
        return -value
    return None
