"""Where the measures are taken: a PostgreSQL and SQLite files that answer only when the disk has, and `patti serve`."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import sql

from benchmarks.common_work.office import ROOT, furnish
from tests import postgres_server

LOCAL = "127.0.0.1"
SANE = {
    "listen_addresses": LOCAL,
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "autovacuum_naptime": "5s",
}
"""The same for every side: the commit waits for the disk; no checkpoint falls into one side's turn; the statistics by
which questions are planned are as fresh as on a server that has run for a while."""


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Postgres:
    """A running server, reached over TCP by every side alike."""

    server: postgres_server.PostgresServer
    port: int
    _made: int = field(default=0)

    def url(self, name: str) -> str:
        """SQLAlchemy's address of a database."""
        return f"postgresql+psycopg://postgres@{LOCAL}:{self.port}/{name}"

    def empty(self, name: str = "") -> str:
        """Make a database anew; its name."""
        self._made += 1
        name = name or f"measure_{self._made}"
        self._say(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)),
            sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)),
        )
        return name

    def furnished(self, name: str = "") -> str:
        """A database with tables, people and the process; its name."""
        made = self.empty(name)
        furnish(self.url(made))
        return made

    def copy(self, name: str) -> str:
        """A copy of a database to which nobody is connected; its name."""
        self._made += 1
        copied = f"measure_{self._made}"
        self._say(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copied), sql.Identifier(name))
        )
        return copied

    def drop(self, name: str) -> None:
        """Remove a database."""
        self._say(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _say(self, *statements: sql.Composed) -> None:
        with contextlib.closing(
            postgres_server.connect(self.server.folder, port=str(self.port))
        ) as connection:
            for statement in statements:
                connection.execute(statement)


@contextlib.contextmanager
def postgres(**options: str) -> Iterator[Postgres]:
    """A PostgreSQL of one's own, with fsync on, until the end of the `with`, or until SIGTERM; with more options."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    port = free_port()
    with postgres_server.running(fsync=True, options={**SANE, **options, "port": str(port)}) as server:
        yield Postgres(server, port)


@contextlib.contextmanager
def sqlite() -> Iterator[str]:
    """The address of a furnished SQLite file, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="patti-measure-"))
    try:
        url = f"sqlite:///{folder / 'patti.db'}"
        furnish(url)
        yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def serve(url: str) -> Iterator[str]:
    """A real `patti serve` in a process of its own on the database at `url`; its address."""
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="patti-serve-"))
    chosen = {
        "host": LOCAL,
        "port": port,
        "database_url": url,
        "processes_folder": ROOT / "processes",
        "secret_key": "only for measures",
        "login_rate": "1000 per minute",
        "log_level": "WARNING",
    }
    variables = {f"PATTI_{name.upper()}": str(value) for name, value in chosen.items()}
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.common_work.serving", "serve", "--server", "waitress"],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    address = f"http://{LOCAL}:{port}"
    try:
        deadline = time.monotonic() + 60
        while not _answers(address):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"patti serve does not answer:\n{(folder / 'serve.log').read_text()[-3000:]}"
                )
            time.sleep(0.05)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/salute/pronto", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
