"""Parses a range from text, for the built-in `range`: its ends are literals or date constructors."""

from __future__ import annotations

from typing import Any

from engine.languages.feel.compile_values import make_range
from engine.languages.feel.errors import FeelError
from engine.languages.feel.parser import parse_expression
from engine.languages.feel.syntax import Call, Literal, Name, Negation, Node, RangeLiteral
from engine.languages.feel.temporal import parse_date, parse_date_and_time, parse_duration, parse_time
from engine.languages.feel.token_stream import KnownNames
from engine.languages.feel.values import DECIMAL128, Range, is_number

_KNOWN = KnownNames(["date and time"])
_CONSTRUCTORS: dict[str, Any] = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_and_time,
    "duration": parse_duration,
}


class _NotConstant(ValueError):
    pass


def parse_range(written: str) -> Range | None:
    """The range, or None when the text is not one with constant ends."""
    try:
        node = parse_expression(written, _KNOWN)
    except FeelError:
        return None
    if not isinstance(node, RangeLiteral):
        return None
    try:
        return make_range(_end(node.low), _end(node.high), node.low_included, node.high_included)
    except _NotConstant:
        return None


def _end(node: Node) -> Any:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Negation) and isinstance(node.operand, Literal) and is_number(node.operand.value):
        return DECIMAL128.minus(node.operand.value)
    if (
        isinstance(node, Call)
        and isinstance(node.function, Name)
        and len(node.positional) == 1
        and isinstance(node.positional[0], Literal)
        and type(node.positional[0].value) is str
        and node.function.name in _CONSTRUCTORS
    ):
        return _CONSTRUCTORS[node.function.name](node.positional[0].value)
    raise _NotConstant
