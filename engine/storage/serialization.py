"""Serializes the values of process variables to JSON without loss: JSON's types, and Decimal, dates, times, durations.

A type that JSON lacks is an object with one key that begins with ``$``. An object of the process that has such a key is
escaped, so that no form field can be mistaken for a type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

_LARGEST_EXACT_INTEGER = 2**53
_ONLY_JSON_TYPES = (
    orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


def register_type(
    tag: str, kind: type[Any], to_text: Callable[[Any], str], from_text: Callable[[str], Any]
) -> None:
    """Add a type (the expression language has one). `tag` begins with ``$`` and must never change: it is stored."""
    _WRITERS[kind] = lambda value: {tag: to_text(value)}
    _READERS[tag] = lambda value: from_text(value[tag])


def encode(value: Any) -> bytes:
    """Value → bytes. Raises TypeError, with the name of the type, for a value of another type."""
    try:
        plain = orjson.dumps(value, option=_ONLY_JSON_TYPES)
    except TypeError:
        return orjson.dumps(_to_json(value))
    if (
        b"$" in plain or b"-" in plain
    ):  # perhaps a key to be escaped, or a UUID, which orjson writes with hyphens
        return orjson.dumps(_to_json(value))
    return plain


def decode(data: bytes) -> Any:
    """Bytes → value, the inverse of `encode`."""
    value = orjson.loads(data)
    return _from_json(value) if b"$" in data else value


def unencodable_names(values: Mapping[str, Any]) -> list[str]:
    """The names of the values that `encode` refuses."""
    refused = []
    for name, value in values.items():
        try:
            encode({name: value})
        except TypeError:
            refused.append(str(name))
    return refused


def _to_json(value: Any) -> Any:
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    for kind, writer in _WRITERS.items():
        if isinstance(value, kind):
            return writer(value)
    if isinstance(value, Mapping):
        return {_key(key): _to_json(item) for key, item in value.items()}
    raise TypeError(f"A process cannot hold a value of type {type(value).__name__}: {value!r:.80}")


def _list(value: Any) -> list[Any]:
    return [_to_json(item) for item in value]


def _seconds(value: timedelta) -> dict[str, str]:
    exact = Decimal(value.days * 86400 + value.seconds) + Decimal(value.microseconds) / 1_000_000
    return {"$seconds": str(exact)}


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(
            f"The names inside a process value must be text, not {type(key).__name__}: {key!r:.80}"
        )
    return "$" + key if key.startswith("$") else key


def _zone(moment: datetime) -> dict[str, str]:
    key = getattr(moment.tzinfo, "key", None)
    return {"$zone": key} if key else {}


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value:
        tag = next(iter(value))
        reader = _READERS.get(tag)
        if reader is not None:
            return reader(value)
    return {key[1:] if key.startswith("$$") else key: _from_json(item) for key, item in value.items()}


def _moment(value: dict[str, Any]) -> datetime:
    moment = datetime.fromisoformat(value["$moment"])
    if "$zone" in value:
        return moment.astimezone(UTC).astimezone(ZoneInfo(value["$zone"])) if moment.tzinfo else moment
    return moment


_READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "$int": lambda value: int(value["$int"]),
    "$decimal": lambda value: Decimal(value["$decimal"]),
    "$moment": _moment,
    "$date": lambda value: date.fromisoformat(value["$date"]),
    "$time": lambda value: time.fromisoformat(value["$time"]),
    "$seconds": lambda value: _exact_seconds(Decimal(value["$seconds"])),
    "$bytes": lambda value: bytes.fromhex(value["$bytes"]),
}


def _exact_seconds(seconds: Decimal) -> timedelta:
    return timedelta(microseconds=int(seconds * 1_000_000))


_WRITERS: dict[type[Any], Callable[[Any], Any]] = {  # datetime before date, its base class
    type(None): lambda value: None,
    bool: lambda value: value,
    str: str,
    int: lambda value: (
        value if -_LARGEST_EXACT_INTEGER <= value <= _LARGEST_EXACT_INTEGER else {"$int": str(value)}
    ),
    float: lambda value: value,
    Decimal: lambda value: {"$decimal": str(value)},
    datetime: lambda value: {"$moment": value.isoformat(), **_zone(value)},
    date: lambda value: {"$date": value.isoformat()},
    time: lambda value: {"$time": value.isoformat()},
    timedelta: _seconds,
    bytes: lambda value: {"$bytes": value.hex()},
    UUID: lambda value: value.hex,
    dict: lambda value: {_key(key): _to_json(item) for key, item in value.items()},
    list: _list,
    tuple: _list,
    set: _list,
    frozenset: _list,
}
