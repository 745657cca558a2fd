"""Paid ≤ committed ≤ 2.000,00 € for each person, whatever people do to the case and however many do it at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.access import SYSTEM
from engine.errors import Forbidden, InvalidInput, InvalidState
from engine.simulation import World
from tests.acceptance.budget_invariants import assert_budget_holds, money
from tests.acceptance.stages import (
    MEETING,
    PROJECT,
    SIGNATURE,
    SPENDING,
    another_engine,
    at,
)
from tests.concurrency import together

CORRECT_PLAN = "Correggi il piano di spesa"
CORRECT_EXPENSE = "Correggi la spesa"
BUS = {"tipo_spesa": "pagamento", "categoria": "mobilita", "fornitore": "Trasporti Prova", "importo": 500,
       "giustificativo": "Ricevuta 1"}  # fmt: skip


def plan_of(*amounts: Any) -> dict[str, Any]:
    return {"voci_budget": [{"categoria": "formazione", "importo": amount} for amount in amounts]}


def test_a_plan_over_the_cap_does_not_pass_by_a_cent(project: World) -> None:
    project.task("Progetto e budget").complete(by="dario", values={**PROJECT, **plan_of(1350, 500, 300)})
    project.task(CORRECT_PLAN).complete(by="dario", values=plan_of(1200.01, 500, 300))
    assert money(project) == (0, 0, 0)
    project.task(CORRECT_PLAN).complete(by="dario", values=plan_of(*["0.01", "1999.99"], "0.01"))
    project.task(CORRECT_PLAN).complete(by="dario", values=plan_of(1200, 500, 300))
    assert [task.row.name for task in project.tasks()] == ["Nomina di case manager e tutor"]
    assert money(project) == (2000, 0, 0)
    assert_budget_holds(project)


def test_amounts_that_would_cheat_are_refused_with_a_sentence(project: World) -> None:
    for amounts in ((2100, -100), (1999.999,), (0,), ("NaN",), (1e30,), ("2.000,00x",)):
        with pytest.raises(InvalidInput) as refused:
            project.task("Progetto e budget").complete(by="dario", values={**PROJECT, **plan_of(*amounts)})
        assert any(name.startswith("voci_budget") for name in refused.value.fields), amounts
    assert [task.row.name for task in project.tasks()] == ["Progetto e budget"]


def test_no_administrator_lifts_the_cap(project: World) -> None:
    rita = project.actor("rita")
    for value in (5000, "2000.01"):
        with pytest.raises(InvalidInput):
            project.engine.parameters.set("patto_autonomia", "tetto_budget", "", value, "una prova", rita)
    project.engine.parameters.set("patto_autonomia", "tetto_budget", "", 1500, "fondi ridotti", rita)


def test_two_presses_of_one_payment_pay_once(active: World) -> None:
    task, fabio = active.task(SPENDING), active.actor("fabio")
    other = another_engine(active)
    try:
        outcomes = together(
            lambda: active.engine.tasks.complete(task.id, BUS, fabio),
            lambda: other.tasks.complete(task.id, BUS, fabio),
            lambda: other.tasks.complete(task.id, {**BUS, "giustificativo": "Ricevuta 2"}, fabio),
        )
    finally:
        other.close()
    assert sum(isinstance(one, InvalidState) for one in outcomes) == 2
    assert money(active) == (2000, 2000, 500)
    assert_budget_holds(active)


def test_two_patti_of_one_person_signed_at_once_share_one_cap(two_signatures: World) -> None:
    world = two_signatures
    first, second = world.instance_ids
    tasks = [world.tasks(case)[0] for case in world.instance_ids]
    assert [task.row.name for task in tasks] == ["Firma del patto – Tea Finti"] * 2
    elena, other = world.actor("elena"), another_engine(world)
    world.advance_to(at(2, 24))
    try:
        together(
            lambda: world.engine.tasks.complete(tasks[0].id, SIGNATURE, elena),
            lambda: other.tasks.complete(tasks[1].id, SIGNATURE, elena),
        )
    finally:
        other.close()
    world.engine.run_due()
    assert sorted(money(world, case)[1] for case in (first, second)) == [0, 2000]
    assert sorted(world.instance(case).phase for case in (first, second)) == ["in_analisi", "sottoscritto"]
    assert not world.engine.incidents.list(SYSTEM)
    assert_budget_holds(world)


WRONG: tuple[tuple[dict[str, Any], str], ...] = (
    ({"giustificativo": ""}, "GIUSTIFICATIVO_MANCANTE"),
    ({"giustificativo": "   "}, "GIUSTIFICATIVO_MANCANTE"),
    ({"importo": "500.01"}, "IMPEGNO_INSUFFICIENTE"),
    ({"fornitore": "Nido Fantasia"}, "IMPEGNO_INSUFFICIENTE"),
    ({"tipo_spesa": "nuova_voce", "importo": "0.01"}, "BUDGET_SUPERATO"),
)


def test_what_may_not_be_paid_comes_back_to_the_tutor(active: World) -> None:
    name = SPENDING
    for change, code in WRONG:
        active.task(name).complete(by="fabio", values={**BUS, **change})
        assert active.variables()["errore_codice"] == code
        name = CORRECT_EXPENSE
        assert active.task(name).row.assignee == "fabio"
        assert money(active) == (2000, 2000, 0)
    active.task(name).complete(by="fabio", values=BUS)
    assert money(active) == (2000, 2000, 500)


def test_nothing_is_paid_while_the_engine_holds_the_case_still(active: World) -> None:
    task = active.task(SPENDING)
    active.suspend("la persona è in ospedale", by="anna")
    with pytest.raises(InvalidState):
        task.complete(by="fabio", values=BUS)
    assert money(active) == (2000, 2000, 0)
    active.resume(by="anna")
    active.task(SPENDING).complete(by="fabio", values=BUS)
    assert money(active) == (2000, 2000, 500)


def test_nothing_is_committed_or_paid_while_the_patto_is_suspended(active: World) -> None:
    suspend_in_meeting(active)
    assert active.instance().phase == "sospeso"
    active.task(SPENDING).complete(by="fabio", values=BUS)
    assert active.variables()["errore_codice"] == "BUDGET_SOSPESO"
    active.task(CORRECT_EXPENSE).complete(
        by="fabio", values={**BUS, "tipo_spesa": "nuova_voce", "importo": 1}
    )
    assert active.variables()["errore_codice"] == "BUDGET_SOSPESO"
    assert money(active) == (2000, 2000, 0)
    assert_budget_holds(active)


def test_a_payment_against_a_suspension_at_the_same_moment(active: World) -> None:
    """Whichever comes first, no payment stands after the moment the spending was frozen."""
    active.advance_to(at(3, 14, 9))
    meeting, expense, fabio = active.task(MEETING), active.task(SPENDING), active.actor("fabio")
    other = another_engine(active)
    try:
        together(
            lambda: active.engine.tasks.complete(meeting.id, _suspending(), fabio),
            lambda: other.tasks.complete(expense.id, BUS, fabio),
        )
    finally:
        other.close()
    paid = money(active)[2]
    refused = active.variables().get("errore_codice") == "BUDGET_SOSPESO"
    assert (paid, refused) in ((Decimal(500), False), (Decimal(0), True))
    assert active.instance().phase == "sospeso"
    assert_budget_holds(active)


def test_a_reopened_case_has_the_residual_only(active: World) -> None:
    active.task(SPENDING).complete(by="fabio", values=BUS)
    suspend_in_meeting(active)
    active.task("Decisione sul patto sospeso").complete(
        by="carla", decisione_sospensione="abbandona", motivo_chiusura="Non risponde più da mesi"
    )
    letter = {"testo_lettera": "Il patto si chiude, come detto insieme.", "lettera_confermata_da": "Anna Prova",
              "conferma_invio": True}  # fmt: skip
    active.task("Scrivi e conferma la lettera").complete(by="anna", values=letter)
    assert active.instance().phase == "abbandonato"
    assert money(active)[1:] == (500, 500)
    with pytest.raises(Forbidden):
        active.reopen("È tornata", by="fabio")
    again = active.reopen("È tornata", by="anna")
    with pytest.raises(InvalidState):
        active.reopen("È tornata due volte", by="anna", instance_id=active.instance_ids[0])
    project = {**PROJECT, "data_inizio": "2016-04-01"}
    active.task("Progetto e budget").complete(by="dario", values={**project, **plan_of("1500.01")})
    active.task(CORRECT_PLAN).complete(by="dario", values=plan_of(1500))
    assert money(active, again.id) == (1500, 0, 0)
    assert_budget_holds(active)


def suspend_in_meeting(world: World) -> None:
    """To 14/3, where the meeting decides to suspend."""
    world.advance_to(at(3, 14, 9))
    world.task(MEETING).complete(by="fabio", values=_suspending())


def _suspending() -> dict[str, Any]:
    return {"data_incontro": "2016-03-14", "presente": "si", "seguito": "sospendi"}
