"""The FEEL values that Python has no type for (durations of months, ranges, functions), and the kinds of values."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

DECIMAL128 = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
"""The arithmetic of FEEL: IEEE 754 decimal128. Always used explicitly, so the caller's context does not change."""

MAX_MONTHS = 12 * 10**9


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration, in months (negative when it goes back in time)."""

    months: int

    def __post_init__(self) -> None:
        if abs(self.months) > MAX_MONTHS:
            raise OverflowError


@dataclass(frozen=True, slots=True)
class Range:
    """The values between two ends.

    A range made by an operator, such as (>= 18), has one end, or two equal ones; the missing end is infinite. In any
    other range a missing end is null, and so is every test with it.
    """

    low: Any
    high: Any
    low_included: bool = True
    high_included: bool = True
    operator: str = ""


class FunctionValue:
    """A function as a FEEL value: a function definition, a business knowledge model or a built-in."""

    __slots__ = ("env", "function_type", "implementation", "parameters")

    def __init__(
        self,
        parameters: tuple[str, ...] | None,
        implementation: Callable[[list[Any]], Any],
        function_type: Any = None,
    ) -> None:
        self.parameters = parameters
        """Names of the parameters; None for any number of arguments."""
        self.implementation = implementation
        self.function_type = function_type
        self.env: list[Any] | None = None

    def call(self, arguments: list[Any]) -> Any:
        """The result for positional arguments (FEEL values); null when their number is wrong."""
        if self.parameters is not None and len(arguments) != len(self.parameters):
            return None
        return self.implementation(arguments)


KINDS: dict[type, str] = {
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    dt.date: "date",
    dt.datetime: "date and time",
    dt.time: "time",
    dt.timedelta: "days and time duration",
    YearsMonths: "years and months duration",
    Range: "range",
    FunctionValue: "function",
}
"""FEEL's name for the kind of each value, by exact Python type (a bool is never a number)."""

ORDERED = frozenset(
    {
        "number",
        "string",
        "date",
        "date and time",
        "time",
        "days and time duration",
        "years and months duration",
    }
)


def kind_of(value: Any) -> str | None:
    """FEEL's name for the kind of `value`; None for null."""
    return KINDS.get(type(value))


def is_number(value: Any) -> bool:
    """Whether `value` is a FEEL number (a boolean is not)."""
    kind = type(value)
    return kind is Decimal or kind is int


def is_duration(value: Any) -> bool:
    """Whether `value` is a duration of either kind."""
    kind = type(value)
    return kind is dt.timedelta or kind is YearsMonths


def as_decimal(value: Any) -> Decimal:
    """A FEEL number as Decimal; TypeError for anything else."""
    kind = type(value)
    if kind is Decimal:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return DECIMAL128.create_decimal(value)
    raise TypeError(f"not a number: {value!r}")


def whole_if_exact(number: Decimal) -> int | Decimal:
    """A whole number of usual size as an int, because comparing ints is several times faster; others unchanged."""
    return int(number) if -(10**15) < number < 10**15 and number == int(number) else number
