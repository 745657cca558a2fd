"""The embedded scheduler: it sleeps until something is due, fires in order, and holds nothing back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from engine.clock import SystemClock
from engine.jobs.embedded_scheduler import EmbeddedScheduler
from engine.simulation import World
from engine.storage.tables import event, incident, timer
from tests.engine.statement_log import recorded_statements, without_begin

Start = Callable[..., str]
PATIENCE = 20


def until(what: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it did not happen"
        threading.Event().wait(0.02)


def timer_of(world: World, case: str) -> Any:
    """The row of the timer drawn in a case."""
    with world.engine.database.read() as connection:
        return connection.execute(
            select(timer).where(timer.c.instance_id == case, timer.c.kind == "event").order_by(timer.c.due_at)
        ).first()


def move(world: World, timer_id: str, **values: Any) -> None:
    """Change a timer's row by hand."""
    with world.engine.database.begin() as work:
        work.connection.execute(update(timer).where(timer.c.id == timer_id).values(**values))


def fired_in_order(world: World) -> list[str]:
    """The cases whose timers have fired, in the order of the log."""
    with world.engine.database.read() as connection:
        return list(
            connection.execute(
                select(event.c.instance_id).where(event.c.kind == "timer.fired").order_by(event.c.id)
            ).scalars()
        )


@pytest.fixture
def running(world: World) -> Iterator[Callable[..., EmbeddedScheduler]]:
    """Starts the embedded scheduler on the world's engine, with a sweep so slow that no test sees it unless asked."""
    started: list[EmbeddedScheduler] = []

    def begin(sweep_seconds: int = 3600) -> EmbeddedScheduler:
        engine = world.engine
        jobs = EmbeddedScheduler(engine.run_due, engine.next_due, world.clock, sweep_seconds)
        engine.step_runner.wake_scheduler = jobs.wake
        jobs.start()
        started.append(jobs)
        return jobs

    yield begin
    for jobs in started:
        jobs.stop()


def test_what_was_missed_while_nothing_ran_fires_at_the_start_once(
    world: World, start: Start, running: Callable[[], EmbeddedScheduler]
) -> None:
    cases = [start("tre_volte") for _ in range(3)]
    due = timer_of(world, cases[0]).due_at
    world.clock.set(due + timedelta(minutes=1))
    running()
    until(lambda: len(fired_in_order(world)) == 3)
    running()
    assert sorted(fired_in_order(world)) == sorted(cases)


def test_between_two_wake_ups_the_database_hears_nothing(
    world: World, start: Start, running: Callable[[], EmbeddedScheduler]
) -> None:
    case = start("tre_volte")
    looked = threading.Event()
    following = world.engine.next_due

    def look() -> datetime | None:
        found = following()
        looked.set()
        return found

    world.engine.next_due = look  # type: ignore[method-assign]
    jobs = running()
    assert looked.wait(PATIENCE)
    threading.Event().wait(0.5)  # the look under way comes to its end
    with recorded_statements(world.engine) as sent:
        threading.Event().wait(2)
        assert sent == []
    move(world, timer_of(world, case).id, due_at=world.clock.now() - timedelta(seconds=1))
    jobs.wake()
    until(lambda: fired_in_order(world) == [case])


def test_the_alarm_rings_by_itself_when_something_comes_due(
    world: World, start: Start, running: Callable[[], EmbeddedScheduler]
) -> None:
    case = start("tre_volte")
    move(world, timer_of(world, case).id, due_at=world.clock.now() + timedelta(seconds=1))
    began, came = SystemClock().now(), world.clock.now()

    def passing() -> datetime:
        return came + (SystemClock().now() - began)

    world.clock.now = passing  # type: ignore[method-assign]
    running()
    until(lambda: fired_in_order(world) == [case])
    assert SystemClock().now() - began < timedelta(seconds=5)


def test_a_clock_that_jumps_ahead_and_back_fires_what_is_due_by_it_and_nothing_twice(
    world: World, start: Start, running: Callable[..., EmbeddedScheduler]
) -> None:
    first = start("tre_volte")
    came = world.clock.now()
    running(sweep_seconds=1)
    world.clock.set(came + timedelta(minutes=90))  # nobody tells the scheduler: the sweep finds out
    until(lambda: fired_in_order(world) == [first])
    world.clock.set(came - timedelta(days=1))
    second = start("tre_volte")
    world.engine.step_runner.wake_scheduler()
    world.clock.set(came - timedelta(days=1) + timedelta(minutes=61))
    until(lambda: fired_in_order(world) == [first, second])
    world.clock.set(came + timedelta(minutes=90))
    until(lambda: fired_in_order(world) == [first, second, second, second])
    world.clock.set(came + timedelta(hours=3))
    until(lambda: fired_in_order(world) == [first, second, second, second, first, first])
    assert world.engine.next_due() is None


def test_a_look_for_nothing_asks_once_and_holds_up_no_writer(world: World, start: Start) -> None:
    start("tre_volte")
    world.engine.run_due()
    jobs = EmbeddedScheduler(world.engine.run_due, world.engine.next_due, world.clock, sweep_seconds=3600)
    jobs.start()
    threading.Event().wait(0.5)
    with recorded_statements(world.engine) as sent:
        jobs.wake()
        until(lambda: len(sent) >= 4)
        threading.Event().wait(0.5)
    jobs.stop()
    assert len(without_begin(sent)) == 4, sent
    assert all(statement.startswith("SELECT") for statement in without_begin(sent))


def test_due_timers_fire_in_order_and_a_failing_one_holds_back_no_other(world: World, start: Start) -> None:
    cases = [start("tre_volte") for _ in range(5)]
    now = world.clock.now()
    for place, case in enumerate(cases):
        move(world, timer_of(world, case).id, due_at=now - timedelta(minutes=10 - place))
    move(world, timer_of(world, cases[1]).id, token="none-such")
    assert world.engine.timers.fire_due(20) == 4
    assert fired_in_order(world) == [cases[0], cases[2], cases[3], cases[4]]
    with world.engine.database.read() as connection:
        found = connection.execute(select(incident).where(incident.c.state == "open")).one()
    assert found.instance_id == cases[1]
    assert found.kind == "timer"
    assert world.engine.timers.fire_due(20) == 0


def test_work_that_cannot_be_done_is_not_spun_upon(world: World) -> None:
    looks: list[int] = []

    def fail() -> int:
        looks.append(1)
        raise RuntimeError("the database is away")

    jobs = EmbeddedScheduler(fail, world.clock.now, world.clock, sweep_seconds=3600)
    jobs.start()
    until(lambda: len(looks) == 2)
    jobs.stop()
    assert len(looks) <= 3
