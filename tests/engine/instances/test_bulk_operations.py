"""Operations over many cases, definitions that stand still, and incidents by the group: what administrators do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.access import SYSTEM
from engine.access.actors import actor as make_actor
from engine.errors import Forbidden, InvalidInput, InvalidState, NotFound
from engine.incidents import IncidentFilter
from engine.instances.batches import BatchView
from engine.instances.selection import Selection
from engine.simulation import World
from engine.spiff import Instruction
from tests.concurrency import refusals
from tests.engine.trial_operations import Trial

Start = Callable[..., str]
ADA = make_actor("ada", "Ada", ["amministratore"])


def order(
    world: World, kind: str, targets: Selection | list[str], /, **payload: Any
) -> tuple[BatchView, list[str]]:
    """Order and do; gives the operation and the outcomes in the order of the cases."""
    batch = world.engine.batches.create(kind, payload, targets, ADA, "Prova")
    world.engine.run_due()
    outcomes = [item.outcome for item in world.engine.batches.items(batch, ADA).items]
    return world.engine.batches.get(batch, ADA), outcomes


def stop(world: World, start: Start, trial: Trial) -> str:
    """A case whose operation fails until it is given up."""
    trial.failing = RuntimeError("Il servizio non risponde")
    case = start("fragile")
    world.task("Prepara", case).complete(by="anna")
    world.advance(days=1)
    assert world.instance(case).incidents == 1
    return case


def test_many_are_suspended_resumed_and_cancelled(world: World, start: Start) -> None:
    cases = [start("sollecito") for _ in range(3)]
    world.suspend("Già ferma", by="carla", instance_id=cases[1])
    done, outcomes = order(world, "suspend", cases)
    assert outcomes == ["Sospesa", "La pratica n. 2 non è in corso", "Sospesa"]
    assert done.counts["skipped"] == 1
    assert {world.instance(case).state for case in cases} == {"suspended"}
    order(world, "resume", Selection(key="sollecito", states=("suspended",)))
    assert {world.instance(case).state for case in cases} == {"active"}
    order(world, "cancel", Selection(key="sollecito"))
    assert {world.instance(case).state for case in cases} == {"cancelled"}
    log = world.engine.history.timeline(cases[0], SYSTEM).items
    reasons = [(e.actor_id, e.data["reason"]) for e in log if e.kind == "instance.cancel_reason"]
    assert reasons == [("ada", "Prova")]


def test_variables_and_places_of_many(world: World, start: Start) -> None:
    cases = [start("fragile") for _ in range(2)]
    order(world, "variables", cases, values={"nota": "x"})
    assert [world.variables(case)["nota"] for case in cases] == ["x", "x"]
    world.task("Prepara", cases[0]).complete(by="anna")
    plan = [Instruction("cancel", "Prepara"), Instruction("before", "Prepara")]
    done, outcomes = order(world, "modify", cases, instructions=[one.as_values() for one in plan])
    assert done.counts["done"] == 1
    assert done.counts["failed"] == 1
    assert outcomes[1] == "Ora attivi: Prepara"


def test_incidents_are_grouped_paged_and_retried_together(world: World, start: Start, trial: Trial) -> None:
    cases = [stop(world, start, trial) for _ in range(3)]
    (group,) = world.engine.incidents.groups(ADA, IncidentFilter())
    assert (group.definition_key, group.kind, group.count) == ("fragile", "operation", 3)
    first, more = world.engine.incidents.page(ADA, IncidentFilter(), limit=2)
    rest, end = world.engine.incidents.page(ADA, IncidentFilter(), after=more or "", limit=2)
    assert [one.instance_id for one in (*first, *rest)] == cases
    assert end is None
    assert world.engine.incidents.groups(ADA, IncidentFilter(kind="timer")) == ()
    assert world.engine.incidents.groups(ADA, IncidentFilter(definition="fragile", version=2)) == ()
    _, outcomes = order(
        world, "retry", Selection(incident_kind="operation"), kind="operation", element=group.element_id
    )
    assert outcomes == ["Ritentati: 1; ancora fermi: 1"] * 3
    trial.failing = None
    _, outcomes = order(world, "retry", Selection(incident_element=group.element_id))
    assert outcomes == ["Ritentati: 1"] * 3
    assert world.engine.incidents.groups(ADA, IncidentFilter()) == ()
    done, outcomes = order(world, "retry", cases)
    assert outcomes == ["Nessun incidente aperto"] * 3
    assert done.counts["skipped"] == 3


def test_an_incident_is_closed_and_its_step_left_or_passed(world: World, start: Start, trial: Trial) -> None:
    left, passed = stop(world, start, trial), stop(world, start, trial)
    incidents = {one.instance_id: one.id for one in world.engine.incidents.list(ADA)}
    calls = len(trial.calls)
    with pytest.raises(InvalidInput, match="motivo"):
        world.engine.incidents.resolve(incidents[left], " ", ADA)
    world.engine.incidents.resolve(incidents[left], "Fatto per telefono", ADA)
    world.engine.incidents.resolve(incidents[passed], "Fatto per telefono", ADA, skip_step=True)
    world.advance(days=10)
    assert len(trial.calls) == calls, "nobody tries again"
    assert world.engine.incidents.list(ADA) == ()
    assert world.instance(left).state == "active"
    standing = {element for _, element in world.engine.instances.active_elements(passed, SYSTEM)}
    assert not standing & {element for _, element in world.engine.instances.active_elements(left, SYSTEM)}
    resolved = world.engine.incidents.list(ADA, state="resolved")
    assert {one.reason for one in resolved} == {"Fatto per telefono"}


def test_two_administrators_on_one_button(world: World, start: Start, trial: Trial) -> None:
    case = stop(world, start, trial)
    trial.failing = None
    (found,) = world.engine.incidents.list(ADA)
    calls = len(trial.calls)
    (refused,) = refusals(*[lambda: world.engine.incidents.retry(found.id, ADA)] * 2)
    assert isinstance(refused, InvalidState)
    assert len(trial.calls) == calls + 1
    assert world.instance(case).incidents == 0


def test_a_suspended_process_starts_nothing(world: World, start: Start) -> None:
    running = start("sollecito")
    stops = world.engine.definition_suspension
    assert stops.suspend("sollecito", "Errore nel diagramma", ADA) is None
    with pytest.raises(InvalidState, match="è sospeso"):
        start("sollecito")
    assert "sollecito" not in {d.key for d in world.engine.repository.startable(world.actor("anna"))}
    world.task("Lavora", running).complete(by="anna")
    with pytest.raises(InvalidState, match="sospeso"):
        world.reopen("Prova", by="carla", instance_id=running)
    with pytest.raises(InvalidState, match="già sospeso"):
        stops.suspend("sollecito", "Di nuovo", ADA)
    world.restart()
    world.engine.definition_suspension.resume("sollecito", ADA)
    start("sollecito")
    with pytest.raises(InvalidState, match="non è sospeso"):
        world.engine.definition_suspension.resume("sollecito", ADA)


def test_its_cases_stand_still_with_it_and_only_those_go_on(world: World, start: Start) -> None:
    cases = [start("sollecito") for _ in range(3)]
    other = start("fragile")
    world.suspend("Per conto suo", by="carla", instance_id=cases[0])
    batch = world.engine.definition_suspension.suspend(
        "sollecito", "Errore", ADA, version=1, include_instances=True
    )
    assert batch
    world.engine.run_due()
    assert {world.instance(case).state for case in cases} == {"suspended"}
    assert world.instance(other).state == "active"
    world.engine.definition_suspension.resume("sollecito", ADA, version=1, include_instances=True)
    world.engine.run_due()
    assert [world.instance(case).state for case in cases] == ["suspended", "active", "active"]


def test_a_suspension_is_permitted_reasoned_and_of_something(world: World, start: Start) -> None:
    start("sollecito")
    stops = world.engine.definition_suspension
    with pytest.raises(Forbidden, match=r"definition\.deploy"):
        stops.suspend("sollecito", "Prova", world.actor("anna"))
    with pytest.raises(Forbidden, match=r"definition\.deploy"):
        stops.resume("sollecito", world.actor("anna"))
    with pytest.raises(InvalidInput, match="motivo"):
        stops.suspend("sollecito", "", ADA)
    with pytest.raises(NotFound, match="versione 9"):
        stops.suspend("sollecito", "Prova", ADA, version=9)


@pytest.mark.parametrize("kind", ["suspend", "resume", "cancel", "variables", "modify", "retry"])
def test_who_does_not_administer_orders_nothing_over_many(world: World, start: Start, kind: str) -> None:
    case = start("sollecito")
    for username in ("anna", "carla"):
        with pytest.raises(Forbidden, match=r"case\.batch"):
            world.engine.batches.create(kind, {}, [case], world.actor(username), "Prova")
        with pytest.raises(Forbidden, match=r"case\.batch"):
            world.engine.batches.preview(kind, Selection(), world.actor(username))


def test_incidents_are_for_those_who_manage_them(world: World, start: Start, trial: Trial) -> None:
    stop(world, start, trial)
    elsewhere = make_actor("eva", "Eva", ["amministratore"], "altrove")
    (found,) = world.engine.incidents.list(ADA)
    assert world.engine.incidents.list(elsewhere) == ()
    assert world.engine.incidents.groups(elsewhere, IncidentFilter()) == ()
    for wrong in (elsewhere, world.actor("anna")):
        with pytest.raises(Forbidden):
            world.engine.incidents.retry(found.id, wrong)
        with pytest.raises(Forbidden):
            world.engine.incidents.resolve(found.id, "Prova", wrong)
    with pytest.raises(Forbidden):
        world.engine.incidents.groups(world.actor("anna"), IncidentFilter())
