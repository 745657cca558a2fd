"""Databases for tests: every test gets its own, migrated once and then copied, on SQLite and PostgreSQL.

SQLite is a copy of a file. PostgreSQL is one server a test run (`tests/postgres_server.py`), shared by the xdist
workers, where copies are used again (`tests/postgres_copies.py`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests import postgres_server
from tests.postgres_copies import Copies

TEMPLATE = "patti_template"
PROCESSES = Path(__file__).resolve().parents[1] / "processes"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_LOCK = 7_126_450
"""Key of the advisory lock under which the template is made."""


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest tables, through the engine's public door for it."""
    from engine.storage import migrate as upgrade

    upgrade(url)


def publish(url: str) -> None:
    """Publish the processes of the project in a database, long before anything happens there."""
    from engine.access import SYSTEM
    from engine.clock import VirtualClock
    from engine.engine import Engine
    from engine.settings import Settings

    settings = Settings(database_url=url, processes_folder=str(PROCESSES), embedded_jobs=False)
    engine = Engine.open(settings, clock=VirtualClock(LONG_AGO), upgrade=False, durable=False)
    try:
        engine.deployments.deploy_folder(PROCESSES, SYSTEM)
    finally:
        engine.close()


class Databases:
    """Gives out databases; one for each test process, with a folder shared by all processes of a run."""

    def __init__(self, folder: Path, owner: int) -> None:
        self._folder = folder
        self._owner = owner
        self._sqlite_template: Path | None = None
        self._postgresql_template = ""
        self._copies: Copies | None = None
        self._photographs: dict[tuple[str, str], str] = {}
        self._stack = contextlib.ExitStack()

    def close(self) -> None:
        """Let go of what this process holds; the server goes with the run."""
        self._stack.close()
        if self._copies is not None:
            self._copies.close()

    # -- databases with the tables and nothing in them -----------------------------------------------------------------

    @contextlib.contextmanager
    def sqlite(self, folder: Path, *, migrated: bool = True) -> Iterator[str]:
        """Address of a new SQLite file in `folder`, with all tables unless `migrated` is False."""
        file = folder / f"patti-{uuid.uuid4().hex[:8]}.db"
        if migrated:
            shutil.copyfile(self._migrated_sqlite(), file)
        yield f"sqlite:///{file}"

    @contextlib.contextmanager
    def postgresql(self, *, migrated: bool = True) -> Iterator[str]:
        """Address of a new PostgreSQL database, gone at the end even if connections were left open."""
        server = self.postgresql_server()
        if migrated:
            self._postgresql_template = self._postgresql_template or self._migrated_postgresql(server)
            with self.copies.copy(self._postgresql_template) as name:
                yield postgres_server.url(server, name)
            return
        name = f"patti_{uuid.uuid4().hex[:12]}"
        self.copies.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield postgres_server.url(server, name)
        finally:
            self.copies.drop(name)

    def new(self, kind: str, folder: Path) -> contextlib.AbstractContextManager[str]:
        """Address of a new database with all tables, on ``sqlite`` or ``postgresql``."""
        return self.sqlite(folder) if kind == "sqlite" else self.postgresql()

    # -- databases with something in them ------------------------------------------------------------------------------

    def photograph(self, kind: str, name: str, furnish: Callable[[str], None]) -> str:
        """Address of a database that `furnish` has filled; made once for each name, to be copied, not written to."""
        if (kind, name) not in self._photographs:
            url = self._stack.enter_context(self.new(kind, self._folder))
            furnish(url)
            self.seal(url)
            self._photographs[kind, name] = url
        return self._photographs[kind, name]

    def published(self, kind: str, folder: Path) -> contextlib.AbstractContextManager[str]:
        """Address of a new database in which the processes of the project are published."""
        return self.copy(self.photograph(kind, "processes", publish), folder)

    def seal(self, url: str) -> None:
        """Make a database ready to be copied: everybody has closed it, and nobody writes to it any more."""
        if url.startswith("sqlite"):
            _merged(Path(url.removeprefix("sqlite:///")))
        else:
            self.copies.prepare(_name(url))

    @contextlib.contextmanager
    def copy(self, url: str, folder: Path) -> Iterator[str]:
        """Address of a copy of a database that was sealed."""
        if url.startswith("sqlite"):
            file = folder / f"copia-{uuid.uuid4().hex[:8]}.db"
            shutil.copyfile(url.removeprefix("sqlite:///"), file)
            yield f"sqlite:///{file}"
        else:
            with self.copies.copy(_name(url)) as name:
                yield postgres_server.url(self.postgresql_server(), name)

    # -- the server ----------------------------------------------------------------------------------------------------

    @property
    def copies(self) -> Copies:
        """The copies of this process on the server of the run."""
        if self._copies is None:
            self._copies = Copies(self.postgresql_server())
        return self._copies

    def postgresql_server(self) -> Path:
        """Folder of the run's PostgreSQL server, started by whoever asks first."""
        folder = self._folder
        postgres_server.start_shared(folder, self._owner)
        return folder

    def _migrated_sqlite(self) -> Path:
        if self._sqlite_template is None:
            file = self._folder / f"template-{os.getpid()}.db"
            migrate(f"sqlite:///{file}")
            self._sqlite_template = _merged(file)
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
                self.copies.prepare(building)
                connection.execute(f'ALTER DATABASE "{building}" RENAME TO "{TEMPLATE}"'.encode())
        return TEMPLATE


def _name(url: str) -> str:
    return url.split("@/")[1].split("?")[0]


def _merged(file: Path) -> Path:
    journal = file.with_name(file.name + "-wal")
    if journal.exists() and journal.stat().st_size:
        raise AssertionError(f"a connection to {file.name} was left open: its journal is not merged")
    return file
