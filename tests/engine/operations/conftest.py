"""The database of a test, on SQLite and PostgreSQL, and the operations registered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import modules.budget.operations
import modules.people.operations  # noqa: F401
from engine.storage import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()
