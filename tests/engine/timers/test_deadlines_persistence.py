"""A moved deadline stays moved: over migrations, upgrades of the database, and whatever happens at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import select

from engine import storage
from engine.access import SYSTEM
from engine.errors import InvalidState
from engine.scheduling.overrides import After, At
from engine.simulation import World
from engine.storage import Database, migrate
from engine.storage.tables import event, instance, task, timer
from tests.concurrency import refusals
from tests.engine.conftest import DIAGRAMS
from tests.engine.definition_versions import plan_to, redeploy
from tests.engine.timers.test_deadlines import ADA, DUE, SHARED, TIMER, Start, dates, due, put, rome, signing

NEW = After(15, "lavorativi")
MOVED = rome(2016, 3, 18)


def put_until_it_holds(world: World, key: str, term: After | At) -> None:
    """As an administrator who looks at the new preview and confirms again."""
    deadlines = world.engine.deadlines
    for _ in range(50):
        seen = deadlines.preview(key, "", term, ADA)
        try:
            deadlines.apply(key, "", term, fingerprint=seen.fingerprint, reason="Delibera", actor=ADA)
            return
        except InvalidState:
            continue
    raise AssertionError("the preview was never confirmed in time")


def test_a_case_that_moves_to_another_version_keeps_the_deadline(world: World, start: Start) -> None:
    case = signing(world, start)
    put(world, TIMER, NEW)
    target = redeploy(world.engine, DIAGRAMS / "scadenze.bpmn", ("P10D", "P20D"))
    world.engine.migrations.migrate(case, plan_to(target), "Versione nuova", SYSTEM)
    assert due(world, case) == MOVED
    assert due(world, signing(world, start)) == MOVED
    put(world, TIMER, None)
    assert due(world, case) == rome(2016, 3, 21, 10, 0, 0)  # what the new version says


def test_a_suspended_case_that_moves_and_a_renamed_timer_keep_it_too(world: World, start: Start) -> None:
    case = signing(world, start)
    put(world, TIMER, NEW)
    world.suspend("Attesa", by="anna", instance_id=case)
    target = redeploy(world.engine, DIAGRAMS / "scadenze.bpmn", ('"Tempo"', '"Attesa"'))
    world.engine.migrations.migrate(case, plan_to(target, Tempo="Attesa"), "Versione nuova", SYSTEM)
    world.restart()
    world.resume(by="anna", instance_id=case)
    moved = due(world, case, "Attesa")
    assert moved is not None
    assert abs((moved - MOVED).total_seconds()) < 1
    put(world, "scadenze/Attesa/timer", At(rome(2016, 9, 1)))
    assert due(world, case, "Attesa") == rome(2016, 9, 1)


def test_two_administrators_at_once_do_not_overwrite_each_other(world: World, start: Start) -> None:
    case = signing(world, start)
    deadlines = world.engine.deadlines

    def apply(days: int) -> Callable[[], object]:
        term = After(days, "giorni")
        mark = deadlines.preview(TIMER, "", term, ADA).fingerprint
        return lambda: deadlines.apply(TIMER, "", term, fingerprint=mark, reason="x", actor=ADA)

    (refused,) = refusals(apply(20), apply(30))
    assert isinstance(refused, InvalidState)
    (change,) = deadlines.history(ADA, TIMER)
    assert due(world, case) == rome(2016, 3, 21 if "20" in change.new_sentence else 31)


def test_cases_that_come_to_the_timer_meanwhile_follow_too(world: World, start: Start) -> None:
    cases = [start("scadenze") for _ in range(8)]
    tasks = {case: world.task("Approvazione", case).id for case in cases}
    anna = world.actor("anna")

    def complete(some: list[str]) -> Callable[[], object]:
        return lambda: [world.engine.tasks.complete(tasks[case], {}, anna) for case in some]

    assert not refusals(
        complete(cases[:4]), complete(cases[4:]), lambda: put_until_it_holds(world, TIMER, NEW)
    )
    assert {due(world, case) for case in cases} == {MOVED}


def test_a_timer_that_fires_meanwhile_is_either_fired_or_moved(world: World, start: Start) -> None:
    cases = [signing(world, start) for _ in range(6)]
    world.clock.advance(timedelta(days=10))
    later = At(rome(2016, 12, 1))
    assert not refusals(world.engine.run_due, lambda: put_until_it_holds(world, TIMER, later))
    with world.engine.database.read() as connection:
        rows = connection.execute(select(timer).where(timer.c.element_id == "Tempo")).all()
        fired = connection.execute(
            select(event.c.instance_id).where(event.c.kind == "timer.fired", event.c.element_id == "Tempo")
        ).scalars()
        told = sorted(fired)
    assert {row.state for row in rows} <= {"fired", "waiting"}
    assert {row.due_at for row in rows if row.state == "waiting"} <= {later.at}
    assert told == sorted(row.instance_id for row in rows if row.state == "fired")
    assert len(rows) == len(cases)


def test_an_offset_from_the_start_holds_for_what_waits_from_the_first_step(
    world: World, start: Start
) -> None:
    put(world, DUE, After(1, "mesi", "avvio"))
    assert dates(world, start("scadenze"))["due_at"] == rome(2016, 4, 1)


KEPT = {
    timer: ("deadline", "scope", "begun_at", "default_at", "default_fixed", "default_repetition", "by_hand"),
    task: ("begun_at", "due_deadline", "due_default_at", "due_default_runs", "due_by_hand", "follow_deadline",
           "follow_default_at", "follow_by_hand"),
}  # fmt: skip


def waiting(database: Database) -> list[Any]:
    """What deadlines know of everything that waits."""
    found: list[Any] = []
    with database.read() as connection:
        for table, names in KEPT.items():
            columns = [table.c.id, *(table.c[name] for name in names)]
            query = select(*columns).where(table.c.state.in_(("waiting", "suspended", "open")))
            if table is timer:
                query = query.where(timer.c.kind == "event")
            found += [tuple(row) for row in connection.execute(query.order_by(table.c.id))]
    return found


def test_a_database_from_before_the_deadlines_knows_them_after_its_upgrade(
    world: World, start: Start
) -> None:
    case = signing(world, start)
    start("scadenze")
    still = signing(world, start)
    world.suspend("Attesa", by="anna", instance_id=still)
    database = world.engine.database
    before = waiting(database)
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).with_name("migrations")))
    with database.begin() as work:
        config.attributes["connection"] = work.connection
        command.downgrade(config, "0007")
    migrate(database.url)
    assert waiting(database) == before
    world.restart()
    put(world, SHARED, At(rome(2016, 7, 15)))
    put(world, TIMER, NEW)
    assert due(world, case) == MOVED
    assert due(world, case, "Chiude") == dates(world, case)["due_at"] == rome(2016, 7, 15)
    with world.engine.database.read() as connection:
        assert set(connection.execute(select(instance.c.state)).scalars()) == {"active", "suspended"}
