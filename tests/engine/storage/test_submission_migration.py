"""The migration that makes the table of submitted forms can be undone and done again, on both databases."""

from __future__ import annotations

from alembic import command
from sqlalchemy import inspect

from engine.storage import Database, migrate
from engine.storage.migrate import _config


def test_the_table_of_submissions_goes_and_comes_back(empty_database_url: str) -> None:
    migrate(empty_database_url)
    database = Database(empty_database_url)
    with database.begin() as work:
        config = _config()
        config.attributes["connection"] = work.connection
        command.downgrade(config, "0012")
        assert not inspect(work.connection).has_table("submission")
    migrate(empty_database_url)
    with database.read() as connection:
        assert inspect(connection).has_table("submission")
    database.close()
