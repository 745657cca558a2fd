"""The types of FEEL: `instance of`, and the conversion of values to a declared type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.languages.feel.limits import Evaluation
from engine.languages.feel.temporal import at_midnight
from engine.languages.feel.values import KINDS, FunctionValue, Range

SIMPLE_TYPES = (
    "years and months duration",
    "days and time duration",
    "date and time",
    "number",
    "string",
    "boolean",
    "date",
    "time",
    "Any",
    "Null",
    "list",
    "context",
    "function",
    "range",
)
"""Names of the built-in types, those of several words first."""


@dataclass(frozen=True, slots=True)
class SimpleType:
    """A built-in type without parameters."""

    name: str


@dataclass(frozen=True, slots=True)
class ListType:
    """list<item>"""

    item: FeelType


@dataclass(frozen=True, slots=True)
class RangeType:
    """range<end>"""

    end: FeelType


@dataclass(frozen=True, slots=True)
class ContextType:
    """context<name: type, …>"""

    entries: tuple[tuple[str, FeelType], ...]


@dataclass(frozen=True, slots=True)
class FunctionType:
    """function<parameter, …> -> result"""

    parameters: tuple[FeelType, ...]
    result: FeelType


@dataclass(frozen=True, slots=True)
class NamedType:
    """A type defined elsewhere, such as a DMN item definition; looked up when it is used."""

    name: str


@dataclass(frozen=True, slots=True)
class ConstrainedType:
    """A type limited to the values for which `allows` is true (DMN's allowedValues)."""

    base: FeelType
    allows: Callable[[Any, Evaluation], bool | None]


FeelType = SimpleType | ListType | RangeType | ContextType | FunctionType | NamedType | ConstrainedType
NamedTypes = Mapping[str, FeelType]

ANY = SimpleType("Any")
MAX_DEPTH = 40
"""How deep types that are defined by themselves are followed."""


def conforms(
    value: Any,
    expected: FeelType,
    types: NamedTypes,
    evaluation: Evaluation,
    depth: int = 0,
    *,
    allowed: bool = True,
) -> bool | None:
    """Whether `value` belongs to the type; None when the type is unknown.

    allowed: also check the allowed values of the outermost type (`instance of` does not).
    """
    if depth > MAX_DEPTH:
        return None
    match expected:
        case SimpleType(name):
            if name == "Any":
                return value is not None
            return value is None if name == "Null" else KINDS.get(type(value)) == name
        case NamedType(name):
            known = types.get(name)
            if known is None:
                return None
            return conforms(value, known, types, evaluation, depth + 1, allowed=allowed)
        case ListType(item):
            return type(value) is list and _all_conform(value, item, types, evaluation, depth)
        case RangeType(end):
            return type(value) is Range and all(
                bound is None or conforms(bound, end, types, evaluation, depth + 1) is True
                for bound in (value.low, value.high)
            )
        case ContextType(entries):
            return type(value) is dict and all(
                key in value and _accepts(value[key], kind, types, evaluation, depth) for key, kind in entries
            )
        case ConstrainedType(base, allows):
            if conforms(value, base, types, evaluation, depth + 1) is not True:
                return False
            return not allowed or allows(value, evaluation) is True
        case FunctionType():
            return _is_function(value, expected, types)


def _accepts(value: Any, expected: FeelType, types: NamedTypes, evaluation: Evaluation, depth: int) -> bool:
    return value is None or conforms(value, expected, types, evaluation, depth + 1) is True


def _all_conform(
    items: list[Any], expected: FeelType, types: NamedTypes, evaluation: Evaluation, depth: int
) -> bool:
    if expected == ANY:
        return True
    evaluation.spend_items(len(items) + 1)
    return all(conforms(item, expected, types, evaluation, depth + 1) is True for item in items)


def _is_function(value: Any, expected: FunctionType, types: NamedTypes) -> bool:
    if type(value) is not FunctionValue:
        return False
    own = value.function_type
    if own is None:
        return value.parameters is not None and len(value.parameters) == len(expected.parameters)
    return is_subtype(own, expected, types)


def is_subtype(given: FeelType, expected: FeelType, types: NamedTypes, depth: int = 0) -> bool:
    """Whether every value of `given` is one of `expected` (DMN 1.5, type conformance)."""
    if depth > MAX_DEPTH:
        return False
    given, expected = _resolve(given, types), _resolve(expected, types)
    if expected == ANY or given == expected:
        return True
    if isinstance(given, ConstrainedType):
        return is_subtype(given.base, expected, types, depth + 1)
    match given, expected:
        case ListType(one), ListType(other):
            return is_subtype(one, other, types, depth + 1)
        case RangeType(one), RangeType(other):
            return is_subtype(one, other, types, depth + 1)
        case ContextType(have), ContextType(need):
            known = dict(have)
            return all(key in known and is_subtype(known[key], kind, types, depth + 1) for key, kind in need)
        case FunctionType(), FunctionType():
            return (
                len(given.parameters) == len(expected.parameters)
                and is_subtype(given.result, expected.result, types, depth + 1)
                and all(
                    is_subtype(other, one, types, depth + 1)
                    for one, other in zip(given.parameters, expected.parameters, strict=True)
                )
            )
        case (ListType(), SimpleType("list")) | (SimpleType("list"), ListType(SimpleType("Any"))):
            return True
        case (ContextType(), SimpleType("context")):
            return True
    return False


def _resolve(expected: FeelType, types: NamedTypes) -> FeelType:
    for _ in range(MAX_DEPTH):
        if not isinstance(expected, NamedType):
            break
        expected = types.get(expected.name, ANY)
    return expected


def coerce(value: Any, expected: FeelType | None, types: NamedTypes, evaluation: Evaluation) -> Any:
    """`value` converted to the declared type: unchanged, put in a list, or taken out of a list of one; else None."""
    if value is None or expected is None:
        return value
    if type(expected) is SimpleType and KINDS.get(type(value)) == expected.name:
        return value
    outcome = conforms(value, expected, types, evaluation)
    if outcome is not False:
        return value
    if type(value) is list and len(value) == 1 and conforms(value[0], expected, types, evaluation):
        return value[0]
    resolved = _resolve(expected, types)
    if type(value) is dt.date and resolved == SimpleType("date and time"):
        return at_midnight(value)
    if isinstance(resolved, ListType) and conforms(value, resolved.item, types, evaluation):
        return [value]
    return None
