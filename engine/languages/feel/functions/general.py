"""Built-ins on any value: not, string, number, is, is defined."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from engine.languages.feel.comparison import equal
from engine.languages.feel.formatting import to_string
from engine.languages.feel.functions.declaration import MISSING, FunctionGroup, text
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.values import DECIMAL128, kind_of

FUNCTIONS = FunctionGroup()
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\Z")
SEPARATORS = (" ", ",", ".")


@FUNCTIONS.add("not", ("negand",), description="Il contrario di un valore booleano")
def not_(negand: Any) -> bool | None:
    """Three-valued not."""
    return (not negand) if type(negand) is bool else None


@FUNCTIONS.add("string", ("from",), bounded=True, description="Il valore scritto come testo")
def string(evaluation: Evaluation, value: Any) -> str | None:
    """The value as text."""
    return to_string(value, evaluation)


@FUNCTIONS.add(
    "number",
    ("from",),
    ("from", "grouping separator", "decimal separator"),
    description="Il numero scritto in un testo, con i separatori indicati",
)
def number(value: Any, grouping: Any = MISSING, point: Any = MISSING) -> Decimal | None:
    """The number written in a text; null when it is not one."""
    written = text(value)
    if grouping is not MISSING:
        if grouping not in (*SEPARATORS, None) or point not in (".", ",", None):
            return None
        if grouping is not None and grouping == point:
            return None
        if grouping:
            written = written.replace(grouping, "")
        if point:
            written = written.replace(point, ".")
    return DECIMAL128.create_decimal(written) if _NUMBER.match(written) else None


@FUNCTIONS.add(
    "is",
    ("value1", "value2"),
    ("value1",),
    ("value2",),
    bounded=True,
    description="Vero se i due valori sono proprio lo stesso, fuso orario compreso",
)
def is_(evaluation: Evaluation, one: Any, other: Any = None) -> bool | None:
    """Same kind and same value; times also with the same zone."""
    if kind_of(one) != kind_of(other):
        return False
    if type(one) in (dt.time, dt.datetime):
        return bool(one.replace(tzinfo=None) == other.replace(tzinfo=None)) and _same_zone(one, other)
    return equal(one, other, evaluation)


def _same_zone(one: Any, other: Any) -> bool:
    return bool(
        one.tzinfo == other.tzinfo
        or (
            one.tzinfo is not None
            and other.tzinfo is not None
            and one.utcoffset() is not None
            and one.utcoffset() == other.utcoffset()
            and type(one.tzinfo) is dt.timezone
            and type(other.tzinfo) is dt.timezone
        )
    )


@FUNCTIONS.add("is defined", ("value",), description="Vero se il valore esiste, cioè non è null")
def is_defined(value: Any) -> bool:
    """Whether there is a value."""
    return value is not None
