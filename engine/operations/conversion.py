"""From the values of expressions to the types that operations ask for; what does not fit is refused with a sentence."""

from __future__ import annotations

import types
import typing
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_args, get_origin

from engine.errors import ExecutionFailed


def convert(value: Any, annotation: Any, place: str) -> Any:
    """`value` as the type `annotation`; `place` opens the sentence of the ExecutionFailed raised when it cannot be."""
    if annotation is Any:
        return value
    origin = get_origin(annotation)
    if origin in (types.UnionType, typing.Union):
        return _first_that_fits(value, get_args(annotation), place)
    if origin is Literal:
        if value in get_args(annotation):
            return value
        raise ExecutionFailed(
            f"{place}: «{value}» non è fra i valori ammessi ({', '.join(map(str, get_args(annotation)))})"
        )
    reader = _READERS.get(origin or annotation)
    if reader is None:
        return value
    try:
        return reader(value)
    except (TypeError, ValueError, InvalidOperation, OverflowError) as problem:
        raise ExecutionFailed(
            f"{place}: serve {_WANTED[origin or annotation]}, ma il diagramma dà {value!r:.120}"
        ) from problem


def _first_that_fits(value: Any, choices: tuple[Any, ...], place: str) -> Any:
    if value is None and type(None) in choices:
        return None
    problem: ExecutionFailed | None = None
    for choice in choices:
        if choice is type(None):
            continue
        try:
            return convert(value, choice, place)
        except ExecutionFailed as failure:
            problem = problem or failure
    assert problem is not None
    raise problem


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        raise TypeError
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise TypeError
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise ValueError
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise ValueError
    return int(number)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise TypeError


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        raise TypeError
    return value if isinstance(value, date) else date.fromisoformat(value)


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _list(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise TypeError


def _dict(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise TypeError


_READERS: dict[Any, Any] = {
    str: _text,
    Decimal: _number,
    int: _whole,
    bool: _boolean,
    date: _date,
    datetime: _moment,
    list: _list,
    dict: _dict,
}
_WANTED: dict[Any, str] = {
    str: "un testo",
    Decimal: "un numero",
    int: "un numero intero",
    bool: "vero o falso",
    date: "una data",
    datetime: "una data con ora e fuso",
    list: "un elenco",
    dict: "un contesto",
}
