"""All the cases of a version move in a batch: in any order of crashes each exactly once, the others told why not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.access import SYSTEM
from engine.errors import Forbidden, InvalidInput
from engine.execution.step import Step
from engine.execution.step_writer import write_step
from engine.instances.migration import MigrationPlan
from engine.simulation import World
from tests.engine.conftest import DIAGRAMS
from tests.engine.definition_versions import plan_to, redeploy

Start = Callable[..., str]


class Stopped(BaseException):
    """The process dies here: nothing catches it."""


def moves(world: World, case: str) -> int:
    """How often a case has been moved, as its log says."""
    return sum(e.kind == "instance.migrated" for e in world.engine.history.timeline(case, SYSTEM).items)


@pytest.mark.parametrize("at", [1, 3, 5])
def test_killed_in_the_middle_each_case_moves_exactly_once(
    world: World, start: Start, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    cases = [start("sollecito") for _ in range(5)]
    target = redeploy(world.engine, DIAGRAMS / "sollecito.bpmn", mark="seconda")
    batch = world.engine.migrations.create_batch(plan_to(target), "Versione nuova", SYSTEM)
    seen = 0

    def dying(step: Step) -> None:
        nonlocal seen
        seen += 1
        write_step(step)
        if seen == at:
            raise Stopped

    monkeypatch.setattr("engine.instances.migration.service.write_step", dying)
    with pytest.raises(Stopped):
        world.engine.run_due()
    assert sum(moves(world, case) for case in cases) == at - 1
    world.restart()
    world.engine.run_due()
    assert [moves(world, case) for case in cases] == [1] * 5
    view = world.engine.batches.get(batch, SYSTEM)
    assert (view.state, view.counts["done"]) == ("done", 5)
    for case in cases:
        assert world.instance(case).definition_version == 2
        world.task("Lavora", case).complete(by="anna")
        assert world.instance(case).state == "completed"


def test_the_report_says_who_stayed_and_why(world: World, start: Start) -> None:
    there, elsewhere, ended = (start("sollecito") for _ in range(3))
    world.advance(hours=10)
    world.task("Recupera", there).complete(by="anna")
    ended, there = there, start("sollecito")
    target = redeploy(
        world.engine,
        DIAGRAMS / "sollecito.bpmn",
        ('id="Recupera"', 'id="Riprendi"'),
        ('"Recupera"', '"Riprendi"'),
    )
    preview = world.engine.migrations.preview(plan_to(target), SYSTEM)
    assert [(g.outcome, [name for name, _ in g.elements], g.count) for g in preview.groups] == [
        ("needs_mapping", ["Recupera"], 2),
        ("ready", ["Lavora"], 1),
    ]
    batch = world.engine.migrations.create_batch(plan_to(target), "Versione nuova", SYSTEM)
    world.task("Lavora", there).complete(by="anna")
    world.engine.run_due()
    items = {item.instance_id: item for item in world.engine.batches.items(batch, SYSTEM).items}
    assert items[elsewhere].state == "failed"
    assert "indica quale elemento" in items[elsewhere].outcome
    assert (items[there].state, items[there].outcome) == ("skipped", "È chiusa: resta nella sua versione")
    assert ended not in items
    assert world.instance(elsewhere).definition_version == 1
    with_mapping = plan_to(target, Recupera="Riprendi")
    world.engine.migrations.create_batch(with_mapping, "Con il corrispondente", SYSTEM)
    world.engine.run_due()
    assert world.instance(elsewhere).definition_version == 2


def test_several_versions_at_once_and_only_for_who_may(world: World, start: Start) -> None:
    first = start("sollecito")
    second_version = redeploy(world.engine, DIAGRAMS / "sollecito.bpmn", mark="seconda")
    second = start("sollecito")
    third = redeploy(world.engine, DIAGRAMS / "sollecito.bpmn", mark="terza")
    assert world.engine.migrations.sources(third, SYSTEM) == ("sollecito:1", second_version)
    plan = MigrationPlan(("sollecito:1", second_version), third)
    with pytest.raises(Forbidden):
        world.engine.migrations.create_batch(plan, "prova", world.actor("anna"))
    with pytest.raises(InvalidInput):
        world.engine.migrations.create_batch(plan, "", SYSTEM)
    world.engine.migrations.create_batch(plan, "Tutte alla terza", world.actor("nino"))
    world.engine.run_due()
    assert [world.instance(case).definition_version for case in (first, second)] == [3, 3]


def test_a_case_counts_who_did_what_before_the_task_was_renamed(world: World, start: Start) -> None:
    case = start("proposta")
    before = world.tasks(case)[0]
    before.complete(by="dora", values={"testo": "Una proposta"})
    target = redeploy(world.engine, DIAGRAMS / "proposta.bpmn", ('"Scrivi"', '"Scrivi_bene"'))
    world.engine.migrations.create_batch(plan_to(target, Scrivi="Scrivi_bene"), "Nome nuovo", SYSTEM)
    world.engine.run_due()
    assert world.instance(case).definition_version == 2
    with pytest.raises(Forbidden, match="deve farlo un'altra persona"):
        world.tasks(case)[0].complete(by="dora")
