"""Built-ins on points and ranges: their relations, and parsing a range from text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.languages.feel.comparison import equal, less, within
from engine.languages.feel.functions.declaration import FunctionGroup, text
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.range_literals import parse_range
from engine.languages.feel.values import Range

FUNCTIONS = FunctionGroup()
PARAMETERS = (("point1", "point2"), ("range1", "range2"), ("range", "point"), ("point", "range"))


class _Ends:
    """Comparisons of the ends of ranges. Raises TypeError, which gives null, when they cannot be compared."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation

    def same(self, one: Any, other: Any) -> bool:
        outcome = equal(one, other, self.evaluation)
        if outcome is None:
            raise TypeError("ends of different kinds")
        return outcome

    @staticmethod
    def less(one: Any, other: Any) -> bool:
        outcome = less(one, other)
        if outcome is None:
            raise TypeError("ends that cannot be ordered")
        return outcome

    def before(self, one: Range, other: Range) -> bool:
        return self.less(one.high, other.low) or (
            self.same(one.high, other.low) and not (one.high_included and other.low_included)
        )

    def starts_earlier(self, one: Range, other: Range) -> bool:
        return self.less(one.low, other.low) or (
            self.same(one.low, other.low) and one.low_included and not other.low_included
        )

    def starts_no_earlier(self, one: Range, other: Range) -> bool:
        """The low end of `one` lies within `other`, or is the same."""
        return self.less(other.low, one.low) or (
            self.same(one.low, other.low) and (not one.low_included or other.low_included)
        )

    def ends_no_later(self, one: Range, other: Range) -> bool:
        return self.less(one.high, other.high) or (
            self.same(one.high, other.high) and (not one.high_included or other.high_included)
        )


def _relation(name: str, description: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares a relation of two ranges; a point is a range with two equal ends."""

    def declare(related: Callable[..., Any]) -> Callable[..., Any]:
        @FUNCTIONS.add(name, *PARAMETERS, bounded=True, description=description)
        def call(evaluation: Evaluation, one: Any, other: Any) -> bool | None:
            if one is None or other is None:
                return None
            return bool(related(_Ends(evaluation), _as_range(one), _as_range(other), type(one) is Range))

        return related

    return declare


def _as_range(value: Any) -> Range:
    return value if type(value) is Range else Range(value, value)


@_relation("before", "Vero se il primo finisce prima che cominci il secondo")
def before(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool:
    """one ends before other begins"""
    return ends.before(one, other)


@_relation("after", "Vero se il primo comincia dopo la fine del secondo")
def after(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool:
    """one begins after other ends"""
    return ends.before(other, one)


@_relation("meets", "Vero se il primo finisce proprio dove comincia il secondo")
def meets(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool:
    """one ends where other begins"""
    return one.high_included and other.low_included and ends.same(one.high, other.low)


@_relation("met by", "Vero se il primo comincia proprio dove finisce il secondo")
def met_by(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool:
    """one begins where other ends"""
    return bool(meets(ends, other, one, is_range))


@_relation("overlaps", "Vero se hanno qualcosa in comune")
def overlaps(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool:
    """the two share a value"""
    return not ends.before(one, other) and not ends.before(other, one)


@_relation("overlaps before", "Vero se il primo comincia prima e finisce dentro il secondo")
def overlaps_before(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool:
    """one begins before other and ends within it"""
    return ends.starts_earlier(one, other) and ends.ends_no_later(one, other) and not ends.before(one, other)


@_relation("overlaps after", "Vero se il primo comincia dentro il secondo e finisce dopo")
def overlaps_after(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool:
    """one begins within other and ends after it"""
    return ends.starts_earlier(other, one) and ends.ends_no_later(other, one) and not ends.before(other, one)


@_relation("finishes", "Vero se il primo finisce insieme al secondo, standoci dentro")
def finishes(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool:
    """one lies in other and ends with it"""
    if not is_range:
        return other.high_included and ends.same(one.low, other.high)
    return (
        ends.same(one.high, other.high)
        and one.high_included == other.high_included
        and ends.starts_no_earlier(one, other)
    )


@_relation("starts", "Vero se il primo comincia insieme al secondo, standoci dentro")
def starts(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool:
    """one lies in other and begins with it"""
    if not is_range:
        return other.low_included and ends.same(one.low, other.low)
    return (
        ends.same(one.low, other.low)
        and one.low_included == other.low_included
        and ends.ends_no_later(one, other)
    )


@_relation("during", "Vero se il primo sta dentro il secondo")
def during(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool | None:
    """one lies in other"""
    if not is_range:
        return within(one.low, other)
    return ends.starts_no_earlier(one, other) and ends.ends_no_later(one, other)


@_relation("coincides", "Vero se sono uguali")
def coincides(ends: _Ends, one: Range, other: Range, is_range: bool) -> bool:
    """the two are the same"""
    return (
        ends.same(one.low, other.low)
        and ends.same(one.high, other.high)
        and one.low_included == other.low_included
        and one.high_included == other.high_included
    )


def _mirror(name: str, description: str, of: Callable[..., Any]) -> None:
    @FUNCTIONS.add(name, *PARAMETERS, bounded=True, description=description)
    def call(evaluation: Evaluation, one: Any, other: Any) -> bool | None:
        if one is None or other is None:
            return None
        return bool(of(_Ends(evaluation), _as_range(other), _as_range(one), type(other) is Range))


_mirror("includes", "Vero se il secondo sta dentro il primo", during)
_mirror("finished by", "Vero se il secondo finisce insieme al primo, standoci dentro", finishes)
_mirror("started by", "Vero se il secondo comincia insieme al primo, standoci dentro", starts)


@FUNCTIONS.add("range", ("from",), description="Un intervallo scritto in un testo, come [18..39]")
def range_(written: Any) -> Range | None:
    """The range of a text; null when it is not a range, or its ends are not constants."""
    return parse_range(text(written))
