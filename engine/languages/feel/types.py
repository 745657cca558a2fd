"""FEEL's types: what `instance of` asks, and how a value is fitted to a declared type."""

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
    """A type defined elsewhere, such as a DMN item definition; looked up when first used."""

    name: str


@dataclass(frozen=True, slots=True)
class ConstrainedType:
    """A type of which only the values passing `allows` belong (DMN's allowedValues)."""

    base: FeelType
    allows: Callable[[Any, Evaluation], bool | None]


FeelType = SimpleType | ListType | RangeType | ContextType | FunctionType | NamedType | ConstrainedType
Types = Mapping[str, FeelType]

ANY = SimpleType("Any")
MAX_DEPTH = 40
"""A type defined in terms of itself is followed this deep, no further."""


def conforms(
    value: Any,
    wanted: FeelType,
    types: Types,
    evaluation: Evaluation,
    depth: int = 0,
    *,
    allowed: bool = True,
) -> bool | None:
    """Whether `value` belongs to the type; null when the type is not known.

    allowed: look at the allowed values of the outermost type too (`instance of` does not).
    """
    if depth > MAX_DEPTH:
        return None
    match wanted:
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
            return _is_function(value, wanted, types)


def _accepts(value: Any, wanted: FeelType, types: Types, evaluation: Evaluation, depth: int) -> bool:
    return value is None or conforms(value, wanted, types, evaluation, depth + 1) is True


def _all_conform(
    items: list[Any], wanted: FeelType, types: Types, evaluation: Evaluation, depth: int
) -> bool:
    if wanted == ANY:
        return True
    evaluation.spend_items(len(items) + 1)
    return all(conforms(item, wanted, types, evaluation, depth + 1) is True for item in items)


def _is_function(value: Any, wanted: FunctionType, types: Types) -> bool:
    if type(value) is not FunctionValue:
        return False
    own = value.function_type
    if own is None:
        return value.parameters is not None and len(value.parameters) == len(wanted.parameters)
    return is_subtype(own, wanted, types)


def is_subtype(given: FeelType, wanted: FeelType, types: Types, depth: int = 0) -> bool:
    """Whether every value of `given` is one of `wanted` (DMN 1.5, type conformance)."""
    if depth > MAX_DEPTH:
        return False
    given, wanted = _resolve(given, types), _resolve(wanted, types)
    if wanted == ANY or given == wanted:
        return True
    if isinstance(given, ConstrainedType):
        return is_subtype(given.base, wanted, types, depth + 1)
    match given, wanted:
        case ListType(one), ListType(other):
            return is_subtype(one, other, types, depth + 1)
        case RangeType(one), RangeType(other):
            return is_subtype(one, other, types, depth + 1)
        case ContextType(have), ContextType(need):
            known = dict(have)
            return all(key in known and is_subtype(known[key], kind, types, depth + 1) for key, kind in need)
        case FunctionType(), FunctionType():
            return (
                len(given.parameters) == len(wanted.parameters)
                and is_subtype(given.result, wanted.result, types, depth + 1)
                and all(
                    is_subtype(other, one, types, depth + 1)
                    for one, other in zip(given.parameters, wanted.parameters, strict=True)
                )
            )
        case (ListType(), SimpleType("list")) | (SimpleType("list"), ListType(SimpleType("Any"))):
            return True
        case (ContextType(), SimpleType("context")):
            return True
    return False


def _resolve(wanted: FeelType, types: Types) -> FeelType:
    for _ in range(MAX_DEPTH):
        if not isinstance(wanted, NamedType):
            break
        wanted = types.get(wanted.name, ANY)
    return wanted


def fit(value: Any, wanted: FeelType | None, types: Types, evaluation: Evaluation) -> Any:
    """`value` as the declared type wants it: as it is, put in a list, taken out of a list of one; else null."""
    if value is None or wanted is None:
        return value
    if type(wanted) is SimpleType and KINDS.get(type(value)) == wanted.name:
        return value
    outcome = conforms(value, wanted, types, evaluation)
    if outcome is not False:
        return value
    if type(value) is list and len(value) == 1 and conforms(value[0], wanted, types, evaluation):
        return value[0]
    resolved = _resolve(wanted, types)
    if type(value) is dt.date and resolved == SimpleType("date and time"):
        return at_midnight(value)
    if isinstance(resolved, ListType) and conforms(value, resolved.item, types, evaluation):
        return [value]
    return None
