"""Signals and messages between cases: who hears them, once, each in a step of its own; what they start."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from engine.access import SYSTEM
from engine.errors import Forbidden
from engine.simulation import World
from engine.storage.tables import instance, outbox

Start = Callable[..., str]


def open_tasks(world: World, case: str) -> list[str]:
    """The names of the open tasks."""
    return sorted(task.row.name for task in world.tasks(case))


def cases_of(world: World, key: str) -> list[str]:
    """The cases of a process, the oldest first."""
    with world.engine.database.read() as connection:
        query = select(instance.c.id).where(instance.c.definition_key == key).order_by(instance.c.number)
        return list(connection.execute(query).scalars())


def test_a_signal_reaches_every_case_that_waits_and_starts_what_it_starts(world: World, start: Start) -> None:
    hearing = [start("in_ascolto") for _ in range(3)]
    suspended = start("in_ascolto")
    world.suspend("Pausa", by="carla", instance_id=suspended)
    start("allarme")
    for case in hearing:
        assert open_tasks(world, case) == ["Lavora", "Scappa"]
        assert world.variables(case)["motivo"] == "fuoco"
    world.resume(by="carla", instance_id=suspended)
    assert open_tasks(world, suspended) == ["Lavora"]
    (begun,) = cases_of(world, "pronto_intervento")
    assert open_tasks(world, begun) == ["Interviene"]
    assert world.instance(begun).scope == world.scope


def test_each_throw_is_heard_again_and_each_delivery_only_once(world: World, start: Start) -> None:
    case = start("in_ascolto")
    start("allarme")
    with (
        world.engine.database.begin() as work
    ):  # as if the deliverer had died before it could say «delivered»
        again = work.connection.execute(
            update(outbox).where(outbox.c.kind == "event.delivery").values(state="waiting")
        )
        assert again.rowcount
    world.engine.run_due()
    assert open_tasks(world, case) == ["Lavora", "Scappa"]
    start("allarme")
    assert open_tasks(world, case) == ["Lavora", "Scappa", "Scappa"]


def test_a_person_broadcasts_only_where_allowed(world: World, start: Start) -> None:
    case = start("in_ascolto")
    with pytest.raises(Forbidden):
        world.signal("allarme", by="bruno")
    assert world.signal("allarme", by="carla") == 1
    assert open_tasks(world, case) == ["Lavora", "Scappa"]
    assert cases_of(world, "pronto_intervento") == []
    assert "segnale «allarme»" not in " ".join(world.engine.history.waiting_reasons(case, SYSTEM))


def test_a_message_of_a_case_starts_the_process_that_waits_for_it_exactly_once(
    world: World, start: Start
) -> None:
    start("richiede", chi="x")
    (begun,) = cases_of(world, "pronto_intervento")
    assert open_tasks(world, begun) == ["Legge"]
    assert world.variables(begun)["testo"] == "aiuto"


def test_a_message_that_nobody_awaits_becomes_an_incident_and_the_case_goes_on(
    world: World, start: Start
) -> None:
    case = start("grida_a_vuoto")
    assert open_tasks(world, case) == ["Poi"]
    world.advance(days=3)
    (found,) = world.engine.incidents.list(SYSTEM)
    assert "nessuno lo attende" in found.sentence
    assert world.instance(case).incidents == 1
    world.task("Poi", case).complete(by="anna")
    assert world.instance(case).state == "completed"
