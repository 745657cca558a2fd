"""One signal to very many cases: each hears it in a step of its own, at a cost that their number does not change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from engine.access import SYSTEM
from engine.simulation import World
from engine.storage.tables import subscription
from tests.engine.conftest import START
from tests.engine.event_diagrams import WAITING, deploy
from tests.engine.statement_log import recorded_statements

FEW, MANY = 3, 25


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A world with one process, whose cases wait for the signal."""
    with World.open(START, database_url=database_url, deploy=[]) as opened:
        deploy(opened.engine, "lavoro", WAITING)
        yield opened


def waiting(world: World, count: int) -> None:
    """Let so many new cases wait for the signal."""
    for _ in range(count):
        case = world.start("lavoro", by="anna", values={"pronto": False}).id
        world.task("Prepara", case).complete(by="anna")


def counted(world: World) -> tuple[int, int, int]:
    """Throw the signal and bring it to all; gives (receivers, statements thrown, statements delivered)."""
    with recorded_statements(world.engine) as statements:
        reached = world.engine.messages.broadcast("via", {"chi": "tutti"}, SYSTEM)
        thrown = len(statements)
        world.engine.run_due()
    return reached, thrown, len(statements) - thrown


def test_the_throw_costs_the_same_for_all_and_each_delivery_its_own_step(world: World) -> None:
    waiting(world, FEW)
    reached, thrown, delivered = counted(world)
    assert reached == FEW
    waiting(world, MANY)
    reached_more, thrown_more, delivered_more = counted(world)
    assert reached_more == MANY
    assert thrown_more == thrown, "one select, one insert of many rows, one line in the log"
    assert delivered_more / MANY <= delivered / FEW
    with world.engine.database.read() as connection:
        still = select(subscription.c.id).where(
            subscription.c.kind == "signal", subscription.c.state == "waiting"
        )
        assert connection.execute(still).first() is None


def test_a_case_that_is_held_keeps_no_other_from_hearing(world: World) -> None:
    waiting(world, 3)
    if world.engine.database.is_sqlite:
        assert world.engine.messages.broadcast("via", {}, SYSTEM) == 3
    else:
        with world.engine.database.begin() as work:  # somebody else is in the middle of a step of one case
            held = work.connection.execute(
                select(subscription.c.instance_id)
                .where(subscription.c.kind == "signal", subscription.c.state == "waiting")
                .limit(1)
            ).scalar_one()
            world.engine.step_runner.open(work, held, SYSTEM)
            assert world.engine.messages.broadcast("via", {}, SYSTEM) == 3, "the throw waits for no case"
    world.engine.run_due()
    with world.engine.database.read() as connection:
        heard = select(subscription.c.id).where(
            subscription.c.kind == "condition", subscription.c.state == "waiting"
        )
        assert len(connection.execute(heard).all()) == 3
