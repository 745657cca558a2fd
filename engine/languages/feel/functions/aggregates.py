"""Built-ins that make one value of many: sum, min, max, mean, all, any; called with a list or with the values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.languages.feel.arithmetic import add
from engine.languages.feel.comparison import less
from engine.languages.feel.functions.declaration import FunctionGroup, number, values_of
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.values import DECIMAL128, ORDERED, YearsMonths, is_number, kind_of

FUNCTIONS = FunctionGroup()
Aggregate = Callable[..., Any]


def _aggregate(name: str, description: str, *, bounded: bool = False) -> Callable[[Aggregate], Aggregate]:
    return FUNCTIONS.add(name, ("list",), variadic=True, bounded=bounded, description=description)


def _extreme(values: list[Any], better: Callable[[Any, Any], bool | None]) -> Any:
    if not values or kind_of(values[0]) not in ORDERED:
        return None
    best = values[0]
    for value in values[1:]:
        outcome = better(value, best)
        if outcome is None:
            return None
        if outcome:
            best = value
    return best


@_aggregate("min", "Il più piccolo")
def min_(*values: Any) -> Any:
    """The least; null for no values or values of different kinds."""
    return _extreme(values_of(values), less)


@_aggregate("max", "Il più grande")
def max_(*values: Any) -> Any:
    """The greatest; null for no values or values of different kinds."""
    return _extreme(values_of(values), lambda value, best: less(best, value))


@_aggregate("sum", "La somma di numeri o di durate", bounded=True)
def sum_(evaluation: Evaluation, *values: Any) -> Any:
    """Sum of numbers or durations; null for no values."""
    terms = values_of(values)
    if not terms or not (is_number(terms[0]) or type(terms[0]) in (YearsMonths, dt.timedelta)):
        return None
    if len(terms) == 1:
        return terms[0]
    total = terms[0]
    for term in terms[1:]:
        total = add(total, term, evaluation)
        if total is None:
            return None
    return total


@_aggregate("product", "Il prodotto di numeri")
def product(*values: Any) -> Decimal | None:
    """Product of numbers; null for no values."""
    factors = values_of(values)
    if not factors:
        return None
    total = Decimal(1)
    for factor in factors:
        total = DECIMAL128.multiply(total, number(factor))
    return total


def _total(numbers: list[Decimal]) -> Decimal:
    total = Decimal(0)
    for term in numbers:
        total = DECIMAL128.add(total, term)
    return total


@_aggregate("mean", "La media aritmetica")
def mean(*values: Any) -> Decimal | None:
    """Arithmetic mean; null for no values."""
    numbers = [number(value) for value in values_of(values)]
    return DECIMAL128.divide(_total(numbers), Decimal(len(numbers))) if numbers else None


@_aggregate("median", "La mediana")
def median(*values: Any) -> Decimal | None:
    """Middle value, or the mean of the two in the middle; null for no values."""
    numbers = sorted(number(value) for value in values_of(values))
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return DECIMAL128.divide(DECIMAL128.add(numbers[middle - 1], numbers[middle]), Decimal(2))


@_aggregate("stddev", "Lo scarto quadratico medio (del campione)")
def stddev(*values: Any) -> Decimal | None:
    """Sample standard deviation; null for less than two values."""
    numbers = [number(value) for value in values_of(values)]
    if len(numbers) < 2:
        return None
    average = DECIMAL128.divide(_total(numbers), Decimal(len(numbers)))
    deviations = [DECIMAL128.subtract(value, average) for value in numbers]
    squares = [DECIMAL128.multiply(deviation, deviation) for deviation in deviations]
    return DECIMAL128.sqrt(DECIMAL128.divide(_total(squares), Decimal(len(numbers) - 1)))


@_aggregate("mode", "I valori più frequenti, in ordine")
def mode(*values: Any) -> list[Decimal]:
    """The most frequent numbers, ascending."""
    frequency: dict[Decimal, int] = {}
    for value in values_of(values):
        exact = number(value)
        frequency[exact] = frequency.get(exact, 0) + 1
    most = max(frequency.values(), default=0)
    return sorted(value for value, times in frequency.items() if times == most)


def _decided(values: list[Any], decisive: bool) -> bool | None:
    if any(value is decisive for value in values):
        return decisive
    outcome: bool | None = not decisive
    for value in values:
        if type(value) is not bool:
            outcome = None
    return outcome


@_aggregate("all", "Vero se tutti sono veri")
def all_(*values: Any) -> bool | None:
    """Three-valued conjunction of a list."""
    return _decided(values_of(values), False)


@_aggregate("any", "Vero se almeno uno è vero")
def any_(*values: Any) -> bool | None:
    """Three-valued disjunction of a list."""
    return _decided(values_of(values), True)
