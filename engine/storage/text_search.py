"""The words of a text as a search compares them, kept beside it: a text index on PostgreSQL, plain text on SQLite.

Accents and capitals make no difference. A text is found when each word asked for begins one of its words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, and_, cast, false, literal
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.types import TypeDecorator, TypeEngine

LONGEST_WORD = 60
MOST_WORDS = 8


def words(text: str) -> str:
    """Plain lower-case words with one space between: «D’Angelò  María» → ``d angelo maria``."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    letters = "".join(" " if not c.isalnum() else c for c in plain if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())


class Words(TypeDecorator[str]):
    """The words of the text that is written here; what it gives back is for the database alone."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL has a type of its own for words."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else TSVECTOR())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str:
        """Each word with a space before it."""
        return "".join(f" {word[:LONGEST_WORD]}" for word in words(value or "").split())


def words_of(column: str) -> Callable[[Any], str]:
    """A column's default on insertion: the text of another column of the row."""
    return lambda context: str(context.get_current_parameters()[column])


def asked_words(text: str) -> tuple[str, ...]:
    """The different words that a search asks for, at most eight."""
    found = dict.fromkeys(word[:LONGEST_WORD] for word in words(text).split())
    return tuple(found)[:MOST_WORDS]


def holds(column: ColumnElement[Any], text: str, *, sqlite: bool) -> ColumnElement[bool]:
    """SQL: each word of `text` begins a word in a column of `Words`; false when the text has no word."""
    asked = asked_words(text)
    if not asked:
        return false()
    if sqlite:
        plain = cast(column, Text)
        return and_(*(plain.contains(f" {word}", autoescape=True) for word in asked))
    return column.bool_op("@@")(cast(literal(" & ".join(f"'{word}':*" for word in asked)), TSQUERY))
