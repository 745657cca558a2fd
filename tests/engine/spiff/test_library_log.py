"""The library's log of states costs nothing unless somebody reads it; a case goes the same way in both."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from engine.access import SYSTEM
from engine.simulation import World

LIBRARY = "spiff.task"


def walked(world: World, start: Callable[..., str]) -> list[tuple[str, str | None]]:
    """A case played to its end, as its log tells it."""
    case = start("proposta")
    world.task("Scrivi la proposta", case).complete(by="dario", testo="si propone")
    world.task("Approva la proposta", case).complete(by="gina")
    world.task("Compito di Elena", case).complete(by="elena")
    assert world.instance(case).state == "completed"
    return [(line.kind, line.element_id) for line in world.engine.history.timeline(case, SYSTEM).items]


def test_a_case_goes_the_same_way_whether_states_are_told_or_not(
    world: World, start: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    silent = walked(world, start)
    assert not [record for record in caplog.records if record.name == LIBRARY]
    with caplog.at_level(logging.INFO, logger=LIBRARY):
        told = walked(world, start)
    assert told == silent
    assert [record for record in caplog.records if record.message == "State changed to COMPLETED"]
