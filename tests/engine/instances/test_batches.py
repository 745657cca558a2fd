"""Operations over many cases: each case once, whatever stops half-way, with an outcome for every one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import insert, select

from engine.access import SYSTEM, Actor, Permission
from engine.access.actors import actor as make_actor
from engine.engine import Engine
from engine.errors import Forbidden, InvalidInput, InvalidState, NotFound
from engine.instances.batches import ItemSkipped
from engine.instances.selection import Selection
from engine.simulation import World
from engine.storage import UnitOfWork
from engine.storage.tables import event
from tests.concurrency import refusals
from tests.engine.statement_log import recorded_statements

Start = Callable[..., str]
ADA = make_actor("ada", "Ada", ["amministratore"])


class Stopped(BaseException):
    """The process dies here: nothing catches it."""


class Marks:
    """A kind of operation that leaves a mark on each case, and fails, skips or dies where it is told."""

    def __init__(self) -> None:
        self.fail: set[str] = set()
        self.skip: set[str] = set()
        self.die_at: int | None = None
        self.seen = 0

    def register(self, engine: Engine) -> None:
        """Make the kind known to an engine."""
        engine.batches.register(
            "segna", self, permission=Permission.INCIDENT_MANAGE, label="Segna le pratiche"
        )

    def __call__(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Leave a mark."""
        work.connection.execute(
            insert(event).values(
                instance_id=instance_id, at=payload["at"], actor_id=actor.id, kind="segno", data={}
            )
        )
        self.seen += 1
        if self.seen == self.die_at:
            raise Stopped
        if instance_id in self.skip:
            raise ItemSkipped("Era già segnata")
        if instance_id in self.fail:
            raise InvalidState("Questa no")
        return "Segnata"

    def of(self, world: World) -> list[str]:
        """The cases that carry a mark, one entry for each mark."""
        with world.engine.database.read() as connection:
            rows = connection.execute(select(event.c.instance_id).where(event.c.kind == "segno"))
            return sorted(rows.scalars())


@pytest.fixture
def marks(world: World, monkeypatch: pytest.MonkeyPatch) -> Marks:
    monkeypatch.setattr(
        "engine.simulation.world.CALLS_BETWEEN_RESTARTS", 10**9
    )  # the kind lives in one engine
    made = Marks()
    made.register(world.engine)
    return made


def _order(world: World, targets: Selection | list[str], actor: Actor = SYSTEM) -> str:
    return world.engine.batches.create("segna", {"at": world.now}, targets, actor, "Prova")


def test_every_case_gets_an_outcome_and_failures_are_told(world: World, start: Start, marks: Marks) -> None:
    cases = [start("sollecito") for _ in range(5)]
    marks.fail, marks.skip = {cases[1]}, {cases[3]}
    batch = _order(world, Selection(key="sollecito"))
    assert world.engine.batches.get(batch, SYSTEM).counts["waiting"] == 5
    world.engine.run_due()
    view = world.engine.batches.get(batch, SYSTEM)
    assert (view.state, view.finished) == ("done", 5)
    assert {s: n for s, n in view.counts.items() if n} == {"done": 3, "failed": 1, "skipped": 1}
    outcomes = {item.instance_id: item.outcome for item in world.engine.batches.items(batch, SYSTEM).items}
    assert [outcomes[case] for case in cases] == [
        "Segnata",
        "Questa no",
        "Segnata",
        "Era già segnata",
        "Segnata",
    ]
    assert marks.of(world) == sorted([cases[0], cases[2], cases[4]])
    failed = world.engine.batches.items(batch, SYSTEM, state="failed").items
    assert [item.instance_id for item in failed] == [cases[1]]


@pytest.mark.parametrize("at", [1, 3, 4])
def test_after_a_crash_the_rest_is_done_and_nothing_twice(
    world: World, start: Start, marks: Marks, at: int
) -> None:
    cases = sorted(start("sollecito") for _ in range(4))
    batch = _order(world, cases)
    marks.die_at = at
    with pytest.raises(Stopped):
        world.engine.run_due()
    assert len(marks.of(world)) == at - 1
    world.restart()
    marks.register(world.engine)
    world.engine.run_due()
    assert marks.of(world) == cases
    assert world.engine.batches.get(batch, SYSTEM).counts["done"] == 4


def test_two_processes_never_do_the_same_case(world: World, start: Start, marks: Marks) -> None:
    cases = sorted(start("sollecito") for _ in range(12))
    batch = _order(world, cases)
    other = Engine.open(world.settings, clock=world.clock, operations=world.engine.operations, upgrade=False)
    marks.register(other)

    def work(engine: Engine) -> None:
        while engine.batches.run_pending(3):
            pass

    try:
        assert not refusals(lambda: work(world.engine), lambda: work(other))
    finally:
        other.close()
    world.engine.run_due()
    assert marks.of(world) == cases
    assert world.engine.batches.get(batch, SYSTEM).state == "done"


def test_the_rest_of_an_operation_can_be_left_alone(world: World, start: Start, marks: Marks) -> None:
    for _ in range(5):
        start("sollecito")
    batch = _order(world, Selection(key="sollecito"))
    world.engine.batches.run_pending(2)
    with pytest.raises(InvalidInput, match="motivo"):
        world.engine.batches.cancel(batch, " ", SYSTEM)
    assert world.engine.batches.cancel(batch, "Sbagliata", SYSTEM) == 3
    world.engine.run_due()
    assert len(marks.of(world)) == 2
    view = world.engine.batches.get(batch, SYSTEM)
    assert (view.state, view.counts["cancelled"]) == ("cancelled", 3)
    with pytest.raises(InvalidState, match="già finita"):
        world.engine.batches.cancel(batch, "Di nuovo", SYSTEM)


def test_operations_share_the_work_and_timers_are_not_held_back(
    world: World, start: Start, marks: Marks
) -> None:
    cases = [start("sollecito") for _ in range(8)]
    first, second = _order(world, cases[:6]), _order(world, cases[6:])
    assert world.engine.batches.run_pending(4) == 4
    counts = [world.engine.batches.get(batch, SYSTEM).counts["done"] for batch in (first, second)]
    assert counts == [2, 2]


def test_items_are_chosen_in_one_statement(world: World, start: Start, marks: Marks) -> None:
    for _ in range(30):
        start("sollecito")
    with recorded_statements(world.engine) as statements:
        batch = _order(world, Selection(key="sollecito"))
    assert len([one for one in statements if "INSERT INTO batch_item" in one]) == 1
    assert world.engine.batches.get(batch, SYSTEM).total == 30


def test_a_selection_narrows(world: World, start: Start, marks: Marks) -> None:
    old = start("sollecito")
    world.advance(days=2)
    start("sollecito"), start("bivio", primo="P1D", secondo="P2D")
    count = world.engine.batches.preview
    assert count("segna", Selection(), SYSTEM) == 3
    assert count("segna", Selection(key="sollecito"), SYSTEM) == 2
    assert count("segna", Selection(key="sollecito", version=2), SYSTEM) == 0
    assert count("segna", Selection(started_before=world.clock.now()), SYSTEM) == 1
    assert count("segna", Selection(scope="altrove"), SYSTEM) == 0
    element = world.tasks(old)[0].row
    with world.engine.database.read() as connection:
        found = connection.execute(select(event.c.element_id).where(event.c.kind == "task.created")).scalars()
        assert element.name
        names = set(found)
    assert count("segna", Selection(element=next(iter(names))), SYSTEM) >= 1
    assert count("segna", Selection(element="niente"), SYSTEM) == 0


def test_only_where_one_may_and_only_with_a_reason(world: World, start: Start, marks: Marks) -> None:
    case = start("sollecito")
    elsewhere = make_actor("eva", "Eva", ["amministratore"], "altrove")
    assert world.engine.batches.preview("segna", Selection(), elsewhere) == 0
    with pytest.raises(InvalidInput, match="Nessuna pratica"):
        _order(world, Selection(), elsewhere)
    with pytest.raises(Forbidden, match=r"incident\.manage"):
        _order(world, [case], elsewhere)
    with pytest.raises(Forbidden):
        _order(world, [case], world.actor("anna"))
    with pytest.raises(InvalidInput, match="motivo"):
        world.engine.batches.create("segna", {}, [case], ADA, "")
    with pytest.raises(NotFound, match="segna"):
        world.engine.batches.create("altro", {}, [case], ADA, "Prova")
    batch = _order(world, [case], ADA)
    with pytest.raises(Forbidden):
        world.engine.batches.get(batch, elsewhere)
    world.engine.run_due()
    with world.engine.database.read() as connection:
        by = connection.execute(select(event.c.actor_id).where(event.c.kind == "segno")).scalar_one()
    assert by == "ada"


def test_operations_are_listed_latest_first_by_page(world: World, start: Start, marks: Marks) -> None:
    case = start("sollecito")
    for _ in range(3):
        _order(world, [case], ADA)
    latest, following = world.engine.batches.list(ADA, limit=2)
    numbers = [view.number for view in latest]
    assert numbers == [3, 2]
    assert [view.number for view in world.engine.batches.list(ADA, after=following or "").items] == [1]
    assert world.engine.batches.get_by_number(2, ADA).number == 2
    assert world.engine.batches.list(world.actor("anna")).items == ()


def test_a_database_that_fails_leaves_the_case_waiting(
    world: World, start: Start, marks: Marks, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    batch = _order(world, [start("sollecito")])

    def lost(*_: object) -> str:
        raise OperationalError("SELECT", {}, Exception("connection lost"))

    engine = world.engine
    engine.batches.register("segna", lost, permission=Permission.INCIDENT_MANAGE, label="x")
    assert engine.batches.run_pending() == 0
    assert engine.batches.get(batch, SYSTEM).counts["waiting"] == 1
    marks.register(engine)
    engine.run_due()
    assert engine.batches.get(batch, SYSTEM).counts["done"] == 1
