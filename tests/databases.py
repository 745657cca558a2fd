"""Databases for tests: every test gets its own, migrated once and then copied, on SQLite and PostgreSQL.

SQLite is a copy of a file. PostgreSQL is one server a test run (`tests/postgres_server.py`), shared by the
xdist workers; a test's database is `CREATE DATABASE … TEMPLATE …`, some hundredths of a second.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from tests import postgres_server

TEMPLATE = "patti_template"
_LOCK = 7_126_450
"""Key of the advisory lock under which the template is made."""


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest tables, through the engine's public door for it."""
    from engine.storage import migrate as upgrade

    upgrade(url)


class Databases:
    """Gives out databases; one for each test process, with a folder shared by all processes of a run."""

    def __init__(self, folder: Path, owner: int) -> None:
        self._folder = folder
        self._owner = owner
        self._sqlite_template: Path | None = None

    @contextlib.contextmanager
    def sqlite(self, folder: Path, *, migrated: bool = True) -> Iterator[str]:
        """Address of a new SQLite file in `folder`, with all tables unless `migrated` is False."""
        file = folder / f"patti-{uuid.uuid4().hex[:8]}.db"
        if migrated:
            shutil.copyfile(self._migrated_sqlite(), file)
        yield f"sqlite:///{file}"

    @contextlib.contextmanager
    def postgresql(self, *, migrated: bool = True) -> Iterator[str]:
        """Address of a new PostgreSQL database, dropped at the end even if connections were left open."""
        server = self.postgresql_server()
        template = self._migrated_postgresql(server) if migrated else "template0"
        name = f"patti_{uuid.uuid4().hex[:12]}"
        with postgres_server.connect(server) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        try:
            yield postgres_server.url(server, name)
        finally:
            with postgres_server.connect(server) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def postgresql_server(self) -> Path:
        """Folder of the run's PostgreSQL server, started by whoever asks first."""
        folder = self._folder
        postgres_server.start_shared(folder, self._owner)
        return folder

    def _migrated_sqlite(self) -> Path:
        if self._sqlite_template is None:
            file = self._folder / f"template-{os.getpid()}.db"
            migrate(f"sqlite:///{file}")
            journal = file.with_name(file.name + "-wal")
            if journal.exists() and journal.stat().st_size:
                raise AssertionError(
                    "engine.storage.migrate left a connection open: its journal is not merged"
                )
            self._sqlite_template = file
        return self._sqlite_template

    def _migrated_postgresql(self, server: Path) -> str:
        with postgres_server.connect(server) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone()
            if not there:
                building = f"{TEMPLATE}_building"
                connection.execute(f'DROP DATABASE IF EXISTS "{building}" WITH (FORCE)'.encode())
                connection.execute(f'CREATE DATABASE "{building}" TEMPLATE template0'.encode())
                migrate(postgres_server.url(server, building))
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (building,)
                )
                connection.execute(f'ALTER DATABASE "{building}" RENAME TO "{TEMPLATE}"'.encode())
        return TEMPLATE
