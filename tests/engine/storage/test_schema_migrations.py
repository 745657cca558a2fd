"""The schema that migrations build is the one that the code declares, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.storage import Database, metadata, migrate
from engine.storage.types import Json, UtcDateTime


def _same_type(_context: Any, _column: Any, _there: Any, _found: Any, declared: Any) -> bool | None:
    return False if isinstance(declared, Json | UtcDateTime) else None


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    """The tables of the queue are Procrastinate's own."""
    return kind != "table" or not str(name).startswith("procrastinate_")


def test_migrations_build_what_the_code_declares(empty_database_url: str) -> None:
    migrate(empty_database_url)
    database = Database(empty_database_url)
    with database.read() as connection:
        options = {"compare_type": _same_type, "include_name": _ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    database.close()


def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    migrate(empty_database_url)
    migrate(empty_database_url)
    database = Database(empty_database_url)
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
    database.close()


@pytest.mark.parametrize("statement", ["UPDATE event SET kind = 'x'", "DELETE FROM event"])
def test_the_log_refuses_changes(empty_database_url: str, statement: str) -> None:
    migrate(empty_database_url)
    database = Database(empty_database_url)
    with database.begin() as work:
        work.connection.execute(
            text("INSERT INTO event (at, actor_id, kind) VALUES ('2026-01-01 00:00:00', 'anna', 'prova')")
        )
    with pytest.raises(DBAPIError, match="non si modificano"), database.begin() as work:
        work.connection.execute(text(statement))
    database.close()
