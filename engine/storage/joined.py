"""Texts of several rows as one, alike on SQLite and PostgreSQL; the separator is not bound, so it compiles once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

BETWEEN = "\n"


class JoinedText(FunctionElement[str]):
    """SQL: the texts of a group with `BETWEEN` between them; NULL when there are none."""

    name = "joined_text"
    type = Text()
    inherit_cache = True


@compiles(JoinedText)
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, char(10))"


@compiles(JoinedText, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, chr(10))"


def lines(text: str | None) -> list[str]:
    """The texts again."""
    return text.split(BETWEEN) if text else []
