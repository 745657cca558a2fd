"""Full-text search by the beginnings of words: `tsvector` on PostgreSQL, plain text on SQLite.

Accents and capitals make no difference. A text matches when each word searched for begins one of its words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, and_, cast, false, literal
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.types import TypeDecorator, TypeEngine

LONGEST_WORD = 60
MAX_SEARCH_WORDS = 8


def words(text: str) -> str:
    """The words of a text in lower case without accents, one space apart: «D’Angelò  María» → ``d angelo maria``."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    letters = "".join(" " if not c.isalnum() else c for c in plain if not unicodedata.combining(c))
    return " ".join(letters.casefold().split())


class SearchWords(TypeDecorator[str]):
    """A column that stores the searchable words of the text written to it. Its values are not to be read."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """`tsvector` on PostgreSQL, text on SQLite."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else TSVECTOR())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str:
        """The words, each with a space before it."""
        return "".join(f" {word[:LONGEST_WORD]}" for word in words(value or "").split())


def words_of(column: str) -> Callable[[Any], str]:
    """The default of a `SearchWords` column on insertion: the text of another column of the row."""
    return lambda context: str(context.get_current_parameters()[column])


def search_words(text: str) -> tuple[str, ...]:
    """The different words of a search, at most `MAX_SEARCH_WORDS`."""
    different = dict.fromkeys(word[:LONGEST_WORD] for word in words(text).split())
    return tuple(different)[:MAX_SEARCH_WORDS]


def words_match(column: ColumnElement[Any], text: str, *, sqlite: bool) -> ColumnElement[bool]:
    """SQL: each word of `text` begins a word of a `SearchWords` column. False when the text has no word."""
    wanted = search_words(text)
    if not wanted:
        return false()
    if sqlite:
        plain = cast(column, Text)
        return and_(*(plain.contains(f" {word}", autoescape=True) for word in wanted))
    return column.bool_op("@@")(cast(literal(" & ".join(f"'{word}':*" for word in wanted)), TSQUERY))
