"""Repeated activities: together, one after the other, ended early; what each run wrote comes back in order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.access import SYSTEM
from engine.simulation import World

Start = Callable[..., str]
SIGNERS = ["Ada", "Bea", "Cleo"]


def names(world: World, case: str) -> list[str]:
    """The open tasks."""
    return sorted(task.row.name for task in world.tasks(case))


def sign(world: World, case: str, who: str, outcome: str = "firma") -> None:
    """Complete the parallel task of one signer."""
    world.task(f"Firma – {who}", case).complete(by="anna", esito=outcome, nota=who.lower())


def test_results_come_back_in_the_order_of_the_items(world: World, start: Start) -> None:
    case = start("firme", firmatari=SIGNERS)
    assert names(world, case) == ["Firma – Ada", "Firma – Bea", "Firma – Cleo"]
    for who in ("Cleo", "Ada", "Bea"):
        sign(world, case, who)
    gathered = world.engine.instances.variables(case, SYSTEM)["firme"]
    assert [entry["nota"] for entry in gathered] == ["ada", "bea", "cleo"]
    assert [entry["firmatario"] for entry in gathered] == SIGNERS


def test_what_one_run_writes_the_others_do_not_see(world: World, start: Start) -> None:
    case = start("firme", firmatari=SIGNERS)
    sign(world, case, "Bea")
    seen = world.engine.inbox.task(world.task("Firma – Ada", case).id, SYSTEM).variables
    assert "nota" not in seen
    assert seen["firmatario"] == "Ada"


def test_a_completion_condition_ends_the_runs_that_are_left(world: World, start: Start) -> None:
    case = start("firme", firmatari=SIGNERS)
    left = world.task("Firma – Cleo", case)
    sign(world, case, "Ada", "rifiuta")
    assert names(world, case) == ["Conferma – Ada"]
    assert world.engine.inbox.task(left.id, SYSTEM).row.state == "cancelled"


def test_one_after_the_other(world: World, start: Start) -> None:
    case = start("firme", firmatari=SIGNERS)
    for who in SIGNERS:
        sign(world, case, who)
    for who in SIGNERS:
        assert names(world, case) == [f"Conferma – {who}"]
        world.task("Conferma", case).complete(by="anna", nota=f"sì {who}")
    confirmed = world.engine.instances.variables(case, SYSTEM)["conferme"]
    assert [entry["nota"] for entry in confirmed] == ["sì Ada", "sì Bea", "sì Cleo"]


def test_a_number_of_times(world: World, start: Start) -> None:
    case = start("firme", firmatari=[])
    for _ in range(2):
        assert len(names(world, case)) == 1
        world.tasks(case)[0].complete(by="anna")
    assert world.instance(case).state == "completed"


def test_items_are_taken_when_the_activity_begins(world: World, start: Start) -> None:
    case = start("firme", firmatari=["Ada", "Ada"])
    assert len(names(world, case)) == 2
    for number in (1, 1):
        world.task("Firma – Ada", case, which=number).complete(by="anna", esito="firma")
    assert names(world, case) == ["Conferma – Ada"]


@pytest.mark.parametrize("value", ["Ada", 3, {"nome": "Ada"}])
def test_a_collection_that_is_no_list_is_an_incident(world: World, start: Start, value: object) -> None:
    start("firme", firmatari=value)
    (found,) = world.engine.incidents.list(SYSTEM)
    assert "non è un elenco" in found.sentence
