"""A task whose case last stepped in this process is completed without reading it; what another has changed meanwhile
counts all the same, and nothing is done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import select

from engine.access import SYSTEM
from engine.access.actors import actor
from engine.engine import Engine
from engine.errors import EngineError, Forbidden, InvalidInput, InvalidState
from engine.execution.instance_cache import InstanceCache
from engine.history.consistency import check_consistency
from engine.scheduling.overrides import After
from engine.simulation import World
from engine.storage.tables import draft, task
from tests.engine.statement_log import recorded_statements
from tests.engine.trial_operations import Trial

Start = Callable[..., str]


@pytest.fixture
def keeping(world: World) -> World:
    """A world that keeps its runs in memory between two steps."""
    world.engine.step_runner.cache = InstanceCache(10)
    world._restarts = False
    return world


@pytest.fixture
def elsewhere(keeping: World, trial: Trial) -> Iterator[Engine]:
    """Another process on the same database."""
    opened = Engine.open(keeping.settings, clock=keeping.clock, operations=trial.registry(), upgrade=False)
    yield opened
    opened.close()


def reading(statements: Sequence[str]) -> list[str]:
    """Those that read tables, or hold a row."""
    return [one for one in statements if one.lstrip().startswith("SELECT")]


def sound(world: World) -> None:
    """All that is kept adds up."""
    for check in check_consistency(world.engine.database, world.engine.repository):
        assert check.passed, check.outcome


def test_nothing_is_read_before_what_is_written(keeping: World, start: Start) -> None:
    case = start("proposta")
    written = keeping.task("Scrivi la proposta", case).id
    dario, dora = keeping.actor("dario"), keeping.actor("dora")
    keeping.engine.tasks.save_draft(written, {"testo": "bozza"}, dario)
    with recorded_statements(keeping.engine) as statements:
        keeping.engine.tasks.complete(written, {"testo": "una"}, dario)
    assert reading(statements) == []
    with keeping.engine.database.read() as connection:
        assert connection.execute(select(draft.c.task_id)).first() is None
    (following,) = keeping.tasks(case)
    with pytest.raises(InvalidState, match="già stato completato da dario"):
        keeping.engine.tasks.complete(written, {"testo": "due"}, dora)
    assert [one.id for one in keeping.tasks(case)] == [following.id]
    sound(keeping)


def test_who_took_it_in_another_process_holds_it(keeping: World, elsewhere: Engine, start: Start) -> None:
    case = start("proposta")
    written = keeping.task("Scrivi la proposta", case).id
    elsewhere.tasks.claim(written, keeping.actor("dora"))
    with pytest.raises(Forbidden, match="in carico a dora"):
        keeping.engine.tasks.complete(written, {"testo": "x"}, keeping.actor("dario"))
    keeping.engine.tasks.complete(written, {"testo": "x"}, keeping.actor("dora"))
    sound(keeping)


def test_what_stepped_in_another_process_goes_on_from_there(
    keeping: World, elsewhere: Engine, start: Start
) -> None:
    case = start("firme", firmatari=["Ada", "Bea"])
    anna = keeping.actor("anna")
    first, second = (keeping.task(f"Firma – {name}", case).id for name in ("Ada", "Bea"))
    elsewhere.tasks.complete(first, {"esito": "firma"}, anna)
    keeping.engine.tasks.complete(second, {"esito": "firma"}, anna)
    with keeping.engine.database.read() as connection:
        names = connection.execute(select(task.c.name).where(task.c.instance_id == case)).scalars().all()
    assert len(set(names)) == len(names), "A task was opened twice"
    sound(keeping)


def test_a_case_suspended_in_another_process_stands_still(
    keeping: World, elsewhere: Engine, start: Start
) -> None:
    case = start("proposta")
    written = keeping.task("Scrivi la proposta", case).id
    elsewhere.instances.suspend(case, "Ricovero", SYSTEM)
    with pytest.raises(InvalidState, match="sospesa"):
        keeping.engine.tasks.complete(written, {"testo": "x"}, keeping.actor("dario"))
    elsewhere.instances.resume(case, SYSTEM)
    keeping.engine.tasks.complete(written, {"testo": "x"}, keeping.actor("dario"))
    sound(keeping)


def test_what_was_configured_in_another_process_counts(
    keeping: World, elsewhere: Engine, start: Start
) -> None:
    read = []
    for value in (5, 7, 8):
        case = start("parametri")
        elsewhere.parameters.set("parametri", "soglia", "", value, "Prova", SYSTEM)
        keeping.engine.tasks.complete(keeping.task("Prima", case).id, {}, keeping.actor("anna"))
        read.append(keeping.variables(case)["letta"])
    assert read == [5, 7, 8]


def test_a_deadline_moved_in_another_process_holds_for_what_begins(
    keeping: World, elsewhere: Engine, start: Start
) -> None:
    case = start("scadenze")
    before = {one.row.name: one.row.due_at for one in keeping.tasks(case)}
    unseen: Any = None
    elsewhere.deadlines.apply(
        "scadenze/Approva/due",
        "",
        After(30, "lavorativi"),
        fingerprint=unseen,
        reason="Delibera 12",
        actor=actor("ada", "Ada", ["amministratore"]),
    )
    again = start("scadenze")
    moved = {one.row.name: one.row.due_at for one in keeping.tasks(again)}
    assert moved["Approvazione"] != before["Approvazione"]
    assert keeping.task("Approvazione", case).row.due_at == moved["Approvazione"]


def test_what_is_refused_can_be_done_again(keeping: World, start: Start) -> None:
    case = start("proposta")
    written, dario = keeping.task("Scrivi la proposta", case).id, keeping.actor("dario")
    with pytest.raises(InvalidInput):
        keeping.engine.tasks.complete(written, {}, dario)
    with pytest.raises(Forbidden):
        keeping.engine.tasks.complete(written, {"testo": "x"}, keeping.actor("anna"))
    keeping.engine.tasks.complete(written, {"testo": "x"}, dario)
    sound(keeping)


def test_many_on_one_task_in_two_processes_and_one_wins(
    keeping: World, elsewhere: Engine, start: Start
) -> None:
    case = start("proposta")
    written = keeping.task("Scrivi la proposta", case).id
    barrier, outcomes = threading.Barrier(6), []

    def work(engine: Engine, who: str) -> None:
        person = keeping.actor(who)
        barrier.wait(20)
        try:
            engine.tasks.complete(written, {"testo": f"di {who}"}, person)
            outcomes.append("fatto")
        except EngineError as problem:
            outcomes.append(problem.code)

    threads = [
        threading.Thread(target=work, args=(engine, who))
        for engine in (keeping.engine, elsewhere)
        for who in ("dario", "dora", "dario")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["TASK_COMPLETED"] * 5 + ["fatto"]
    assert len(keeping.tasks(case)) == 1
    sound(keeping)


@pytest.mark.parametrize("failing", [None, RuntimeError("caduto")], ids=["well", "failing"])
def test_an_operation_that_writes_finds_the_case_locked(
    keeping: World, start: Start, trial: Trial, failing: Exception | None
) -> None:
    trial.failing = failing
    case = start("fragile")
    ready, anna = keeping.task("Prepara", case).id, keeping.actor("anna")
    with recorded_statements(keeping.engine) as statements:
        keeping.engine.tasks.complete(ready, {}, anna)
    if not keeping.engine.database.is_sqlite:  # which holds the whole database
        writes = next(n for n, one in enumerate(statements) if one.startswith("INSERT INTO counter"))
        assert any("FOR UPDATE" in one for one in statements[:writes])
    trial.failing = None
    again = start("fragile")
    keeping.engine.tasks.complete(keeping.task("Prepara", again).id, {}, anna)
    sound(keeping)
