"""Timers: they repeat, stop with the case, survive restarts and fire once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine.access import SYSTEM
from engine.engine import Engine
from engine.errors import InvalidState
from engine.simulation import World
from engine.timers.models import TimerView
from tests.concurrency import refusals
from tests.engine.conftest import START

HOUR = timedelta(hours=1)
Start = Callable[..., str]


def fired(world: World, case: str) -> Counter[str | None]:
    """How often each timer has fired, by the element's id."""
    return Counter(
        e.element_id for e in world.engine.history.timeline(case, SYSTEM).items if e.kind == "timer.fired"
    )


def counted(world: World, case: str) -> int:
    """How often the counting operation was called in the case."""
    return sum(e.kind == "prova.contata" for e in world.engine.history.timeline(case, SYSTEM).items)


def timer(world: World, case: str, element: str) -> TimerView:
    """The one timer of an element."""
    (found,) = [
        t
        for t in world.engine.timers.of_instance(case, SYSTEM)
        if t.element_id == element and t.kind == "event"
    ]
    return found


def test_a_repeating_timer_fires_at_every_hour_and_the_interrupting_one_ends_it(
    world: World, start: Start
) -> None:
    case = start("sollecito")
    world.advance(hours=3, minutes=30)
    assert counted(world, case) == 3
    assert timer(world, case, "Ogni_ora").due_at == START + 4 * HOUR
    world.advance(days=2)
    assert fired(world, case)["Scade"] == 1
    assert [task.row.name for task in world.tasks(case)] == ["Recupera"]
    assert 9 <= counted(world, case) <= 10
    world.advance(days=10)
    assert counted(world, case) <= 10
    world.task("Recupera", case).complete(by="anna")
    assert world.instance(case).state == "completed"


def test_the_hours_of_a_repetition_are_those_of_its_beginning_also_when_the_engine_wakes_late(
    world: World, start: Start
) -> None:
    case = start("sollecito")
    world.clock.advance(timedelta(hours=2, minutes=20))
    world.engine.run_due()
    assert counted(world, case) == 2
    assert timer(world, case, "Ogni_ora").due_at == START + 3 * HOUR


def test_a_bounded_repetition_fires_three_times(world: World, start: Start) -> None:
    case = start("tre_volte")
    world.advance(days=5)
    assert counted(world, case) == 3
    assert [task.row.name for task in world.tasks(case)] == ["Lavora"]
    world.task("Lavora", case).complete(by="anna")
    assert world.instance(case).state == "completed"


def test_completing_the_task_cancels_its_timers(world: World, start: Start) -> None:
    case = start("sollecito")
    world.task("Lavora", case).complete(by="anna")
    world.advance(days=30)
    assert counted(world, case) == 0
    assert world.instance(case).state == "completed"
    assert world.engine.timers.of_instance(case, SYSTEM) == ()


def test_while_suspended_clocks_stand_still_and_then_have_the_time_they_had_left(
    world: World, start: Start
) -> None:
    case = start("sollecito")
    world.advance(hours=4, minutes=15)
    due = world.task("Lavora", case).row.due_at
    world.suspend("In ospedale", by="carla")
    world.advance(days=20)
    assert counted(world, case) == 4
    assert {one.due_at for one in world.engine.timers.of_instance(case, SYSTEM)} == {None}
    world.resume(by="carla")
    now = world.now
    assert timer(world, case, "Ogni_ora").due_at == now + timedelta(minutes=45)
    assert timer(world, case, "Scade").due_at == now + timedelta(hours=5, minutes=45)
    assert due is not None
    assert world.task("Lavora", case).row.due_at == due + timedelta(days=20)
    world.advance(minutes=45)
    assert counted(world, case) == 5


def test_two_suspensions_add_up(world: World, start: Start) -> None:
    case = start("sollecito")
    for _ in range(2):
        world.advance(hours=2)
        world.suspend("Pausa", by="carla")
        world.advance(days=3)
        world.resume(by="carla")
    assert timer(world, case, "Scade").due_at == START + timedelta(hours=10, days=6)
    stood = [
        e.data["stood_seconds"]
        for e in world.engine.history.timeline(case, SYSTEM).items
        if e.kind == "instance.resumed"
    ]
    assert stood == [3 * 86400, 3 * 86400]


def test_nothing_moves_in_a_suspended_case(world: World, start: Start) -> None:
    case = start("sollecito")
    task = world.task("Lavora", case)
    world.suspend("Pausa", by="carla")
    with pytest.raises(InvalidState, match="sospesa"):
        task.complete(by="anna")
    with pytest.raises(InvalidState):
        world.suspend("Ancora", by="carla")
    world.resume(by="carla")
    with pytest.raises(InvalidState, match="non è sospesa"):
        world.resume(by="carla")
    task.complete(by="anna")


@pytest.mark.parametrize(("suspended_days", "open_at_resumption"), [(2, False), (10, True)])
def test_a_fixed_date_stays_and_fires_at_resumption_when_it_has_passed(
    world: World, start: Start, suspended_days: int, open_at_resumption: bool
) -> None:
    when = datetime(2016, 3, 8, 9, tzinfo=UTC)
    case = start("data_fissa", quando=when)
    world.suspend("Pausa", by="carla")
    world.advance(days=suspended_days)
    world.resume(by="carla")
    assert bool(world.tasks(case)) is open_at_resumption
    world.advance_to(max(when, world.now))
    assert [task.row.name for task in world.tasks(case)] == ["Dopo"]
    assert fired(world, case) == {"Attesa": 1}


def test_timers_outlive_the_engine_that_made_them(world: World, start: Start) -> None:
    case = start("sollecito")
    world.restart()
    world.clock.advance(timedelta(hours=10))
    world.restart()
    world.engine.run_due()
    world.restart()
    world.engine.run_due()
    assert fired(world, case)["Scade"] == 1
    assert counted(world, case) in (9, 10)


def test_two_workers_fire_a_timer_once(world: World, start: Start) -> None:
    cases = [start("data_fissa", quando=datetime(2016, 3, 2, 9, tzinfo=UTC)) for _ in range(6)]
    world.clock.advance(timedelta(days=2))
    other = Engine.open(world.settings, clock=world.clock, operations=world.engine.operations, upgrade=False)
    try:
        assert not refusals(world.engine.timers.fire_due, other.timers.fire_due)
    finally:
        other.close()
    for case in cases:
        assert fired(world, case) == {"Attesa": 1}
        assert len(world.tasks(case)) == 1


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("P1D", "P2D", {"Dopo il primo"}),
        ("P3D", "P2D", {"Dopo il secondo"}),
        ("P1D", "P1D", {"Dopo il primo", "Dopo il secondo"}),
    ],
)
def test_of_two_timers_after_an_event_gateway_the_earlier_wins(
    world: World, start: Start, first: str, second: str, expected: set[str]
) -> None:
    case = start("bivio", primo=first, secondo=second)
    world.advance(days=10)
    (name,) = [task.row.name for task in world.tasks(case)]
    assert name in expected
    assert sum(fired(world, case).values()) == 1
    assert world.engine.timers.of_instance(case, SYSTEM) == ()
    assert world.engine.messages.awaited_messages(case) == ()


def test_a_message_before_the_timers_wins(world: World, start: Start) -> None:
    case = start("bivio", primo="P1D", secondo="P2D")
    world.message("risposta", by="carla", values={"contenuto": "sì"})
    world.advance(days=10)
    assert [task.row.name for task in world.tasks(case)] == ["Dopo la risposta"]
    assert world.variables(case)["contenuto"] == "sì"
    assert not fired(world, case)
