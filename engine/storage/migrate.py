"""Upgrades a database to the schema of this version, with Alembic. Safe at every start and from several processes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from engine.storage.database import Database
from engine.storage.triggers.job_queue import install_queue

_LOCK = 7_305_902_114
_MIGRATIONS = Path(__file__).with_name("migrations")


def migrate(url: str, revision: str = "head") -> None:
    """Create or upgrade the schema at `url`. On PostgreSQL one process migrates while the others wait."""
    database = Database(url, pool_size=1)
    try:
        with database.begin() as work:
            if not database.is_sqlite:
                work.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            if revision != "head" or _revision(work.connection) != _newest():
                config = _config()
                config.attributes["connection"] = work.connection
                command.upgrade(config, revision)
            if revision == "head" and not database.is_sqlite:
                install_queue(work.connection)
    finally:
        database.close()


def revisions(url: str) -> tuple[str | None, str | None]:
    """The revision of the schema at `url` (None without tables) and the newest one of this version."""
    database = Database(url, pool_size=1)
    try:
        with database.read() as connection:
            found = _revision(connection)
    finally:
        database.close()
    return found, _newest()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


@cache
def _newest() -> str | None:
    """Cached: reading every migration takes time, and they do not change while a process runs."""
    return ScriptDirectory.from_config(_config()).get_current_head()
