"""Changing a running case by hand: tokens taken away and set down wherever the diagram allows, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.access import SYSTEM
from engine.access.actors import actor as make_actor
from engine.errors import Forbidden, InvalidInput, InvalidState, NotFound
from engine.history.consistency import check_consistency
from engine.simulation import World
from engine.spiff import Instruction
from tests.engine.trial_operations import Trial

FOLDER = Path(__file__).parent / "modification_diagrams"
START = datetime(2016, 3, 1, 10, tzinfo=ZoneInfo("Europe/Rome"))
ADA = make_actor("ada", "Ada", ["amministratore"])


@pytest.fixture
def trial() -> Trial:
    return Trial()


@pytest.fixture
def world(database_url: str, trial: Trial) -> Iterator[World]:
    with World.open(START, database_url=database_url, deploy=[FOLDER], operations=trial.registry()) as opened:
        yield opened
        for check in check_consistency(opened.engine.database, opened.engine.repository):
            assert check.passed, check.outcome


@pytest.fixture
def case(world: World) -> str:
    values = {"persone": ["Ada", "Bea"], "fascicolo": "F1", "conta": False}
    return world.start("lavoro", by="anna", values=values).id


def cancel(element: str, **more: Any) -> Instruction:
    return Instruction("cancel", element, **more)


def before(element: str, **more: Any) -> Instruction:
    return Instruction("before", element, **more)


def after(element: str, **more: Any) -> Instruction:
    return Instruction("after", element, **more)


def modify(world: World, case: str, *instructions: Instruction) -> None:
    world.engine_for_call().modifications.modify(case, instructions, "Prova", ADA)
    world.engine.run_due()
    world.restart()


def opened(world: World, case: str) -> list[str]:
    return sorted(task.row.name for task in world.tasks(case))


def do(world: World, case: str, *names: str) -> None:
    for name in names:
        world.task(name, case).complete(by="anna")


def test_moving_back_and_on_keeps_what_is_not_named(world: World, case: str) -> None:
    do(world, case, "Prepara", "Sinistra")
    right = world.task("Destra", case).id
    modify(world, case, before("Sollecita"))
    assert opened(world, case) == ["Destra", "Sollecita"]
    assert world.task("Destra", case).id == right
    do(world, case, "Sollecita", "Destra")
    assert opened(world, case) == ["Primo"]


def test_an_element_is_left_and_another_begun_at_once(world: World, case: str) -> None:
    modify(world, case, cancel("Prepara"), before("Primo"))
    assert opened(world, case) == ["Primo"]
    world.advance(days=29)
    assert opened(world, case) == ["Primo"], "the border of what was left is quiet"
    world.advance(days=2)
    assert world.instance(case).state == "completed", "the border of the scope opened on the way is awake"


def test_both_branches_still_meet(world: World, case: str) -> None:
    do(world, case, "Prepara")
    modify(world, case, cancel("Sinistra"), before("Sinistra"))
    do(world, case, "Destra")
    assert opened(world, case) == ["Sinistra"]
    do(world, case, "Sinistra")
    assert opened(world, case) == ["Primo"]


def test_after_an_element_is_as_if_it_had_ended(world: World, case: str) -> None:
    do(world, case, "Prepara")
    modify(world, case, cancel("Sinistra"), after("Sinistra"))
    assert opened(world, case) == ["Destra"]
    do(world, case, "Destra")
    assert opened(world, case) == ["Primo"]


def test_a_token_in_front_of_a_join_counts_for_the_missing_branch(world: World, case: str) -> None:
    do(world, case, "Prepara", "Destra")
    modify(world, case, cancel("Sinistra"), before("Unisci"))
    assert opened(world, case) == ["Primo"]


def test_after_an_activity_with_a_border(world: World, case: str) -> None:
    modify(world, case, cancel("Prepara"), after("Prepara"))
    assert opened(world, case) == ["Destra", "Sinistra"]
    world.advance(days=11)
    assert opened(world, case) == ["Destra", "Sinistra"]


def test_what_a_border_has_set_going_outlives_its_activity(world: World, case: str) -> None:
    world.advance(days=11)
    assert opened(world, case) == ["Prepara", "Sollecita"]
    modify(world, case, cancel("Prepara"))
    assert opened(world, case) == ["Sollecita"]
    do(world, case, "Sollecita")
    assert world.instance(case).state == "completed"


def test_into_a_scope_that_is_open(world: World, case: str) -> None:
    do(world, case, "Prepara", "Sinistra", "Destra", "Primo")
    assert opened(world, case) == ["Scava"]
    dig = world.task("Scava", case).id
    modify(world, case, before("Posa"))
    assert opened(world, case) == ["Posa", "Scava"]
    assert world.task("Scava", case).id == dig
    do(world, case, "Posa")
    assert opened(world, case) == ["Scava"]
    do(world, case, "Scava", "Posa")
    assert opened(world, case) == ["Apri"]


def test_into_scopes_that_are_not_open_yet(world: World, case: str) -> None:
    modify(world, case, cancel("Prepara"), before("Posa"))
    assert opened(world, case) == ["Posa"]
    do(world, case, "Posa")
    assert opened(world, case) == ["Apri"], "both scopes are left in their order"


def test_the_last_token_takes_its_scopes_with_it(world: World, case: str) -> None:
    do(world, case, "Prepara", "Sinistra", "Destra", "Primo")
    modify(world, case, cancel("Scava"), before("Prepara"))
    assert opened(world, case) == ["Prepara"]
    names = {element for _, element in world.engine.instances.active_elements(case, SYSTEM)}
    assert names == {"Prepara"}
    world.advance(days=9)
    assert opened(world, case) == ["Prepara"]


def test_within_a_called_process(world: World, case: str) -> None:
    modify(world, case, cancel("Prepara"), before("Chiudi"))
    assert opened(world, case) == ["Chiudi"]
    values = Instruction("set", process="chiamato", values={"esito": "bene"})
    modify(world, case, before("Apri"), values)
    assert opened(world, case) == ["Apri", "Chiudi"]
    modify(world, case, cancel("Apri"))
    do(world, case, "Chiudi")
    assert world.variables(case)["esito"] == "bene"
    assert opened(world, case) == ["Ognuno – Ada", "Ognuno – Bea"]
    modify(world, case, cancel("Ognuno"), before("Apri", process="chiamato"))
    assert opened(world, case) == ["Apri"]
    modify(world, case, cancel("Chiama"), before("Fine", process="lavoro"))
    assert world.instance(case).state == "completed"


def test_what_repeats_is_begun_and_left_as_a_whole(world: World, case: str) -> None:
    modify(world, case, cancel("Prepara"), before("Ognuno"))
    assert opened(world, case) == ["Ognuno – Ada", "Ognuno – Bea"]
    do(world, case, "Ognuno – Ada")
    modify(world, case, cancel("Ognuno"), before("Ognuno"))
    assert opened(world, case) == ["Ognuno – Ada", "Ognuno – Bea"]
    do(world, case, "Ognuno – Ada", "Ognuno – Bea")
    assert world.instance(case).state == "completed"


def test_variables_are_set_before_what_is_begun_runs(world: World, case: str, trial: Trial) -> None:
    modify(world, case, Instruction("set", values={"conta": True}), cancel("Prepara"), before("Scegli"))
    assert trial.calls == [case]
    assert world.instance(case).state == "completed"


def test_a_failed_step_is_passed_over(world: World, case: str, trial: Trial) -> None:
    trial.failing = InvalidState("Il servizio non risponde")
    modify(world, case, Instruction("set", values={"conta": True}), cancel("Prepara"), before("Scegli"))
    world.advance(days=1)
    assert world.instance(case).incidents == 1
    modify(world, case, cancel("Conta"), after("Conta"))
    assert world.instance(case).state == "completed"
    assert world.engine.incidents.list(SYSTEM) == ()


@pytest.mark.parametrize(
    ("instructions", "sentence"),
    [
        ([], "nessuna modifica"),
        ([before("Niente")], "non c'è nel diagramma"),
        ([before("Tardi")], "sul bordo"),
        ([before("Apri", process="altro")], "non fa parte"),
        ([cancel("Destra")], "non è attivo"),
        ([cancel("Prepara")], "non resterebbe attivo nulla"),
        ([before("Inizio")], "più processi"),
        ([after("Fine", process="lavoro")], "il percorso finisce"),
        ([after("Scegli")], "sceglie fra più strade"),
        ([Instruction("sposta", "Prepara")], "non c'è: ci sono"),
        ([Instruction("set")], "nessuna variabile"),
        ([Instruction("set", process="chiamato", values={"x": 1})], "non è aperto"),
        ([Instruction("set", values={"x": object()})], "non può tenere"),
        ([before("Destra"), cancel("Prepara"), before("Niente")], "non c'è nel diagramma"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(
    world: World, case: str, instructions: list[Instruction], sentence: str
) -> None:
    revision = world.instance(case).revision
    for call in (
        lambda: world.engine.modifications.preview(case, instructions, ADA),
        lambda: world.engine.modifications.modify(case, instructions, "Prova", ADA),
    ):
        with pytest.raises((InvalidInput, InvalidState), match=sentence):
            call()
    assert opened(world, case) == ["Prepara"]
    assert world.instance(case).revision == revision


def test_a_preview_says_where_it_would_stand_and_changes_nothing(world: World, case: str) -> None:
    do(world, case, "Prepara")
    plan = [cancel("Sinistra"), before("Posa")]
    seen = world.engine.modifications.preview(case, plan, ADA)
    assert sorted(one.element_id for one in seen.before) == ["Destra", "Sinistra"]
    assert sorted(one.element_id for one in seen.after) == ["Dentro", "Destra", "Fondo", "Posa"]
    assert opened(world, case) == ["Destra", "Sinistra"]
    world.engine.modifications.modify(case, plan, "Prova", ADA, revision=seen.revision)
    assert opened(world, case) == ["Destra", "Posa"]
    with pytest.raises(InvalidState, match="andata avanti"):
        world.engine.modifications.modify(case, plan, "Prova", ADA, revision=seen.revision)


def test_it_needs_the_permission_the_reason_and_a_case_that_runs(world: World, case: str) -> None:
    service = world.engine.modifications
    plan = [cancel("Prepara"), before("Destra")]
    for wrong in (world.actor("anna"), make_actor("eva", "Eva", ["amministratore"], "altrove")):
        with pytest.raises(Forbidden, match=r"case\.modify"):
            service.modify(case, plan, "Prova", wrong)
        with pytest.raises(Forbidden, match=r"case\.modify"):
            service.preview(case, plan, wrong)
    with pytest.raises(InvalidInput, match="motivo"):
        service.modify(case, plan, " ", ADA)
    with pytest.raises(NotFound):
        service.preview("niente", plan, ADA)
    world.suspend("Pausa", by="carla")
    with pytest.raises(InvalidState, match="sospesa"):
        service.modify(case, plan, "Prova", ADA)


def test_the_log_says_who_why_and_what(world: World, case: str) -> None:
    modify(world, case, cancel("Prepara"), before("Destra"), Instruction("set", values={"segreto": "x"}))
    log = world.engine.history.timeline(case, SYSTEM).items
    (line,) = [event for event in log if event.kind == "instance.modified"]
    assert (line.actor_id, line.data["reason"]) == ("ada", "Prova")
    assert (line.data["before"], line.data["after"]) == (["Prepara"], ["Destra"])
    assert line.data["instructions"][2] == {"kind": "set", "variables": ["segreto"]}
    assert "task.cancelled" in {event.kind for event in log}
