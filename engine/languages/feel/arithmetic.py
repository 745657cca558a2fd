"""The arithmetic operators over numbers, text, dates and durations; null where an operation has no meaning."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from engine.languages.feel.limits import Evaluation
from engine.languages.feel.temporal import add_months, add_time, difference, from_seconds, seconds_of
from engine.languages.feel.values import NUMBERS, YearsMonths, is_number

MOMENTS = (dt.date, dt.datetime, dt.time)
FAILURES = (ArithmeticError, ValueError, TypeError)
"""What an operation out of range raises in Python; FEEL answers null."""


def add(left: Any, right: Any, evaluation: Evaluation) -> Any:
    """left + right."""
    if is_number(left) and is_number(right):
        return NUMBERS.add(left, right)
    one, other = type(left), type(right)
    if one is str and other is str:
        evaluation.spend_text(len(left) + len(right))
        return left + right
    if other in MOMENTS and one not in MOMENTS:
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
        return NUMBERS.subtract(left, right)
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
            return NUMBERS.multiply(left, right)
        left, right = right, left
    if is_number(right):
        if type(left) is YearsMonths:
            return YearsMonths(int(NUMBERS.multiply(left.months, right)))
        if type(left) is dt.timedelta:
            return from_seconds(NUMBERS.multiply(seconds_of(left), right))
    return None


def divide(left: Any, right: Any, evaluation: Evaluation) -> Any:
    """left / right: numbers, two durations of one kind, or a duration and a number; null when right is zero."""
    one, other = type(left), type(right)
    if is_number(right):
        if right == 0:
            return None
        if is_number(left):
            return NUMBERS.divide(left, right)
        if one is YearsMonths:
            return YearsMonths(int(NUMBERS.divide(left.months, right)))
        if one is dt.timedelta:
            return from_seconds(NUMBERS.divide(seconds_of(left), Decimal(right)))
        return None
    if one is YearsMonths and other is YearsMonths:
        return NUMBERS.divide(left.months, right.months) if right.months else None
    if one is dt.timedelta and other is dt.timedelta:
        return NUMBERS.divide(seconds_of(left), seconds_of(right)) if right else None
    return None


def power(left: Any, right: Any, evaluation: Evaluation) -> Any:
    """left ** right."""
    if is_number(left) and is_number(right):
        evaluation.spend(250 if right == int(right) else 700)
        return NUMBERS.power(left, right)
    return None


def negative(value: Any) -> Any:
    """-value, for numbers and durations."""
    if is_number(value):
        return NUMBERS.minus(value)
    if type(value) is YearsMonths:
        return YearsMonths(-value.months)
    if type(value) is dt.timedelta:
        return -value
    return None
