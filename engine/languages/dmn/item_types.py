"""Item definitions: the types a model declares, with their allowed values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from lxml import etree

from engine.languages.dmn.xml import Reader
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
"""Names other editors write (dmn-js, DMN 1.1) for FEEL's own types."""

_MOMENTS: dict[str, type] = {
    "date": dt.date,
    "date and time": dt.datetime,
    "time": dt.time,
    "days and time duration": dt.timedelta,
}


def type_reference(name: str | None) -> FeelType | None:
    """The type a typeRef names: built-in, or defined in the model and looked up when used; None for no typeRef."""
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


def read_item_definitions(reader: Reader) -> None:
    """Puts the model's item definitions among the reader's types."""
    for element in reader.children(reader.root, "itemDefinition"):
        reader.types[element.get("name") or ""] = item_type(reader, element)


def item_type(reader: Reader, element: etree._Element) -> FeelType:
    """The type of an itemDefinition or itemComponent."""
    components = list(reader.children(element, "itemComponent"))
    function = reader.child(element, "functionItem")
    base: FeelType
    if components:
        base = ContextType(
            tuple((component.get("name") or "", item_type(reader, component)) for component in components)
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


def _constrained(reader: Reader, base: FeelType, element: etree._Element, tag: str) -> FeelType:
    values = reader.child(element, tag)
    written = reader.text(values)
    if values is None or not written:
        return base
    return ConstrainedType(base, allows(reader.tests(written, values)))


def allows(tests: Expression) -> Callable[[Any, Evaluation], bool | None]:
    """The check that a value passes unary tests, as a constrained type wants it."""
    return lambda value, evaluation: tests.run_test(value, {}, evaluation)


def read_moment(value: Any, wanted: FeelType | None) -> Any:
    """A date, time or duration that arrives as ISO text, as data from forms and JSON does, where one is declared."""
    if type(value) is not str or not isinstance(wanted, SimpleType) or wanted.name not in _MOMENTS:
        return value
    moment = parse_temporal(value)
    return moment if type(moment) is _MOMENTS[wanted.name] else value
