"""Processes that do what is due on one database, quick to begin again after they were killed.

Each is forked from a server that has loaded the program and nothing else, so that a test of many kills spends its time
on work. On PostgreSQL each is a worker of many; on SQLite there is one, with the embedded scheduler.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import multiprocessing
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Any

import engine.jobs.worker  # noqa: F401  (loaded once, before the forks)
import modules as business
from engine.engine import Engine
from engine.settings import Settings

PATIENCE = 60


def work(settings: Settings, modules: Sequence[str], heard: Any) -> None:
    """Body of a process: work until SIGTERM; `heard` is set once it does."""
    logging.basicConfig(level=logging.ERROR)
    business.load()
    for module in modules:
        importlib.import_module(module)
    with contextlib.closing(Engine.open(settings, upgrade=False)) as found:
        if found.database.is_sqlite:
            stop = threading.Event()
            signal.signal(signal.SIGTERM, lambda *_: stop.set())
            found.start_jobs()
            heard.set()
            stop.wait()
            return
        jobs = found.worker()
        signal.signal(signal.SIGTERM, lambda *_: jobs.stop())  # until `run` listens by itself
        heard.set()
        jobs.run(signals=True)


@dataclass
class Crowd:
    """Those that work on the database of the settings, with the operations that `modules` register."""

    settings: Settings
    modules: Sequence[str] = ()
    members: list[BaseProcess] = field(default_factory=list)
    _context: Any = field(init=False)

    def __post_init__(self) -> None:
        """The server from which they are forked."""
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.worker_processes", *self.modules])

    def add(self) -> None:
        """One more; returns when it works."""
        heard = self._context.Event()
        member = self._context.Process(target=work, args=(self.settings, self.modules, heard))
        member.start()
        self.members.append(member)
        if not heard.wait(PATIENCE):
            raise RuntimeError("A worker did not begin")

    def kill(self, member: BaseProcess) -> None:
        """SIGKILL: nothing gets a chance to tidy up."""
        member.kill()
        member.join(PATIENCE)
        member.close()
        self.members.remove(member)

    def stop(self) -> list[int | None]:
        """SIGTERM to all; the codes with which they end."""
        for member in self.members:
            member.terminate()
        for member in self.members:
            member.join(PATIENCE)
        codes = [member.exitcode for member in self.members]
        self.members.clear()
        return codes


@contextlib.contextmanager
def crowd(settings: Settings, many: int, modules: Sequence[str] = ()) -> Iterator[Crowd]:
    """So many that work; those left at the end are killed."""
    found = Crowd(settings, modules)
    try:
        for _ in range(many):
            found.add()
        yield found
    finally:
        for member in list(found.members):
            found.kill(member)
