"""Fixtures of the tests of `engine/` and of `modules/`; their `conftest.py` import them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.storage import Database

WITHOUT_PIPELINE = "postgresql-without-pipeline"


@pytest.fixture(
    params=["sqlite", "postgresql", pytest.param(WITHOUT_PIPELINE, marks=pytest.mark.slow)],
)
def database_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The kind of database; on PostgreSQL with the pipeline and, in the slow suite, with SQLAlchemy alone."""
    if request.param != WITHOUT_PIPELINE:
        return str(request.param)
    opened = Database.__init__

    def without_pipeline(database: Database, *arguments: Any, **options: Any) -> None:
        opened(database, *arguments, **{**options, "postgresql_pipeline": False})

    monkeypatch.setattr(Database, "__init__", without_pipeline)
    return "postgresql"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database of its own, on SQLite and on PostgreSQL."""
    database = Database(database_url)
    yield database
    database.close()
