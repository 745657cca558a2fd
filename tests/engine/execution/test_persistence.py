"""What is kept: the log that only grows, values that come back as they were, and how much one completion costs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, insert, select, update
from sqlalchemy.exc import DBAPIError

from engine.access import SYSTEM
from engine.access.actors import actor
from engine.engine import Engine
from engine.errors import InvalidState
from engine.execution.instance_cache import InstanceCache
from engine.execution.instance_number import next_instance_number
from engine.execution.step_writer import write_step
from engine.history.consistency import check_consistency
from engine.scheduling.overrides import After
from engine.simulation import World
from engine.storage.tables import event as event_table
from engine.storage.tables import task as task_table

Start = Callable[..., str]


def most_statements(engine: Engine) -> int:
    """The pipeline locks with one statement and writes with another; otherwise each table has a statement."""
    return 2 if engine.database.uses_pipeline else 8


def test_the_log_only_grows(world: World, start: Start) -> None:
    start("sollecito")
    for statement in (update(event_table).values(actor_id="altro"), delete(event_table)):
        with pytest.raises(DBAPIError, match="non si modificano"), world.engine.database.begin() as work:
            work.connection.execute(statement)
    with world.engine.database.read() as connection:
        authors = set(connection.execute(select(event_table.c.actor_id)).scalars())
    assert authors == {"anna", SYSTEM.id}


def test_the_log_says_who_when_what_and_under_which_version(world: World, start: Start) -> None:
    case = start("sollecito")
    world.advance(minutes=90)
    world.task("Lavora", case).complete(by="anna")
    log = world.engine.history.timeline(case, SYSTEM).items
    told = [(e.kind, e.actor_id, e.element_name) for e in log if not e.kind.startswith("element.")]
    assert ("instance.started", "anna", None) in told
    assert ("timer.fired", SYSTEM.id, "Ogni ora") in told
    assert ("task.completed", "anna", "Lavora") in told
    assert told[-1][0] == "instance.completed"
    assert [e.id for e in log] == sorted(e.id for e in log)
    assert all(e.definition_id == "sollecito:1" for e in log)


def test_values_come_back_as_they_were(world: World, start: Start) -> None:
    values = {
        "importo": Decimal("2000.10"),
        "giorno": date(2016, 2, 29),
        "momento": datetime(2016, 3, 27, 1, tzinfo=UTC),
        "ora": time(9, 30),
        "durata": timedelta(days=1, seconds=1),
        "elenco": [{"a": Decimal("0.1")}, None, True, "€ è «così»"],
        "grande": 2**70,
        "$decimal": "testo",
    }
    case = start("fragile", **values)
    world.restart()
    world.task("Prepara", case).complete(by="anna")
    world.restart()
    found = world.variables(case)
    assert {name: found[name] for name in values} == values
    assert type(found["importo"]) is Decimal


@contextlib.contextmanager
def counted(engine: Engine) -> Iterator[tuple[list[str], list[str]]]:
    """The statements that reach the driver, without the words that begin and end a transaction; and the commits."""
    statements: list[str] = []
    commits: list[str] = []

    def note(statement: str) -> None:
        told = " ".join(statement.split())
        if not told.startswith(("BEGIN", "COMMIT", "ROLLBACK", "--")) and told not in statements[-1:]:
            statements.append(told)  # SQLite tells a statement again for each trigger inside it

    def on_statement(*given: Any) -> None:
        if not engine.database.is_sqlite:
            note(given[2])

    def on_checkout(connection: Any, *_: object) -> None:
        if engine.database.is_sqlite:
            connection.set_trace_callback(note)

    def on_commit(_: Connection) -> None:
        commits.append("commit")

    event.listen(engine.database.engine, "before_cursor_execute", on_statement)
    event.listen(engine.database.engine, "checkout", on_checkout)
    event.listen(engine.database.engine, "commit", on_commit)
    try:
        yield statements, commits
    finally:
        event.remove(engine.database.engine, "before_cursor_execute", on_statement)
        event.remove(engine.database.engine, "checkout", on_checkout)
        event.remove(engine.database.engine, "commit", on_commit)
        engine.database.close()


@pytest.mark.parametrize("live", [0, 10], ids=["restored", "live"])
def test_one_completion_is_one_commit_and_few_statements(world: World, start: Start, live: int) -> None:
    world.engine.step_runner.cache = InstanceCache(live)
    warm, case = start("parametri"), start("parametri")
    world.engine.tasks.complete(world.task("Prima", warm).id, {}, world.actor("anna"))
    task, anna, engine = world.task("Prima", case).id, world.actor("anna"), world.engine
    engine.tasks.save_draft(task, {"bisogni": "Casa"}, anna)
    with counted(engine) as (statements, commits):
        engine.tasks.complete(task, {}, anna)
    assert len(commits) == 1
    most = 1 if live and engine.database.uses_pipeline else most_statements(engine)
    assert len(statements) <= most, "\n".join(s[:110] for s in statements)


def test_one_start_is_one_commit_and_few_statements(world: World, start: Start) -> None:
    start("parametri")
    anna = world.actor("anna")
    with counted(world.engine) as (statements, commits):
        world.engine.instances.start("parametri", {}, anna, world.scope)
    assert len(commits) == 1
    assert len(statements) <= most_statements(world.engine), "\n".join(s[:110] for s in statements)


def test_a_changed_parameter_counts_from_the_next_step_on(world: World, start: Start) -> None:
    engine, anna = world.engine, world.actor("anna")
    read = []
    for value in (None, 7, 8):
        if value is not None:
            engine.parameters.set("parametri", "soglia", "", value, "Prova", SYSTEM)
        case = start("parametri")
        engine.tasks.complete(world.task("Prima", case).id, {}, anna)
        read.append(world.variables(case)["letta"])
    assert read[1:] == [7, 8]
    assert read[0] not in (7, 8)


def test_who_waited_for_the_lock_sees_what_the_other_left(world: World, start: Start) -> None:
    """Two sign at the same moment: the second has read the tables before the first changed them."""
    case = start("firme", firmatari=["Ada", "Bea"])
    engine, anna = world.engine, world.actor("anna")
    second = world.task("Firma – Bea", case).id
    ada = world.task("Firma – Ada", case).id
    with ThreadPoolExecutor(1) as other:
        with engine.database.begin() as work:
            step = engine.step_runner.open(work, case, anna)
            row = work.connection.execute(select(task_table).where(task_table.c.id == ada)).one()
            waiting = other.submit(engine.tasks.complete, second, {"esito": "firma"}, anna)
            if not engine.database.is_sqlite:
                _until_somebody_waits(engine)
            step.completed_task = row
            step.run.complete_task(row.token, {"esito": "firma"})
            write_step(step)
        waiting.result(30)
    for check in check_consistency(engine.database, engine.repository):
        assert check.passed, check.outcome
    with engine.database.read() as connection:
        states = connection.execute(
            select(task_table.c.name, task_table.c.state).where(task_table.c.instance_id == case)
        ).all()
    assert {("Firma – Ada", "completed"), ("Firma – Bea", "completed")} <= {tuple(row) for row in states}
    assert len({name for name, _ in states}) == len(states), "A task was opened twice"


def test_a_case_that_begins_while_a_deadline_moves_has_the_new_date(world: World, start: Start) -> None:
    """Its first step has read the configuration before the change, and has no row yet that the change could move."""
    engine, anna = world.engine, world.actor("anna")
    unseen: Any = None
    ada, found = actor("ada", "Ada", ["amministratore"]), engine.repository.latest("scadenze")
    with ThreadPoolExecutor(1) as other:
        with engine.database.begin() as work:
            number = next_instance_number(work.connection)
            moving = other.submit(
                engine.deadlines.apply,
                "scadenze/Approva/due",
                "",
                After(30, "lavorativi"),
                fingerprint=unseen,
                reason="Delibera 12",
                actor=ada,
            )
            if not engine.database.is_sqlite:
                _until_somebody_waits(engine)
            case = engine.step_runner.start_instance(
                work,
                found,
                {},
                anna,
                scope=world.scope,
                business_key=None,
                subject=None,
                title=None,
                number=number,
            ).instance_id
        assert moving.result(30).moved == 1
    moved = world.task("Approvazione", case).row.due_at
    assert moved == world.task("Approvazione", start("scadenze")).row.due_at


def _until_somebody_waits(engine: Engine) -> None:
    while True:
        with engine.database.read() as connection:
            if connection.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar_one():
                return


def test_a_completion_that_is_refused_leaves_nothing(world: World, start: Start) -> None:
    case = start("proposta")
    with world.engine.database.read() as connection:
        before = connection.execute(select(event_table.c.id)).scalars().all()
    with pytest.raises(Exception, match="campi"):
        world.task("Scrivi la proposta", case).complete(by="dario")
    with world.engine.database.read() as connection:
        assert connection.execute(select(event_table.c.id)).scalars().all() == before
    assert [task.row.name for task in world.tasks(case)] == ["Scrivi la proposta"]


def test_what_is_kept_adds_up_whatever_happens(world: World, start: Start) -> None:
    start("sollecito")
    world.advance(hours=3)
    world.suspend("Pausa", by="carla")
    case = start("firme", firmatari=["Ada", "Bea"])
    world.task("Firma – Ada", case).complete(by="anna", esito="firma")
    start("bivio", primo="P1D", secondo="P2D")
    cancelled = start("richiami", fascicolo="A")
    world.cancel("Errore", by="carla", instance_id=cancelled)
    world.restart()
    for check in check_consistency(world.engine.database, world.engine.repository):
        assert check.passed, check.outcome


def test_a_row_of_the_log_cannot_be_replaced(world: World, start: Start) -> None:
    start("sollecito")
    with world.engine.database.read() as connection:
        first = connection.execute(select(event_table.c.id).limit(1)).scalar_one()
    row = insert(event_table).values(id=first, at=world.now, actor_id="altro", kind="x")
    if world.engine.database.is_sqlite:
        row = row.prefix_with("OR REPLACE")
    with pytest.raises(DBAPIError), world.engine.database.begin() as work:
        work.connection.execute(row)


def test_a_case_is_reopened_once_and_linked(world: World, start: Start) -> None:
    case = start("proposta")
    with pytest.raises(InvalidState, match="ancora aperta"):
        world.reopen("Torna", by="carla")
    world.cancel("Per prova", by="carla")
    again = world.reopen("Torna", by="carla", instance_id=case)
    assert again.linked_from == case
    assert world.variables(again.id)["riapertura"] is True
    with pytest.raises(InvalidState, match="già stata riaperta"):
        world.reopen("Torna", by="carla", instance_id=case)
