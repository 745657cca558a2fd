"""FEEL against Python's own decimal and datetime, on values nobody chose."""

from __future__ import annotations

import datetime as dt
import decimal
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.languages.feel import (
    FeelError,
    YearsMonths,
    add_months,
    compile_expression,
    compile_unary_tests,
    format_value,
)

few = settings(max_examples=60, deadline=None)
numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=6)
dates = st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31))
instants = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))
durations = st.timedeltas(dt.timedelta(days=-20_000), dt.timedelta(days=20_000))
CONTEXT = decimal.Context(prec=34)
OPERATIONS = {"+": CONTEXT.add, "-": CONTEXT.subtract, "*": CONTEXT.multiply, "/": CONTEXT.divide}


def value(text: str, **variables: Any) -> Any:
    return compile_expression(text).evaluate(variables)


@pytest.mark.parametrize("operator", OPERATIONS)
@few
@given(a=numbers, b=numbers)
def test_arithmetic_is_decimal128(operator: str, a: Decimal, b: Decimal) -> None:
    if operator == "/" and b == 0:
        assert value("a / b", a=a, b=b) is None
    else:
        assert value(f"a {operator} b", a=a, b=b) == OPERATIONS[operator](a, b)


ROUNDINGS = {
    "round half up": decimal.ROUND_HALF_UP, "round half down": decimal.ROUND_HALF_DOWN, "round up": decimal.ROUND_UP,
    "round down": decimal.ROUND_DOWN, "floor": decimal.ROUND_FLOOR, "ceiling": decimal.ROUND_CEILING,
    "decimal": decimal.ROUND_HALF_EVEN,
}  # fmt: skip


@pytest.mark.parametrize("function", ROUNDINGS)
@few
@given(a=numbers, scale=st.integers(0, 5))
def test_roundings(function: str, a: Decimal, scale: int) -> None:
    expected = a.quantize(Decimal(1).scaleb(-scale), ROUNDINGS[function], CONTEXT)
    assert value(f"{function}(a, {scale})", a=a) == expected


@few
@given(a=numbers, b=numbers.filter(bool))
def test_modulo_takes_the_sign_of_the_divisor(a: Decimal, b: Decimal) -> None:
    quotient = CONTEXT.divide(a, b).to_integral_value(decimal.ROUND_FLOOR)
    assert value("modulo(a, b)", a=a, b=b) == CONTEXT.subtract(a, CONTEXT.multiply(b, quotient))


@few
@given(items=st.lists(numbers, min_size=1, max_size=20))
def test_lists_of_numbers(items: list[Decimal]) -> None:
    assert value("min(l)", l=items) == min(items)
    assert value("max(l)", l=items) == max(items)
    assert value("sort(l, function(a, b) a < b)", l=items) == sorted(items)
    total = Decimal(0)
    for item in items:
        total = CONTEXT.add(total, item)
    assert value("sum(l)", l=items) == total


@few
@given(day=dates)
def test_parts_of_a_date(day: dt.date) -> None:
    assert value("[d.year, d.month, d.day, d.weekday]", d=day) == [
        day.year,
        day.month,
        day.day,
        day.isoweekday(),
    ]
    assert value("day of year(d)", d=day) == day.timetuple().tm_yday
    assert value("week of year(d)", d=day) == day.isocalendar().week
    assert value("date(string(d))", d=day) == day


@few
@given(moment=instants, zone=st.sampled_from(["Europe/Rome", "America/New_York", "Asia/Tokyo"]))
def test_the_same_instant_in_another_zone(moment: dt.datetime, zone: str) -> None:
    there = moment.replace(microsecond=0).astimezone(ZoneInfo(zone))
    assert value("a = b", a=moment.replace(microsecond=0), b=there) is True
    assert value("b.hour", b=there) == there.hour
    assert value("date(b)", b=there) == there.date()


@few
@given(size=durations, factor=st.integers(-9, 9))
def test_durations(size: dt.timedelta, factor: int) -> None:
    assert value("s * n", s=size, n=factor) == size * factor
    assert value("duration(string(s))", s=size) == size


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "=", "!="])
@few
@given(a=numbers, b=st.one_of(numbers, st.integers(-100, 100)))
def test_comparisons(operator: str, a: Decimal, b: Any) -> None:
    expected = {
        "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "=": a == b, "!=": a != b,
    }[operator]  # fmt: skip
    assert value(f"a {operator} b", a=a, b=b) is expected
    assert value(f"a {operator} {format_value(b)}", a=a) is expected


@few
@given(day=dates, size=durations)
def test_days_move_dates(day: dt.date, size: dt.timedelta) -> None:
    whole = dt.timedelta(days=size.days)
    assert value("d + s", d=day, s=whole) == day + whole
    assert value("(d + s) - d", d=day, s=whole) == whole


@few
@given(moment=instants, other=instants, size=durations)
def test_instants(moment: dt.datetime, other: dt.datetime, size: dt.timedelta) -> None:
    assert value("m + s", m=moment, s=size) == moment + size
    assert value("m - o", m=moment, o=other) == moment - other
    assert value("m < o", m=moment, o=other) is (moment < other)


@few
@given(day=dates, months=st.integers(-600, 600))
def test_months_clamp_at_the_end_of_the_month(day: dt.date, months: int) -> None:
    moved = value("d + m", d=day, m=YearsMonths(months))
    assert moved == add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + dt.timedelta(days=1)).day == 1)


@few
@given(a=numbers, low=numbers, high=numbers)
def test_ranges_are_two_comparisons(a: Decimal, low: Decimal, high: Decimal) -> None:
    if low <= high:
        assert value("a in [l..h]", a=a, l=low, h=high) is (low <= a <= high)
        assert value("a in (l..h)", a=a, l=low, h=high) is (low < a < high)
        cell = compile_unary_tests(f"[{format_value(low)}..{format_value(high)})")
        assert cell.evaluate_test(a, {}) is (low <= a < high)


literals = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text("abcxyz_", min_size=1, max_size=6), inner, max_size=4),
    ),
    max_leaves=12,
)


@few
@given(literal=literals)
def test_what_is_shown_reads_back(literal: Any) -> None:
    if "\\" not in format_value(literal):
        assert value(format_value(literal)) == literal


def told(text: str, compile_: Any) -> FeelError | None:
    try:
        compile_(text).evaluate({"a": 1, "b": [1, {"c": 2}], "?": 3})
    except FeelError as error:
        return error
    return None


@few
@given(text=st.text(alphabet='abc 123+-*/()[]{}<>=.,:"?@\\\n', max_size=40))
def test_any_text_gives_a_value_or_an_error_of_the_language(text: str) -> None:
    for compile_ in (compile_expression, compile_unary_tests):
        error = told(text, compile_)
        assert error is None or (error.message and error.line >= 1)
