"""Evaluates the options of a choice."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.languages.forms.attribute_parser import option_value
from engine.languages.forms.feel import Scope, display
from engine.languages.forms.model import Field, Option
from engine.languages.forms.paths import get_path, split_key

MAX_OPTIONS = 5_000


def options_of(field: Field, scope: Scope) -> tuple[Option, ...]:
    """The options of a field: fixed, or from a variable or expression that gives texts or {label, value} contexts."""
    choices = field.choices
    if choices is None:
        return ()
    if choices.fixed:
        return choices.fixed
    given: Any = None
    if choices.expression is not None:
        given = choices.expression.value(scope)
    elif choices.variable:
        given = get_path(scope.variables, split_key(choices.variable))
    return _as_options(given)


def _as_options(given: Any) -> tuple[Option, ...]:
    found: dict[str, Option] = {}
    for item in given[:MAX_OPTIONS] if isinstance(given, list | tuple) else ():
        if isinstance(item, Mapping):
            raw = item.get("value", item.get("label"))
            label = item.get("label", raw)
        else:
            raw = label = item
        if isinstance(raw, str | int | Decimal | float) and raw != "":
            value = option_value(raw)
            found.setdefault(value, Option(value, display(label) or value))
    return tuple(found.values())
