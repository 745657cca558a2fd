"""Keyset pagination: a page starts after the sort keys of the last row of the page before it, never at an offset."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import BigInteger, ColumnElement, literal, tuple_

from engine.errors import InvalidInput

T = TypeVar("T")
R = TypeVar("R")
MAX_DIGITS = 18
"""Of a key that stands alone in a cursor: what the widest integer of a column can hold."""


class Page(NamedTuple, Generic[T]):
    """A page of a list; `next` is the cursor after its last row, None when no row follows."""

    items: tuple[T, ...]
    next: str | None


def page_of(
    rows: Sequence[R],
    limit: int,
    view: Callable[[R], T],
    keys: Callable[[R], tuple[int | str | datetime, ...]],
) -> Page[T]:
    """The page of a query for `limit` + 1 rows; the row too many says that another page follows.

    `view` makes an item of a row, `keys` gives the sort keys of a row.
    """
    shown = rows[:limit]
    following = Cursor(keys(shown[-1])).encode() if len(rows) > limit else None
    return Page(tuple(view(row) for row in shown), following)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("Not a text that a column can hold")
    return value


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(value).astimezone(UTC)


_PARSERS: Mapping[type, Callable[[Any], Any]] = {int: int, str: _text, datetime: _moment}


@dataclass(frozen=True)
class Cursor:
    """The sort keys of the last row of a page: integers, texts and moments (UTC), in the order of sorting."""

    keys: tuple[int | str | datetime, ...]

    def encode(self) -> str:
        """The cursor as text for an address. A single integer, such as the number of an instance, stays as it is."""
        if len(self.keys) == 1 and isinstance(self.keys[0], int):
            return str(self.keys[0])
        keys = [key.isoformat() if isinstance(key, datetime) else key for key in self.keys]
        return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, *types: type) -> Cursor:
        """The cursor of a text of `encode` whose keys have these types (int, str, datetime). Raises InvalidInput."""
        try:
            if types == (int,):
                if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
                    raise ValueError("Not the number of a row")
                return cls((int(text),))
            keys = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            if not isinstance(keys, list):
                raise TypeError("Not a list of keys")
            return cls(tuple(_PARSERS[kind](key) for kind, key in zip(types, keys, strict=True)))
        except (ValueError, TypeError, OverflowError) as problem:
            raise InvalidInput("PAGE_CURSOR_INVALID") from problem

    def after(self, columns: Sequence[Any], *, descending: bool = False) -> ColumnElement[bool]:
        """SQL: the rows that follow, when these columns, all in one direction, are the order. An index answers it."""
        row: ColumnElement[Any] = tuple_(*columns)
        last: ColumnElement[Any] = tuple_(
            *(literal(key, column.type) for key, column in zip(self.keys, columns, strict=True))
        )
        if len(self.keys) == 1 and isinstance(self.keys[0], int):
            row, last = columns[0], literal(self.keys[0], BigInteger)
        return row < last if descending else row > last
