"""Messages: a boundary that receives many times, keys, and who may send."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.access import SYSTEM
from engine.errors import Forbidden, InvalidInput, NotFound
from engine.simulation import World
from tests.engine.timers.test_timers import counted

Start = Callable[..., str]


def test_a_boundary_message_that_does_not_interrupt_is_received_each_time(world: World, start: Start) -> None:
    case = start("richiami", fascicolo="A-1")
    for number in range(1, 4):
        assert world.message("richiamo", by="carla", key="A-1", values={"volta": number}) == 1
        assert counted(world, case) == number
        assert world.variables(case)["volta"] == number
    world.task("Lavora", case).complete(by="anna")
    assert world.instance(case).state == "completed"
    with pytest.raises(NotFound, match="A-1"):
        world.message("richiamo", by="carla", key="A-1")


def test_a_message_reaches_every_case_with_its_key_and_no_other(world: World, start: Start) -> None:
    mine, too, other = (start("richiami", fascicolo=key) for key in ("A-1", "A-1", "B-2"))
    assert world.message("richiamo", by="carla", key="A-1") == 2
    assert [counted(world, case) for case in (mine, too, other)] == [1, 1, 0]


def test_without_a_key_of_its_own_a_message_is_for_the_business_key(world: World, start: Start) -> None:
    first, second = start("richiami", fascicolo="A-1"), start("richiami", fascicolo="A-1")
    world.message("ritiro", by="carla", key=world.instance(first).business_key)
    assert world.instance(first).state == "completed"
    assert world.instance(second).state == "active"


def test_a_suspended_case_receives_nothing(world: World, start: Start) -> None:
    case = start("richiami", fascicolo="A-1")
    world.suspend("Pausa", by="carla")
    with pytest.raises(NotFound):
        world.message("richiamo", by="carla", key="A-1")
    world.resume(by="carla")
    assert world.message("richiamo", by="carla", key="A-1") == 1
    assert counted(world, case) == 1


def test_who_may_not_send_changes_nothing(world: World, start: Start) -> None:
    case = start("richiami", fascicolo="A-1")
    for who in ("bruno", "vera"):
        with pytest.raises(Forbidden):
            world.message("richiamo", by=who, key="A-1")
    assert counted(world, case) == 0


def test_a_payload_that_no_process_can_hold_is_refused(world: World, start: Start) -> None:
    start("richiami", fascicolo="A-1")
    with pytest.raises(InvalidInput):
        world.engine.messages.correlate("richiamo", "A-1", {"x": object()}, SYSTEM)
