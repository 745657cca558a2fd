"""Cases move to a version with other event subprocesses, or are changed by hand around events that they wait for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from engine.access import SYSTEM
from engine.errors import InvalidInput, InvalidState
from engine.history.consistency import check_consistency
from engine.simulation import World
from engine.spiff import Instruction
from engine.storage.tables import subscription
from tests.engine.conftest import START
from tests.engine.definition_versions import plan_to
from tests.engine.event_diagrams import NOTE, REMIND, STOP, WAITING, deploy, work


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A world without processes; what is kept must add up at the end."""
    with World.open(START, database_url=database_url, deploy=[]) as opened:
        yield opened
        for check in check_consistency(opened.engine.database, opened.engine.repository):
            assert check.passed, check.outcome


def begin(world: World, body: str, **values: bool) -> str:
    """Publish and start; gives the case."""
    deploy(world.engine, "lavoro", body)
    return world.start("lavoro", by="anna", values=values).id


def move(world: World, case: str, body: str, **elements: str) -> None:
    """Publish another version and move the case to it."""
    target = deploy(world.engine, "lavoro", body)
    world.engine.migrations.migrate(case, plan_to(target, **elements), "Versione nuova", SYSTEM)
    world.restart()


def modify(world: World, case: str, *changes: Instruction) -> None:
    """Change the case by hand."""
    world.engine.modifications.modify(case, changes, "Prova", SYSTEM)
    world.engine.run_due()
    world.restart()


def opened(world: World, case: str) -> list[str]:
    """The open tasks."""
    return sorted(one.row.name for one in world.tasks(case))


def awaited(world: World, case: str) -> list[str]:
    """What the case listens for: elements, those of timers too."""
    with world.engine.database.read() as connection:
        query = select(subscription.c.element_id).where(
            subscription.c.instance_id == case, subscription.c.state == "waiting"
        )
        found = list(connection.execute(query).scalars())
    found += [one.element_id for one in world.engine.timers.of_instance(case, SYSTEM) if one.kind == "event"]
    return sorted(found)


def told(world: World, case: str, name: str) -> None:
    """A message for the case."""
    world.engine.messages.correlate(name, "", {}, SYSTEM, instance_id=case)
    world.restart()


def test_event_subprocesses_of_a_new_version_listen_in_scopes_that_run(world: World) -> None:
    case = begin(world, work())
    move(world, case, work(outer=NOTE + REMIND, inner=STOP))
    assert awaited(world, case) == ["Ferma_inizio", "Nota_inizio", "Ricorda_inizio"]
    told(world, case, "nota")
    told(world, case, "nota")
    world.advance(days=2)
    assert opened(world, case) == ["Lavora", "Leggi", "Leggi", "Telefona"]
    told(world, case, "ferma")
    assert opened(world, case) == ["Chiudi", "Leggi", "Leggi", "Telefona"]
    for name in ("Chiudi", "Telefona"):
        world.task(name, case).complete(by="anna")
    assert awaited(world, case) == ["Nota_inizio"]
    for one in world.tasks(case):
        one.complete(by="anna")
    assert world.instance(case).state == "completed"


def test_event_subprocesses_that_a_version_leaves_out_listen_no_more(world: World) -> None:
    case = begin(world, work(outer=NOTE + REMIND, inner=STOP))
    assert len(awaited(world, case)) == 3
    move(world, case, work())
    assert awaited(world, case) == []
    world.advance(days=3)
    world.task("Lavora", case).complete(by="anna")
    assert world.instance(case).state == "completed"


def test_an_event_subprocess_that_is_open_moves_with_its_task(world: World) -> None:
    case = begin(world, work(outer=NOTE))
    told(world, case, "nota")
    before = world.task("Leggi", case).id
    move(world, case, work(outer=NOTE + REMIND, inner=STOP))
    assert world.task("Leggi", case).id == before
    assert awaited(world, case) == ["Ferma_inizio", "Nota_inizio", "Ricorda_inizio"]
    told(world, case, "nota")
    for name in ("Leggi", "Lavora"):
        for one in world.tasks(case):
            if one.row.name == name:
                one.complete(by="anna")
    assert world.instance(case).state == "completed"


def test_an_event_subprocess_that_is_open_and_left_out_keeps_the_case_where_it_is(world: World) -> None:
    case = begin(world, work(outer=NOTE))
    told(world, case, "nota")
    with pytest.raises(InvalidState, match="Nota"):
        move(world, case, work())
    assert opened(world, case) == ["Lavora", "Leggi"]
    assert world.instance(case).definition_id == "lavoro:1"


def test_where_one_has_interrupted_a_new_one_does_not_listen(world: World) -> None:
    case = begin(world, work(outer=STOP))
    told(world, case, "ferma")
    move(world, case, work(outer=STOP + NOTE))
    assert awaited(world, case) == []
    world.task("Chiudi", case).complete(by="anna")
    assert world.instance(case).state == "completed"


def test_a_change_by_hand_leaves_what_listens_and_what_it_opened(world: World) -> None:
    case = begin(world, work(outer=NOTE, inner=STOP))
    told(world, case, "nota")
    modify(world, case, Instruction("cancel", "Lavora"), Instruction("before", "Lavora"))
    assert opened(world, case) == ["Lavora", "Leggi"]
    assert awaited(world, case) == ["Ferma_inizio", "Nota_inizio"]
    modify(world, case, Instruction("cancel", "Leggi"))
    assert opened(world, case) == ["Lavora"]
    assert awaited(world, case) == ["Ferma_inizio", "Nota_inizio"]
    told(world, case, "nota")
    modify(world, case, Instruction("cancel", "Parte"))
    assert opened(world, case) == ["Leggi"]
    world.task("Leggi", case).complete(by="anna")
    assert world.instance(case).state == "completed"


def test_by_hand_a_token_goes_into_an_event_subprocess_only_while_it_is_open(world: World) -> None:
    case = begin(world, work(outer=NOTE))
    with pytest.raises(InvalidInput, match="solo il suo evento"):
        modify(world, case, Instruction("before", "Leggi"))
    with pytest.raises(InvalidInput, match="solo il suo evento"):
        modify(world, case, Instruction("before", "Nota"))
    told(world, case, "nota")
    modify(world, case, Instruction("before", "Leggi"))
    assert opened(world, case) == ["Lavora", "Leggi", "Leggi"]


def test_by_hand_around_a_signal_and_a_condition(world: World) -> None:
    case = begin(world, WAITING, pronto=False)
    modify(world, case, Instruction("cancel", "Prepara"), Instruction("before", "Via"))
    assert awaited(world, case) == ["Via"]
    modify(world, case, Instruction("cancel", "Via"), Instruction("after", "Via"))
    assert awaited(world, case) == ["Pronto"]
    modify(world, case, Instruction("cancel", "Pronto"), Instruction("before", "Via"))
    assert awaited(world, case) == ["Via"]
    assert world.engine.messages.broadcast("via", {}, SYSTEM) == 1
    world.engine.run_due()
    assert awaited(world, case) == ["Pronto"]
    modify(world, case, Instruction("set", values={"pronto": True}))
    assert opened(world, case) == ["Dopo"]


def test_a_case_that_waits_for_a_signal_or_a_condition_moves_and_still_hears(world: World) -> None:
    case = begin(world, WAITING, pronto=False)
    world.task("Prepara", case).complete(by="anna")
    move(world, case, WAITING + "<!-- 2 -->")
    assert world.engine.messages.broadcast("via", {}, SYSTEM) == 1
    world.engine.run_due()
    move(world, case, WAITING + "<!-- 3 -->")
    assert awaited(world, case) == ["Pronto"]
    modify(world, case, Instruction("set", values={"pronto": True}))
    assert opened(world, case) == ["Dopo"]
