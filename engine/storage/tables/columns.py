"""Parts that the tables share: columns of text, checks of enumerated texts, partial indexes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, String, text


def text_column(name: str, size: int) -> Column[str]:
    """A column of text that is empty when nothing is given."""
    return Column(name, String(size), nullable=False, server_default="")


def unique_where(name: str, condition: str, *columns: str) -> Index:
    """A unique index over the rows for which the SQL condition is true."""
    return Index(name, *columns, unique=True, postgresql_where=text(condition), sqlite_where=text(condition))


def one_of(column: str, *values: str) -> CheckConstraint:
    """A check that the column has one of these texts."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def deadline_index(name: str, column: str) -> Index:
    """The index on the column that names a deadline. It is narrow: moving a deadline rewrites the entry of each row."""
    has_deadline = text(f"{column} IS NOT NULL")
    return Index(name, column, "state", postgresql_where=has_deadline, sqlite_where=has_deadline)
