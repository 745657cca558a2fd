"""Cases begun under each earlier version open, add up and finish under this one, on both databases."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.access import SYSTEM
from engine.clock import VirtualClock
from engine.history.consistency import check_consistency
from engine.settings import Settings
from engine.simulation import DEFAULT_SCOPE, World
from engine.spiff import Instruction
from engine.spiff.process_run import STATE_VERSION
from engine.storage.migrate import revisions
from engine.storage.tables import (
    draft,
    incident,
    instance,
    outbox,
    scheduled_start,
    subscription,
    task,
    timer,
)
from tests.acceptance.budget_invariants import assert_budget_holds
from tests.engine.trial_operations import Trial
from tests.engine.upgrades.closing import Closer
from tests.engine.upgrades.fixture import load, read, recorded
from tests.engine.upgrades.incidents import told

EVERY_VERSION = pytest.mark.parametrize("version", recorded(), ids=lambda file: file.name.partition(".")[0])
WITH_INCIDENTS = "0011"
"""The first revision whose fixture has incidents of every kind and says what the list of them showed."""
SINCE_THEN = pytest.mark.parametrize(
    "version",
    [file for file in recorded() if file.name >= WITH_INCIDENTS],
    ids=lambda file: file.name.partition(".")[0],
)
STATES = ("open", "retried", "resolved")
SUBSCRIBED = {"message", "signal", "condition"}
SHIPPED = {
    "patto_autonomia",
    "patto_inclusione",
    "patto_progettazione",
    "patto_coda",
    "patto_commissione",
    "patto_firma",
    "patto_lettera",
    "patto_sostituzione",
}
DONE = {
    "outbox": (outbox, "delivered"),
    "scheduled_start": (scheduled_start, "ended"),
    "timer": (timer, "fired"),
}
"""Where the row stands that an incident is about, by the name of its table, and its state once it was retried."""


def opened(found: dict[str, Any], url: str) -> World:
    """The fixture at `url`, brought to today's schema, with the clock where it stood."""
    load(found, url)
    settings = Settings(database_url=url, embedded_jobs=False, secret_key="prova")
    return World(settings, VirtualClock(found["moment"]), Trial().registry(), DEFAULT_SCOPE, None)


def rows(found: dict[str, Any], table: str) -> list[dict[str, Any]]:
    """The rows of a table as the fixture has them, in the columns of its own revision."""
    kept = found["tables"].get(table, {"columns": [], "rows": []})
    return [dict(zip(kept["columns"], row, strict=True)) for row in kept["rows"]]


def failed(found: dict[str, Any]) -> set[tuple[str, str]]:
    """(table, id) of every row that an open incident of the fixture is about."""
    about = {row["outbox_id"] for row in rows(found, "incident") if row["state"] == "open"}
    return {(table, row["id"]) for table in DONE for row in rows(found, table) if row["id"] in about}


def faulty(faults: Iterable[str]) -> set[str]:
    """What the sentences of the checks are about, for example ``pratica n. 49``."""
    return {fault.partition(":")[0] for fault in faults}


def repair(world: World, found: dict[str, Any]) -> None:
    """Put right what stops some cases for as long as their variables are wrong."""
    for case, values in found.get("repairs", {}).items():
        written = Instruction("set", values=values)
        world.engine.modifications.modify(case, [written], "Il dato era sbagliato", SYSTEM)


def test_every_released_schema_has_its_fixture() -> None:
    assert [file.name.partition("_")[0] for file in recorded()][:1] == ["0001"]
    states = {read(file)["state_version"] for file in recorded()}
    assert states == set(range(1, STATE_VERSION + 1))
    assert [file.name for file in recorded() if file.name.startswith(WITH_INCIDENTS)]


def test_incidents_of_every_kind_stand_in_the_fixture_that_says_so() -> None:
    found = next(read(file) for file in recorded() if file.name.startswith(WITH_INCIDENTS))
    kinds = {(row["kind"], row["state"], row["instance_id"] is not None) for row in rows(found, "incident")}
    for kind in ("operation", "expression", "error"):
        assert (kind, "open", True) in kinds
    for kind in ("timer", "outbox"):
        assert kinds >= {(kind, state, of_case) for state in STATES for of_case in (True, False)}
    assert ("operation", "gone", True) in kinds
    sources = failed(found)
    timers = {row["kind"] for row in rows(found, "timer") if ("timer", row["id"]) in sources}
    assert timers == {"event", "retry", "overdue"}
    assert {table for table, _ in sources} == set(DONE)
    assert {row["state"] for row in rows(found, "batch")} == {"running", "done", "cancelled"}
    assert any(row["until"] for row in rows(found, "participant"))
    assert any(row["by_hand"] for row in rows(found, "timer"))
    assert any(
        row["moves"] and row["repetition"] and row["state"] == "waiting" for row in rows(found, "timer")
    )
    assert any(row["attempts"] and row["state"] == "waiting" for row in rows(found, "outbox"))
    assert {row["kind"] for row in rows(found, "subscription") if row["state"] == "waiting"} == SUBSCRIBED
    assert {row["process_id"] for row in rows(found, "task") if row["state"] == "open"} >= SHIPPED


@EVERY_VERSION
def test_incidents_and_checks_say_what_they_said_before(version: Path, sqlite_empty: str) -> None:
    found = read(version)
    with opened(found, sqlite_empty) as world:
        now = told(world)
    assert [one for one in now["incidents"] if one["state"] == "open"]
    if version.name >= WITH_INCIDENTS:
        assert now["incidents"] == found["incidents"]
    assert faulty(now["faults"]) <= faulty(found.get("faults", ()))


@SINCE_THEN
def test_every_open_incident_can_be_retried(version: Path, empty_database_url: str) -> None:
    found = read(version)
    with opened(found, empty_database_url) as world:
        incidents = world.engine.incidents.list(SYSTEM, limit=1000)
        assert incidents
        repair(world, found)
        for one in incidents:
            if one.instance_id and world.instance(one.instance_id).state == "suspended":
                world.resume(by="rita", instance_id=one.instance_id)
            if one in world.engine.incidents.list(SYSTEM, limit=1000):
                world.engine.incidents.retry(one.id, SYSTEM)
        world.advance(hours=6)
        assert not world.engine.incidents.list(SYSTEM)
        with world.engine.database.read() as connection:
            for name, row_id in failed(found):
                table, done = DONE[name]
                state = connection.execute(select(table.c.state).where(table.c.id == row_id)).scalar_one()
                assert (name, state) == (name, done)


@SINCE_THEN
def test_every_open_incident_can_be_resolved(version: Path, sqlite_empty: str) -> None:
    found = read(version)
    with opened(found, sqlite_empty) as world:
        repair(world, found)  # a date that cannot be worked out stops its case again at once
        incidents = world.engine.incidents.list(SYSTEM, limit=1000)
        assert incidents
        for one in incidents:
            world.engine.incidents.resolve(one.id, "Fatto a mano", SYSTEM)
        assert not world.engine.incidents.list(SYSTEM)
        resolved = {one.id for one in world.engine.incidents.list(SYSTEM, state="resolved", limit=1000)}
        assert resolved >= {one.id for one in incidents}
        with world.engine.database.read() as connection:
            counted = connection.execute(select(func.sum(instance.c.incidents))).scalar_one()
        assert counted == 0


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
        for check in check_consistency(world.engine.database, world.engine.repository):
            assert faulty(check.problems) <= faulty(found.get("faults", ())), check.outcome
        repair(world, found)
        with world.engine.database.read() as connection:
            cases = list(
                connection.execute(
                    select(instance.c.id)
                    .where(instance.c.state.in_(("active", "suspended")))
                    .order_by(instance.c.number)
                ).scalars()
            )
        Closer(world).close_all(cases)
        assert {world.instance(case).state for case in cases} == {"completed"}
        assert_budget_holds(world)
        for check in check_consistency(world.engine.database, world.engine.repository):
            assert check.passed, check.outcome


@pytest.fixture
def sqlite_empty(databases: Any, tmp_path: Path) -> Any:
    """Address of a SQLite file without tables."""
    with databases.sqlite(tmp_path, migrated=False) as url:
        yield url
