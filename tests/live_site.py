"""A site that answers on a port of this machine: in this process, with a clock that tests move; or as a process of
its own, started as an administrator would, that a test may kill.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from waitress.server import create_server

from engine.clock import VirtualClock
from engine.engine import Engine
from engine.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_SECONDS = 60.0
LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class LiveSite:
    """Pages served in this process: what a test does to `engine` or `clock`, the pages show at the next request."""

    url: str
    engine: Engine
    clock: VirtualClock

    def advance(self, **span: float) -> None:
        """Move the clock (`days=15`, `hours=2`…), then fire what has come due and deliver what waits to leave."""
        self.clock.advance(timedelta(**span))
        self.engine.run_due()


@contextlib.contextmanager
def serve(settings: Settings, clock: VirtualClock) -> Iterator[LiveSite]:
    """Open an engine on `settings.database_url` and serve its pages on a free port until the end of the `with`."""
    from web.app import create_app

    with contextlib.closing(Engine.open(settings, clock=clock)) as engine:
        server: Any = create_server(create_app(engine, settings), host=LOCAL, port=0, threads=4)
        ended = threading.Event()
        thread = threading.Thread(target=_answer, args=(server, ended), name="live-site", daemon=True)
        thread.start()
        try:
            yield LiveSite(f"http://{LOCAL}:{server.effective_port}", engine, clock)
        finally:
            _stop(server, thread, ended)


def _answer(server: Any, ended: threading.Event) -> None:
    while not ended.is_set():
        server.asyncore.loop(timeout=1, map=server._map, count=1)


def _stop(server: Any, thread: threading.Thread, ended: threading.Event) -> None:
    """Let the loop end by itself, then the requests being answered; only then are the sockets closed, so that nobody
    waits on one or writes to it any more.
    """
    ended.set()
    server.pull_trigger()
    thread.join(30)
    assert not thread.is_alive(), "The test's site did not stop"
    server.task_dispatcher.shutdown()
    server.asyncore.close_all(server._map)


def free_port() -> int:
    """A port on which nobody listens at this moment."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """`patti serve` in a process of its own, with its settings in the environment and its log in `folder`."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.port = free_port()
        self.url = f"http://{LOCAL}:{self.port}"
        self.log = folder / "serve.log"
        self._folder = folder
        chosen = {"host": LOCAL, "port": self.port, "processes_folder": ROOT / "processes", **settings}
        variables = {f"PATTI_{name.upper()}": str(value) for name, value in chosen.items()}
        self.environment = {**os.environ, **variables}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The number of the process, and of its group."""
        assert self._process is not None
        return self._process.pid

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another `patti` command with the same settings and wait for it."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=self._folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *options: str) -> None:
        """Start and return when the pages answer. Fails with the log when they do not."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli", "serve", *options],
                cwd=self._folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"patti serve does not answer:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """SIGKILL, for the server and all that it started: nothing gets a chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, as a service manager stops it."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        self._process.wait(20)
        self._process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/salute/pronto", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


@contextlib.contextmanager
def server_process(folder: Path, **settings: object) -> Iterator[ServerProcess]:
    """A started `patti serve`, stopped at the end of the `with`."""
    server = ServerProcess(folder, **settings)
    server.start()
    try:
        yield server
    finally:
        server.kill()
