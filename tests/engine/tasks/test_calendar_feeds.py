"""The private calendars of deadlines on both databases: by role and ambito at the moment of reading, and bounded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from sqlalchemy import select, update

import engine.tasks.calendar_feed as calendar_feed
from engine.access import SYSTEM, Actor, ChangedBy, accounts
from engine.access.tables import calendario_privato
from engine.simulation import World
from engine.storage.tables import task
from engine.temporal import in_rome
from engine.temporal.ics_deadlines import DeadlineEntry, write_deadlines


@pytest.fixture
def anna(world: World) -> Actor:
    return world.actor("anna")


def numbers(world: World, secret: str) -> list[int]:
    found = world.engine.calendar_feeds.read(secret)
    assert found is not None
    return [one.instance_number for one in found.entries]


def test_a_calendar_holds_the_deadlines_of_ones_tasks_in_order(
    world: World, start: Callable[..., str], anna: Actor
) -> None:
    feeds = world.engine.calendar_feeds
    assert feeds.opened_at(anna) is None
    secret = feeds.open(anna)
    assert feeds.opened_at(anna) == world.engine.clock.now()
    assert numbers(world, secret) == []
    cases = [start("sollecito") for _ in range(3)]
    rows = [world.engine.inbox.of_instance(case, SYSTEM)[0] for case in cases]
    with world.engine.database.begin() as work:
        for days, row in zip((9, 3, 6), rows, strict=True):
            due = world.engine.clock.now() + timedelta(days=days)
            work.connection.execute(update(task).where(task.c.id == row.id).values(due_at=due, due_order=due))
    order = [rows[place].instance_number for place in (1, 2, 0)]
    assert numbers(world, secret) == order
    world.engine.instances.cancel(cases[2], "Prova", SYSTEM)
    assert numbers(world, secret) == [order[0], order[2]]
    assert feeds.close(anna)
    assert not feeds.close(anna)
    assert feeds.read(secret) is None


def test_a_role_counts_from_the_day_it_is_given_to_the_day_it_ends(
    world: World, start: Callable[..., str], anna: Actor
) -> None:
    secret = world.engine.calendar_feeds.open(anna)
    start("sollecito")
    assert len(numbers(world, secret)) == 1
    with world.engine.database.begin() as work:
        by = ChangedBy(SYSTEM.id, world.engine.clock.now())
        for held in accounts.memberships(work.connection, "anna"):
            accounts.end_membership(work.connection, held.id, date(2016, 3, 1), by=by)
    world.advance(days=1)
    assert numbers(world, secret) == []


def test_a_calendar_is_bounded(
    world: World, start: Callable[..., str], anna: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_feed, "MAX_ENTRIES", 2)
    feeds = calendar_feed.CalendarFeeds(world.engine.database, world.engine.clock)
    secret = feeds.open(anna)
    for _ in range(4):
        start("sollecito")
    found = feeds.read(secret)
    assert found is not None
    assert len(found.entries) == 2


def test_each_address_is_new_and_only_its_hash_is_kept(world: World, anna: Actor) -> None:
    feeds = world.engine.calendar_feeds
    given = [feeds.open(anna) for _ in range(5)]
    assert len(set(given)) == 5
    assert [feeds.read(secret) is not None for secret in given] == [False] * 4 + [True]
    with world.engine.database.read() as connection:
        (row,) = connection.execute(select(calendario_privato)).all()
    assert row.impronta not in given
    assert feeds.read(row.impronta) is None


_NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=60).filter(
    lambda name: "\\N" not in name
)


@given(
    st.lists(
        st.builds(
            lambda due, name, number: DeadlineEntry(
                f"{number:032x}", name, due, due - timedelta(days=9), "https://a.it/x"
            ),
            st.datetimes(timezones=st.just(UTC)).filter(lambda due: 1990 < due.year < 2150),
            _NAMES,
            st.integers(0, 10**9),
        ),
        max_size=10,
    )
)
def test_every_moment_is_written_as_it_is_whatever_the_names(entries: list[DeadlineEntry]) -> None:
    now = max((one.due_at for one in entries), default=None)
    if now is None:
        return
    written = write_deadlines(entries, "Scadenze", now)
    events: list[Any] = list(Calendar.from_ical(written).events)
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    for entry, one in zip(entries, events, strict=True):
        start = one["DTSTART"].dt
        wall = in_rome(entry.due_at)
        whole = (wall.hour, wall.minute) == (23, 59)
        assert start == (wall.date() if whole else entry.due_at.replace(microsecond=0))
        assert str(one["SUMMARY"]) == entry.name


def test_who_presses_twice_has_one_address(world: World, anna: Actor) -> None:
    feeds = world.engine.calendar_feeds
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: feeds.open(anna), range(8)))
    assert sum(feeds.read(secret) is not None for secret in given) == 1
