"""The values FEEL works with, beside Python's own: durations of months, ranges, functions; and their kinds."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

NUMBERS = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)
"""The arithmetic of FEEL: IEEE 754 decimal128. Always used explicitly, so the caller's context is never touched."""

MAX_MONTHS = 12 * 10**9


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A years and months duration, in months (negative when it goes back in time)."""

    months: int

    def __post_init__(self) -> None:
        if abs(self.months) > MAX_MONTHS:
            raise OverflowError("duration out of range")


@dataclass(frozen=True, slots=True)
class Range:
    """Values between two ends. A range made by an operator, such as (>= 18), has one end or both the same, and
    is open on the other side; in any other a missing end is null, and nothing can be said to lie in it."""

    low: Any
    high: Any
    low_included: bool = True
    high_included: bool = True
    operator: str = ""


class FunctionValue:
    """A function as a FEEL value: written in an expression, a business knowledge model or a built-in."""

    __slots__ = ("env", "function_type", "implementation", "parameters")

    def __init__(
        self,
        parameters: tuple[str, ...] | None,
        implementation: Callable[[list[Any]], Any],
        function_type: Any = None,
    ) -> None:
        self.parameters = parameters
        """Names of the parameters; None when any number of arguments is taken."""
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
        return NUMBERS.create_decimal(value)
    raise TypeError(f"not a number: {value!r}")


def whole_if_exact(number: Decimal) -> int | Decimal:
    """A number as an int when it is a whole one of usual size: comparing ints is several times faster."""
    return int(number) if -(10**15) < number < 10**15 and number == int(number) else number
