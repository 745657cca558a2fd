"""Running cases move to another version of their definition: what was open stays as it was, what is new is met."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.access import SYSTEM
from engine.errors import Forbidden, InvalidInput, InvalidState
from engine.instances.migration import MigrationPlan
from engine.simulation import World
from engine.storage.tables import task, timer
from engine.temporal import in_rome
from tests.engine.conftest import DIAGRAMS
from tests.engine.definition_versions import plan_to, redeploy
from tests.engine.trial_operations import Trial

Start = Callable[..., str]
TIMER = '<timerEventDefinition id="{0}"><timeDuration>{1}</timeDuration></timerEventDefinition>'


def move(world: World, case: str, target: str, **elements: str) -> None:
    """Move one case to a version, as an analyst would."""
    world.engine_for_call().migrations.migrate(case, plan_to(target, **elements), "Versione nuova", SYSTEM)


def names(world: World, case: str) -> list[str]:
    """The open tasks."""
    return sorted(one.row.name for one in world.tasks(case))


def due(world: World, case: str) -> dict[str, str]:
    """The timers of the diagram that wait: element → day and hour in Rome."""
    found = world.engine.timers.of_instance(case, SYSTEM)
    return {
        one.element_id: f"{in_rome(one.due_at):%d %H:%M}"
        for one in found
        if one.due_at and one.kind == "event"
    }


def rows(world: World, table: Any, case: str) -> list[Mapping[str, Any]]:
    """The rows of a case in a table."""
    with world.engine.database.read() as connection:
        found = connection.execute(select(table).where(table.c.instance_id == case).order_by(table.c.id))
        return [dict(row._mapping) for row in found]


# -- what is open stays ------------------------------------------------------------------------------------------------


def test_a_renamed_task_keeps_its_row_holder_draft_and_due_date(world: World, start: Start) -> None:
    case = start("sollecito")
    opened = world.task("Lavora", case)
    opened.claim(by="anna")
    world.engine.tasks.save_draft(opened.id, {"nota": "a metà"}, world.actor("anna"))
    world.advance(minutes=90)
    before = world.task("Lavora", case).row, due(world, case)
    target = redeploy(
        world.engine,
        DIAGRAMS / "sollecito.bpmn",
        ('"Lavora"', '"Lavora_bene"'),
        ('name="Lavora_bene"', 'name="Fai"'),
    )
    preview = world.engine.migrations.preview(plan_to(target), SYSTEM)
    assert [(g.outcome, g.count, g.examples) for g in preview.groups] == [("needs_mapping", 1, (1,))]
    with pytest.raises(InvalidState, match="indica quale elemento ne prende il posto"):
        move(world, case, target)
    move(world, case, target, Lavora="Lavora_bene")
    moved = world.task("Fai", case)
    assert (moved.id, moved.row.assignee, moved.row.due_at) == (opened.id, "anna", before[0].due_at)
    assert world.engine.tasks.draft(opened.id, world.actor("anna")) == {"nota": "a metà"}
    assert due(world, case) == before[1]
    world.advance(minutes=31)
    moved.complete(by="anna")
    assert world.instance(case).state == "completed"
    passed = [
        e.element_id for e in world.engine.history.timeline(case, SYSTEM).items if e.kind == "timer.fired"
    ]
    assert passed == ["Ogni_ora", "Ogni_ora"]


def test_a_step_put_behind_the_open_task_is_not_skipped(world: World, start: Start) -> None:
    case = start("fragile")
    world.task("Prepara", case)
    target = redeploy(
        world.engine,
        DIAGRAMS / "fragile.bpmn",
        (
            '<sequenceFlow id="f0" sourceRef="Prepara" targetRef="Chiama"/>',
            '<sequenceFlow id="f0" sourceRef="Prepara" targetRef="Rileggi"/>'
            '<userTask id="Rileggi" name="Rileggi" c:candidateGroups="assistente_sociale"/>'
            '<sequenceFlow id="f22" sourceRef="Rileggi" targetRef="Chiama"/>',
        ),
    )
    move(world, case, target)
    world.task("Prepara", case).complete(by="anna")
    assert names(world, case) == ["Rileggi"]


def test_boundary_events_come_and_go_with_the_version(world: World, start: Start, trial: Trial) -> None:
    case = start("sollecito")
    world.advance(minutes=90)
    without = redeploy(
        world.engine,
        DIAGRAMS / "sollecito.bpmn",
        (
            '<boundaryEvent id="Scade" name="Tempo scaduto" attachedToRef="Lavora">'
            "\n  " + TIMER.format("t2", "PT10H") + "</boundaryEvent>",
            '<boundaryEvent id="Scade_2" name="Altro termine" attachedToRef="Lavora">'
            + TIMER.format("t2", "PT5H")
            + "</boundaryEvent>",
        ),
        ('sourceRef="Scade"', 'sourceRef="Scade_2"'),
    )
    move(world, case, without)
    assert due(world, case) == {
        "Ogni_ora": "01 12:00",
        "Scade_2": "01 16:30",
    }
    world.advance(hours=6)
    assert names(world, case) == ["Recupera"]
    assert len(trial.calls) == 6


def test_the_first_and_the_last_boundary_event_of_a_task(world: World, start: Start) -> None:
    case = start("fragile")
    one = '<userTask id="Prepara" name="Prepara"'
    added = redeploy(
        world.engine,
        DIAGRAMS / "fragile.bpmn",
        (
            one,
            '<boundaryEvent id="Tardi" name="Tardi" attachedToRef="Prepara">'
            + TIMER.format("t9", "PT1H")
            + '</boundaryEvent><sequenceFlow id="f9" sourceRef="Tardi" targetRef="Dopo"/>'
            + one,
        ),
    )
    move(world, case, added)
    assert due(world, case) == {"Tardi": "01 11:00"}
    back = MigrationPlan((added,), "fragile:1")
    world.engine.migrations.migrate(case, back, "Torna com'era", SYSTEM)
    assert due(world, case) == {}
    world.engine.migrations.migrate(case, MigrationPlan(("fragile:1",), added), "Di nuovo", SYSTEM)
    world.advance(hours=2)
    assert names(world, case) == ["Dopo"]


def test_a_boundary_event_that_has_fired_is_not_armed_again(world: World, start: Start) -> None:
    case = start("sollecito")
    once = redeploy(
        world.engine,
        DIAGRAMS / "sollecito.bpmn",
        ("<timeCycle>R/PT1H</timeCycle>", "<timeDuration>PT1H</timeDuration>"),
    )
    world.engine.migrations.migrate(case, plan_to(once), "Una volta sola", SYSTEM)
    world.advance(hours=2)
    assert "Ogni_ora" not in due(world, case)
    again = redeploy(
        world.engine,
        DIAGRAMS / "sollecito.bpmn",
        ("<timeCycle>R/PT1H</timeCycle>", "<timeDuration>PT1H</timeDuration>"),
        mark="uguale",
    )
    world.engine.migrations.migrate(case, plan_to(again), "Uguale", SYSTEM)
    assert "Ogni_ora" not in due(world, case)


# -- timers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suspended", [False, True])
def test_a_changed_span_counts_from_when_the_wait_began(world: World, start: Start, suspended: bool) -> None:
    case = start("sollecito")
    world.advance(hours=2)
    world.suspend("pausa", by="anna", instance_id=case)
    world.advance(hours=24)
    world.resume(by="anna", instance_id=case)
    assert due(world, case)["Scade"] == "02 20:00"
    target = redeploy(world.engine, DIAGRAMS / "sollecito.bpmn", ("PT10H", "PT12H"))
    codes = [finding.code for finding in world.engine.migrations.validate(plan_to(target), SYSTEM)]
    assert codes == ["MIGRATION_TIMER_CHANGED"]
    if suspended:
        world.suspend("pausa", by="anna", instance_id=case)
        move(world, case, target)
        assert due(world, case) == {}
        world.advance(hours=24)
        world.resume(by="anna", instance_id=case)
    else:
        move(world, case, target)
    assert due(world, case)["Scade"] == ("03 22:00" if suspended else "02 22:00")


def test_the_alternatives_of_an_event_gateway_keep_their_moments(world: World, start: Start) -> None:
    case = start("bivio", primo="PT20H", secondo="PT30H")
    world.advance(hours=1)
    first = '<sequenceFlow id="f2" sourceRef="Attendi" targetRef="Un_giorno"/>'
    target = redeploy(
        world.engine,
        DIAGRAMS / "bivio.bpmn",
        (first, ""),
        (
            '<sequenceFlow id="f4" sourceRef="Attendi" targetRef="Risposta"/>',
            '<sequenceFlow id="f4" sourceRef="Attendi" targetRef="Risposta"/>'
            '<sequenceFlow id="f44" sourceRef="Attendi" targetRef="Tre"/>'
            '<intermediateCatchEvent id="Tre" name="Terzo">'
            + TIMER.format("t3", "PT40H")
            + "</intermediateCatchEvent>"
            '<sequenceFlow id="f45" sourceRef="Tre" targetRef="Dopo_uno"/>',
        ),
        ('<sequenceFlow id="f5" sourceRef="Un_giorno" targetRef="Dopo_uno"/>', ""),
        (
            '<intermediateCatchEvent id="Un_giorno" name="Primo termine"><timerEventDefinition id="t1">'
            "<timeDuration>=duration(primo)</timeDuration></timerEventDefinition></intermediateCatchEvent>",
            "",
        ),
    )
    move(world, case, target)
    assert due(world, case) == {"Due_giorni": "02 16:00", "Tre": "03 03:00"}
    world.advance(hours=30)
    assert names(world, case) == ["Dopo il secondo"]


# -- repetitions, called processes, joins ------------------------------------------------------------------------------


def test_the_runs_of_a_repeated_task_stay_with_their_items_and_results(world: World, start: Start) -> None:
    case = start("firme", firmatari=["Ada", "Bea", "Cleo"])
    world.task("Firma – Cleo", case).complete(by="anna", esito="firma", nota="cleo")
    target = redeploy(
        world.engine, DIAGRAMS / "firme.bpmn", ('"Insieme"', '"Tutti"'), ('name="Firma"', 'name="Sigla"')
    )
    move(world, case, target, Insieme="Tutti")
    assert names(world, case) == ["Sigla – Ada", "Sigla – Bea"]
    for who in ("Bea", "Ada"):
        world.task(f"Sigla – {who}", case).complete(by="anna", esito="firma", nota=who.lower())
    gathered = world.engine.instances.variables(case, SYSTEM)["firme"]
    assert [entry["nota"] for entry in gathered] == ["ada", "bea", "cleo"]
    world.task("Conferma – Ada", case).complete(by="anna", nota="sì")
    move_on = redeploy(world.engine, DIAGRAMS / "firme.bpmn", mark="terza")
    world.engine.migrations.migrate(
        case, MigrationPlan((target,), move_on, {"Tutti": "Insieme"}), "Di nuovo", SYSTEM
    )
    for who in ("Bea", "Cleo"):
        world.task(f"Conferma – {who}", case).complete(by="anna", nota="sì")
    for _ in range(2):
        world.task("Visita", case).complete(by="anna")
    assert world.instance(case).state == "completed"


def test_a_case_inside_a_repeated_subprocess_moves(world: World, start: Start) -> None:
    case = start("firme", firmatari=[])
    before = world.task("Visita", case).id
    target = redeploy(
        world.engine,
        DIAGRAMS / "firme.bpmn",
        ('"Visita"', '"Incontro"'),
        ('name="Incontro"', 'name="Incontro"'),
    )
    move(world, case, target, Visita="Incontro")
    assert world.task("Incontro", case).id == before
    for _ in range(2):
        world.task("Incontro", case).complete(by="anna")
    assert world.instance(case).state == "completed"


# -- what begins anew, what cannot -------------------------------------------------------------------------------------


def test_a_token_begins_anew_where_the_plan_says(world: World, start: Start, trial: Trial) -> None:
    case = start("sollecito")
    target = redeploy(world.engine, DIAGRAMS / "sollecito.bpmn", mark="uguale")
    plan = plan_to(target, Lavora="Conta")
    codes = {finding.code for finding in world.engine.migrations.validate(plan, SYSTEM)}
    assert "MIGRATION_BEGINS_ANEW" in codes
    (group,) = world.engine.migrations.preview(plan, SYSTEM).groups
    assert group.notes == ("«Lavora»: si ricomincia da «Conta»",)
    world.engine.migrations.migrate(case, plan, "Non serve più", SYSTEM)
    assert world.instance(case).state == "completed"
    assert len(trial.calls) == 1
    assert [row["state"] for row in rows(world, task, case)] == ["cancelled"]
    assert {row["state"] for row in rows(world, timer, case)} == {"cancelled"}


def test_moving_twice_moves_once_and_a_refusal_changes_nothing(world: World, start: Start) -> None:
    case = start("sollecito")
    target = redeploy(world.engine, DIAGRAMS / "sollecito.bpmn", mark="uguale")
    for _ in range(2):
        move(world, case, target)
    told = [e for e in world.engine.history.timeline(case, SYSTEM).items if e.kind == "instance.migrated"]
    assert [(e.data["from"], e.data["to"], e.data["reason"]) for e in told] == [
        ("sollecito:1", "sollecito:2", "Versione nuova")
    ]
    with pytest.raises(InvalidInput):
        world.engine.migrations.migrate(case, plan_to(target), "  ", SYSTEM)
    with pytest.raises(Forbidden):
        world.engine.migrations.migrate(case, plan_to(target), "prova", world.actor("anna"))


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"Boh": "Lavora"}, "MIGRATION_UNKNOWN_ELEMENT"),
        ({"Lavora": "Boh"}, "MIGRATION_UNKNOWN_ELEMENT"),
        ({"Lavora": "Scade"}, "MIGRATION_NOT_A_PLACE"),
        ({"Ogni_ora": "Recupera"}, "MIGRATION_NOT_A_PLACE"),
    ],
)
def test_a_plan_that_does_not_hold_is_refused(world: World, elements: dict[str, str], code: str) -> None:
    target = redeploy(world.engine, DIAGRAMS / "sollecito.bpmn", mark="uguale")
    with pytest.raises(InvalidInput) as refused:
        world.engine.migrations.preview(plan_to(target, **elements), SYSTEM)
    assert code in [finding.code for finding in refused.value.findings]


def test_the_clock_of_a_case_that_moves_while_suspended_stands_still(world: World, start: Start) -> None:
    case = start("fragile")
    world.suspend("pausa", by="anna", instance_id=case)
    one = '<userTask id="Prepara" name="Prepara"'
    target = redeploy(
        world.engine,
        DIAGRAMS / "fragile.bpmn",
        (
            one,
            '<boundaryEvent id="Tardi" name="Tardi" attachedToRef="Prepara">'
            + TIMER.format("t9", "PT1H")
            + '</boundaryEvent><sequenceFlow id="f9" sourceRef="Tardi" targetRef="Dopo"/>'
            + one,
        ),
    )
    move(world, case, target)
    assert world.instance(case).state == "suspended"
    world.advance(hours=5)
    assert world.tasks(case) == ()
    world.resume(by="anna", instance_id=case)
    assert names(world, case) == ["Prepara"]
    assert world.now + timedelta(hours=1) == world.engine.timers.of_instance(case, SYSTEM)[0].due_at
