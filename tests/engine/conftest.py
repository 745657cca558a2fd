"""Small diagrams played in a world, on SQLite and on PostgreSQL.

`make test-slow` plays them on PostgreSQL once more, without the pipeline (setting `postgresql_pipeline`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.simulation import World
from tests.databases import Databases
from tests.engine.trial_operations import Trial
from tests.fixtures import database, database_kind

__all__ = ["database", "database_kind", "start", "trial", "world"]

DIAGRAMS = Path(__file__).parent / "diagrams"
START = datetime(2016, 3, 1, 10, tzinfo=ZoneInfo("Europe/Rome"))


@pytest.fixture
def trial() -> Trial:
    """The operations of the tests; a test tells them to fail or refuse."""
    return Trial()


@pytest.fixture
def world(databases: Databases, database_kind: str, tmp_path: Path, trial: Trial) -> Iterator[World]:
    """A world at 10:00 in Rome on 1 March 2016 with every diagram of `diagrams/`."""
    furnished = databases.photograph(database_kind, "tests/engine", _furnish)
    with databases.copy(furnished, tmp_path) as url, _world(url, trial, furnished=True) as opened:
        yield opened


def _furnish(url: str) -> None:
    _world(url, Trial()).close()


def _world(url: str, trial: Trial, *, furnished: bool = False) -> World:
    users = {"vera": ["assistente_sociale@cremona"], "dora": ["microequipe"], "nino": ["analista"]}
    return World.open(
        START,
        database_url=url,
        deploy=[DIAGRAMS],
        operations=trial.registry(),
        users=users,
        populated=furnished,
    )


@pytest.fixture
def start(world: World) -> Callable[..., str]:
    """Starts a process as Anna and gives the case's id."""

    def begin(key: str, **values: Any) -> str:
        return world.start(key, by="anna", values=values).id

    return begin
