"""What administrators do to cases, dates and processes before a fixture is written."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from engine.access import SYSTEM
from engine.instances.selection import Selection
from engine.scheduling.overrides import After, At, Every, Override
from engine.simulation import World
from tests.engine.definition_versions import plan_to, redeploy

DIAGRAMS = Path(__file__).parents[1] / "diagrams"
CONSTRUCTS = Path(__file__).parents[2] / "bpmn"
MORE = ("condition_boundary", "event_subprocess_timer", "event_subprocess_message", "throw_one")
"""Constructs that are in no other recorded process; what they start with stands in `AMOUNT`."""
AMOUNT = {"amount": 10}
IN_PATTI = 4
"""How many deadlines of the patti are moved."""


def change(world: World) -> None:
    """Move deadlines and cases, stop processes, close offices, work on many cases, write notes."""
    _start_more(world)
    _move_deadlines(world)
    _move_cases(world)
    _stop_processes(world)
    _write_notes(world)


def work_on_many(world: World) -> None:
    """Operations over many cases: done, left off, and half done. The last: whatever is due would go on with it."""
    batches, rita = world.engine.batches, world.actor("rita")
    values = {"values": {"nota_ufficio": "controllata"}}
    chosen = Selection(key="scadenze", states=("active",))
    done = batches.create("variables", values, chosen, rita, "Si annota il controllo")
    world.engine.run_due()
    assert batches.get(done, rita).state == "done"
    for left_off in (True, False):
        batch = batches.create("variables", values, chosen, rita, "Si annota il controllo")
        batches.run_pending(2)
        if left_off:
            batches.cancel(batch, "Bastano queste", rita)
    assert batches.get(batch, rita).counts["waiting"], "it is half done"


def _start_more(world: World) -> None:
    for name in MORE:
        (path,) = CONSTRUCTS.rglob(f"{name}.bpmn")
        held = [
            ("operatore", "assistente_sociale"),
            ('isExecutable="true"', 'isExecutable="true" c:candidateStarterGroups="assistente_sociale"'),
        ]
        known = [("prova.passa", "prova.conta")] if "prova.passa" in path.read_text(encoding="utf-8") else []
        redeploy(world.engine, path, *held, *known)
        world.start(path.stem, by="anna", values=AMOUNT)
    (first,) = [task for task in world.tasks() if task.row.name == "A"]
    first.complete(by="anna")  # there is something to compensate


def _move_deadlines(world: World) -> None:
    rita = world.actor("rita")
    signed = [world.start("scadenze", by="anna").id for _ in range(4)]
    for case in signed[1:]:
        world.task("Approvazione", case).complete(by="anna")
    world.suspend("Si aspetta la firma", by="carla", instance_id=signed[2])
    _move(world, "scadenze/Tempo/timer", After(15, "lavorativi"))
    _move(world, "scadenze/Tempo/timer", After(20, "giorni"), world.scope)
    _move(world, "scadenze/Approva/due", After(2, "lavorativi"))
    _move(world, "scadenze/Sollecito/timer", Every(1, "mesi", 31))
    last = _move(world, "scadenza:chiusura", At(world.now + timedelta(days=200)))
    world.engine.deadlines.undo(last, "Era quella di prima", rita)
    by_hand = next(
        one for one in world.engine.timers.of_instance(signed[3], SYSTEM) if one.element_id == "Tempo"
    )
    world.engine.deadlines.set_due_date("timer", by_hand.id, world.now + timedelta(days=30), "Accordo", rita)
    waiting = [
        line.deadline
        for line in world.engine.deadlines.list(rita)
        if line.waiting and line.deadline.key.startswith("patto_")
    ]
    assert len(waiting) >= IN_PATTI, "few dates of the patti are waited for"
    waiting.sort(key=lambda deadline: deadline.kind != "timer")
    for deadline in waiting[:IN_PATTI]:
        _move(world, deadline.key, Every(2, "settimane") if deadline.repeats else After(60, "giorni"))


def _move(world: World, key: str, term: Override, scope: str = "") -> int:
    """Put an override of a deadline in force, as an administrator does; gives the number of the change."""
    deadlines, rita = world.engine_for_call().deadlines, world.actor("rita")
    seen = deadlines.preview(key, scope, term, rita)
    made = deadlines.apply(
        key,
        scope,
        term,
        fingerprint=seen.fingerprint,
        reason="Delibera 12",
        actor=rita,
        past_confirmed=True,
    )
    return made.id


def _move_cases(world: World) -> None:
    """Two cases of a version that is no longer the latest; one of them goes to the new one."""
    values: dict[str, Any] = {"primo": "P20D", "secondo": "P40D"}
    moved = world.start("bivio", by="anna", values=values).id
    world.start("bivio", by="anna", values=values)
    newest = redeploy(world.engine, DIAGRAMS / "bivio.bpmn", ("Primo termine", "Primo termine utile"))
    world.engine.migrations.migrate(moved, plan_to(newest), "Nuova versione", SYSTEM)


def _stop_processes(world: World) -> None:
    for _ in range(2):
        world.start("in_ascolto", by="anna")
    world.engine.definition_suspension.suspend("in_ascolto", "Si rivede", SYSTEM, include_instances=True)
    world.engine.run_due()
    world.engine.calendars.add_closing(
        world.scope, date(2016, 8, 8), date(2016, 8, 19), "Ferie", world.actor("rita")
    )


def _write_notes(world: World) -> None:
    case = world.start("sollecito", by="anna").id
    (task,) = world.tasks(case)
    task.claim(by="anna")
    task.attach("delega.pdf", by="anna")
    world.engine.comments.comment_instance(
        case, "Ha telefonato: porta i documenti lunedì", world.actor("anna")
    )
