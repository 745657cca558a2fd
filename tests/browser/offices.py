"""Databases to work in with a browser: the real processes and the demonstration's colleagues, with cases or without.

Each is made once in a test process and copied for every test.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cli.demo.command import create_base_data
from cli.demo.stories import all_stories, play
from engine.access import SYSTEM
from engine.clock import VirtualClock
from engine.engine import Engine
from engine.settings import Settings
from engine.simulation import World
from tests.databases import Databases
from tests.live_site import ROOT, LiveSite, serve

HISTORY = timedelta(days=330)


def furnished(databases: Databases, folder: Path, now: datetime) -> Path:
    """A file with processes, ambiti, organisations and colleagues."""
    with databases.sqlite(folder) as url:
        engine = Engine.open(_settings(url), clock=VirtualClock(now - HISTORY), upgrade=False)
        with contextlib.closing(engine):
            engine.deployments.deploy_folder(ROOT / "processes", SYSTEM)
            create_base_data(engine)
        return _file(url)


def with_cases(furnished: Path, folder: Path, now: datetime) -> Path:
    """A copy of a furnished file with the cases of the demonstration as they stand at `now`."""
    file = shutil.copyfile(furnished, folder / "patti.db")
    with contextlib.closing(
        World.on_database(_settings(f"sqlite:///{file}"), VirtualClock(now - HISTORY))
    ) as world:
        play(world, all_stories(world, now), now)
    return _file(f"sqlite:///{file}")


@contextlib.contextmanager
def open_copy(file: Path, folder: Path, settings: Settings, now: datetime) -> Iterator[LiveSite]:
    """The pages over a copy of a file."""
    copy = shutil.copyfile(file, folder / "office.db")
    with serve(settings.with_(database_url=f"sqlite:///{copy}"), VirtualClock(now)) as live:
        yield live


def _settings(url: str) -> Settings:
    return Settings(
        database_url=url,
        processes_folder=str(ROOT / "processes"),
        secret_key="for tests only",
        embedded_jobs=False,
    )


def _file(url: str) -> Path:
    file = Path(url.removeprefix("sqlite:///"))
    journal = file.with_name(file.name + "-wal")
    assert not journal.exists() or not journal.stat().st_size, "the journal was not merged"
    return file
