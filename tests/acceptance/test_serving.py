"""The server and the worker as processes: they answer, do what is due, and end when asked."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from engine.access import SYSTEM
from engine.engine import Engine
from engine.settings import Settings
from engine.storage.tables import timer
from tests.live_site import LOCAL, ROOT, free_port

PROCESSES = Path(__file__).parent / "crash_recovery" / "processes"
PATIENCE = 90


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Settings:
    """A database and a folder with one process whose timers are due every second."""
    folder = tmp_path / "processes"
    shutil.copytree(PROCESSES, folder)
    shutil.copy(ROOT / "processes" / "ruoli.yaml", folder)
    return Settings(
        database_url=sqlite_url,
        processes_folder=str(folder),
        port=free_port(),
        secret_key="prova",
        sweep_seconds=1,
    )


@contextlib.contextmanager
def running(settings: Settings, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A `patti` command in a process of its own."""
    chosen = {
        "PATTI_" + name.upper(): str(getattr(settings, name))
        for name in ("database_url", "processes_folder", "port", "secret_key", "sweep_seconds")
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=ROOT,
            env={**os.environ, **chosen},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def eventually(what: Callable[[], bool], process: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait until something holds; fails with the log of the process."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError((folder / "log").read_text()[-3000:])
        time.sleep(0.1)


def start_case(settings: Settings) -> None:
    """Publish the process and start a case."""
    with contextlib.closing(Engine.open(settings)) as engine:
        engine.deployments.deploy_folder(settings.processes_folder, SYSTEM)
        engine.instances.start("tempesta", {"persona": "persona:1"}, SYSTEM, "cremona")


def fired(settings: Settings) -> int:
    """How many timers have fired."""
    with (
        contextlib.closing(Engine.open(settings, upgrade=False)) as engine,
        engine.database.read() as connection,
    ):
        query = select(func.count()).select_from(timer).where(timer.c.state == "fired")
        return int(connection.execute(query).scalar_one())


def answers(settings: Settings) -> bool:
    """Whether the pages answer."""
    with contextlib.suppress(OSError):
        address = f"http://{LOCAL}:{settings.port}/salute/pronto"
        with urllib.request.urlopen(address, timeout=5) as page:
            return bool(page.status == 200)
    return False


@pytest.mark.slow
@pytest.mark.parametrize("server", ["gunicorn", "waitress"])
def test_the_server_answers_does_what_is_due_and_ends_when_asked(
    settings: Settings, tmp_path: Path, server: str
) -> None:
    start_case(settings)
    with running(settings, tmp_path, "serve", "--server", server) as process:
        eventually(lambda: answers(settings), process, tmp_path)
        eventually(lambda: fired(settings) > 0, process, tmp_path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, (tmp_path / "log").read_text()[-3000:]
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_the_worker_does_what_is_due_without_pages(settings: Settings, tmp_path: Path) -> None:
    start_case(settings)
    with running(settings, tmp_path, "worker") as process:
        eventually(lambda: fired(settings) > 0, process, tmp_path)
        assert not answers(settings)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0, (tmp_path / "log").read_text()[-3000:]
