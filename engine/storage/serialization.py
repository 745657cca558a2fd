"""The values a process may hold, to bytes and back without loss: JSON's own, and Decimal, dates, times, durations.

What JSON lacks is written as an object with one key that begins with ``$``; an object of the process that has such a
key itself is escaped, so that no form field can be mistaken for a type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

_EXACT = 2**53
_PLAINLY = (
    orjson.OPT_STRICT_INTEGER
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


def register_type(
    tag: str, kind: type[Any], to_text: Callable[[Any], str], from_text: Callable[[str], Any]
) -> None:
    """Teach the codec a further type (the expression language has one); `tag` begins with ``$`` and never changes."""
    _WRITERS[kind] = lambda value: {tag: to_text(value)}
    _READERS[tag] = lambda value: from_text(value[tag])


def encode(value: Any) -> bytes:
    """Value → bytes. Raises TypeError, naming the type, for what a process cannot hold."""
    try:
        plain = orjson.dumps(value, option=_PLAINLY)
    except TypeError:
        return orjson.dumps(_outward(value))
    if (
        b"$" in plain or b"-" in plain
    ):  # a key to be escaped; an identifier, which orjson would write in its own way
        return orjson.dumps(_outward(value))
    return plain


def decode(data: bytes) -> Any:
    """Bytes → value, the inverse of `encode`."""
    value = orjson.loads(data)
    return _inward(value) if b"$" in data else value


def _outward(value: Any) -> Any:
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    for kind, writer in _WRITERS.items():
        if isinstance(value, kind):
            return writer(value)
    if isinstance(value, Mapping):
        return {_key(key): _outward(item) for key, item in value.items()}
    raise TypeError(f"A process cannot hold a value of type {type(value).__name__}: {value!r:.80}")


def _list(value: Any) -> list[Any]:
    return [_outward(item) for item in value]


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


def _inward(value: Any) -> Any:
    if isinstance(value, list):
        return [_inward(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value:
        tag = next(iter(value))
        reader = _READERS.get(tag)
        if reader is not None:
            return reader(value)
    return {key[1:] if key.startswith("$$") else key: _inward(item) for key, item in value.items()}


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


_WRITERS: dict[type[Any], Callable[[Any], Any]] = {  # datetime before date, which it is a kind of
    type(None): lambda value: None,
    bool: lambda value: value,
    str: str,
    int: lambda value: value if -_EXACT <= value <= _EXACT else {"$int": str(value)},
    float: lambda value: value,
    Decimal: lambda value: {"$decimal": str(value)},
    datetime: lambda value: {"$moment": value.isoformat(), **_zone(value)},
    date: lambda value: {"$date": value.isoformat()},
    time: lambda value: {"$time": value.isoformat()},
    timedelta: _seconds,
    bytes: lambda value: {"$bytes": value.hex()},
    UUID: lambda value: value.hex,
    dict: lambda value: {_key(key): _outward(item) for key, item in value.items()},
    list: _list,
    tuple: _list,
    set: _list,
    frozenset: _list,
}
