"""Cases begun under each earlier version open, add up and finish under this one, on both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.clock import VirtualClock
from engine.settings import Settings
from engine.simulation import DEFAULT_SCOPE, World
from engine.soundness import soundness
from engine.spiff.run import STATE_VERSION
from engine.storage.migrate import revisions
from engine.storage.tables import draft, incident, instance, subscription, task, timer
from tests.acceptance.money import assert_budget_holds
from tests.engine.trial_operations import Trial
from tests.engine.upgrades.closing import Closer
from tests.engine.upgrades.fixture import load, read, recorded

EVERY_VERSION = pytest.mark.parametrize("version", recorded(), ids=lambda file: file.name.partition(".")[0])


def opened(found: dict[str, Any], url: str) -> World:
    """The fixture at `url`, brought to today's schema, with the clock where it stood."""
    load(found, url)
    settings = Settings(database_url=url, embedded_jobs=False, secret_key="prova")
    return World(settings, VirtualClock(found["moment"]), Trial().registry(), DEFAULT_SCOPE, None)


def test_every_released_schema_has_its_fixture() -> None:
    assert [file.name.partition("_")[0] for file in recorded()][:1] == ["0001"]
    states = {read(file)["state_version"] for file in recorded()}
    assert states == set(range(1, STATE_VERSION + 1))


@EVERY_VERSION
def test_a_fixture_stops_cases_wherever_a_case_can_stop(version: Path, sqlite_empty: str) -> None:
    world = opened(read(version), sqlite_empty)
    with world, world.engine.database.read() as connection:

        def held(table: Any, *states: str) -> int:
            query = select(func.count()).select_from(table).where(table.c.state.in_(states))
            return int(connection.execute(query).scalar_one())

        assert held(task, "open") >= 20
        assert held(task, "suspended") >= 2
        assert held(subscription, "waiting") >= 5
        assert held(incident, "open") >= 1
        assert held(instance, "completed") >= 5
        kinds = set(connection.execute(select(timer.c.kind).where(timer.c.state == "waiting")).scalars())
        assert kinds == {"event", "retry", "overdue"}
        assert connection.execute(select(func.count()).select_from(draft)).scalar_one() >= 1
        called = set(connection.execute(select(task.c.process_id).where(task.c.state == "open")).scalars())
        assert called >= {"patto_autonomia", "patto_progettazione", "patto_coda", "patto_commissione"}


@pytest.mark.slow
@pytest.mark.timeout(600)
@EVERY_VERSION
def test_cases_of_an_earlier_version_finish_under_this_one(version: Path, empty_database_url: str) -> None:
    found = read(version)
    with opened(found, empty_database_url) as world:
        there, newest = revisions(empty_database_url)
        assert there == newest
        for check in soundness(world.engine.database, world.engine.repository):
            assert check.good, check.outcome
        with world.engine.database.read() as connection:
            cases = list(
                connection.execute(
                    select(instance.c.id)
                    .where(instance.c.state.in_(("active", "suspended")))
                    .order_by(instance.c.number)
                ).scalars()
            )
        Closer(world).close_all(cases)
        assert {world.case(case).state for case in cases} == {"completed"}
        assert_budget_holds(world)
        for check in soundness(world.engine.database, world.engine.repository):
            assert check.good, check.outcome


@pytest.fixture
def sqlite_empty(databases: Any, tmp_path: Path) -> Any:
    """Address of a SQLite file without tables."""
    with databases.sqlite(tmp_path, migrated=False) as url:
        yield url
