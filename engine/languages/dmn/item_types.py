"""Item definitions: the types that a model declares, with their allowed values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from lxml import etree

from engine.languages.dmn.xml import DmnReader
from engine.languages.feel import Evaluation, Expression, parse_temporal
from engine.languages.feel.types import (
    ANY,
    SIMPLE_TYPES,
    ConstrainedType,
    ContextType,
    FeelType,
    FunctionType,
    ListType,
    NamedType,
    SimpleType,
)

SYNONYMS = {
    "integer": "number",
    "long": "number",
    "double": "number",
    "int": "number",
    "float": "number",
    "decimal": "number",
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "any": "Any",
}
"""Other names of the FEEL types (dmn-js, DMN 1.1)."""

_TEMPORAL_TYPES: dict[str, type] = {
    "date": dt.date,
    "date and time": dt.datetime,
    "time": dt.time,
    "days and time duration": dt.timedelta,
}


def type_reference(name: str | None) -> FeelType | None:
    """The type of a typeRef: built-in, or defined in the model and looked up when used; None without typeRef."""
    if not name or not name.strip():
        return None
    plain = name.strip()
    prefix, colon, rest = plain.partition(":")
    if colon and (prefix == "feel" or rest in SIMPLE_TYPES):
        plain = rest
    plain = SYNONYMS.get(plain, plain)
    if plain in SIMPLE_TYPES:
        return SimpleType(plain)
    return NamedType(plain)


def parse_item_definitions(reader: DmnReader) -> None:
    """Adds the item definitions of the model to the types of the reader."""
    for element in reader.children(reader.root, "itemDefinition"):
        reader.types[element.get("name") or ""] = parse_item_type(reader, element)


def parse_item_type(reader: DmnReader, element: etree._Element) -> FeelType:
    """The type of an itemDefinition or itemComponent."""
    components = list(reader.children(element, "itemComponent"))
    function = reader.child(element, "functionItem")
    base: FeelType
    if components:
        base = ContextType(
            tuple(
                (component.get("name") or "", parse_item_type(reader, component)) for component in components
            )
        )
    elif function is not None:
        base = FunctionType(
            tuple(
                type_reference(parameter.get("typeRef")) or ANY
                for parameter in reader.children(function, "parameters", "parameter")
            ),
            type_reference(function.get("outputTypeRef")) or ANY,
        )
    else:
        reference = reader.child(element, "typeRef")
        base = type_reference(element.get("typeRef") if reference is None else reference.text) or ANY
    base = _constrained(reader, base, element, "allowedValues")
    if element.get("isCollection") == "true":
        base = ListType(base)
    return _constrained(reader, base, element, "typeConstraint")


def _constrained(reader: DmnReader, base: FeelType, element: etree._Element, tag: str) -> FeelType:
    values = reader.child(element, tag)
    written = reader.text(values)
    if values is None or not written:
        return base
    return ConstrainedType(base, allows(reader.tests(written, values)))


def allows(tests: Expression) -> Callable[[Any, Evaluation], bool | None]:
    """The check of a constrained type: whether a value passes unary tests."""
    return lambda value, evaluation: tests.run_test(value, {}, evaluation)


def parse_temporal_value(value: Any, declared_type: FeelType | None) -> Any:
    """The date, time or duration of an ISO 8601 text, as forms and JSON give it, where that type is declared."""
    if (
        type(value) is not str
        or not isinstance(declared_type, SimpleType)
        or declared_type.name not in _TEMPORAL_TYPES
    ):
        return value
    parsed = parse_temporal(value)
    return parsed if type(parsed) is _TEMPORAL_TYPES[declared_type.name] else value
