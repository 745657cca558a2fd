"""Several people on the same tasks: taking, giving back, passing on, who may, who sees, who comes second."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.access import SYSTEM
from engine.errors import Forbidden, InvalidInput, InvalidState, NotFound
from engine.simulation import World
from engine.tasks.models import InboxFilter
from tests.concurrency import refusals

Start = Callable[..., str]


def completions(world: World, case: str) -> list[str]:
    """Who completed something, in order."""
    return [
        e.actor_id for e in world.engine.history.timeline(case, SYSTEM).items if e.kind == "task.completed"
    ]


def test_two_people_complete_a_task_at_the_same_moment_and_one_wins(world: World, start: Start) -> None:
    case = start("proposta")
    task = world.task("Scrivi la proposta", case)
    engine, actors = world.engine, [world.actor(who) for who in ("dario", "dora")]
    refused = refusals(
        *[
            lambda who=who: engine.tasks.complete(task.id, {"testo": f"di {who.id}"}, who)
            for who in actors * 3
        ]
    )
    assert [problem.code for problem in refused] == ["TASK_COMPLETED"] * 5
    assert len(completions(world, case)) == 1
    assert len(world.tasks(case)) == 1


def test_the_second_is_told_who_was_first(world: World, start: Start) -> None:
    task = world.task("Scrivi la proposta", start("proposta"))
    task.complete(by="dario", testo="una")
    with pytest.raises(InvalidState, match="completato da dario"):
        task.complete(by="dora", testo="un'altra")


def test_a_task_that_changed_hands_is_not_completed_by_the_one_who_had_it_open(
    world: World, start: Start
) -> None:
    case = start("proposta")
    task = world.task("Scrivi la proposta", case)
    task.claim(by="dario")
    seen = world.engine.inbox.task(task.id, world.actor("dario")).revision
    task.hand_over(by="dario", to="dora", note="Vado in ferie")
    with pytest.raises((InvalidState, Forbidden), match="dora"):
        world.engine.tasks.complete(task.id, {"testo": "x"}, world.actor("dario"), revision=seen)
    task.complete(by="dora", testo="x")


def test_claiming_is_for_the_groups_and_only_one_holds(world: World, start: Start) -> None:
    task = world.task("Scrivi la proposta", start("proposta"))
    with pytest.raises(Forbidden):
        task.claim(by="anna")
    task.claim(by="dario")
    task.claim(by="dario")
    with pytest.raises(InvalidState, match="già in carico a dario"):
        task.claim(by="dora")
    with pytest.raises(Forbidden, match="in carico a dario"):
        task.complete(by="dora", testo="x")
    counts = world.engine.inbox.counts(world.actor("dario"))
    assert (counts.mine, counts.groups) == (1, 0)
    assert world.engine.inbox.counts(world.actor("dora")).groups == 0


def test_releasing_is_for_the_holder_or_the_coordinator(world: World, start: Start) -> None:
    task = world.task("Scrivi la proposta", start("proposta"))
    task.claim(by="dario")
    with pytest.raises(Forbidden):
        task.release(by="dora")
    task.release(by="carla")
    task.claim(by="dora")
    task.release(by="dora")
    assert world.engine.inbox.counts(world.actor("dario")).groups == 1


def test_handing_over_needs_somebody_with_the_role_in_the_ambito(world: World, start: Start) -> None:
    task = world.task("Scrivi la proposta", start("proposta"))
    task.claim(by="dario")
    for colleague in ("bruno", "vera"):
        with pytest.raises(InvalidInput):
            task.hand_over(by="dario", to=colleague)
    with pytest.raises(Forbidden):
        task.hand_over(by="dora", to="dora")
    task.hand_over(by="carla", to="dora", note="Dario è malato")
    kinds = [e.kind for e in world.engine.history.timeline(world.instance_ids[-1], SYSTEM).items]
    assert kinds.count("task.handed_over") == 1


def test_a_task_for_one_person_is_not_released_but_passed_on(world: World, start: Start) -> None:
    case = start("proposta")
    world.task("Scrivi la proposta", case).complete(by="dario", testo="x")
    world.task("Approva la proposta", case).complete(by="gina")
    task = world.task("Compito di Elena", case)
    with pytest.raises(InvalidState, match="consegnalo"):
        task.release(by="elena")
    with pytest.raises(Forbidden):
        task.complete(by="dario")
    task.hand_over(by="elena", to="fabio")
    task.complete(by="fabio")
    assert world.instance(case).state == "completed"


def test_who_wrote_the_proposal_does_not_approve_it(world: World, start: Start) -> None:
    case = start("proposta")
    world.task("Scrivi la proposta", case).complete(by="dario", testo="x")
    task = world.task("Approva la proposta", case)
    with pytest.raises(Forbidden, match="un'altra persona"):
        task.complete(by="dario")
    task.claim(by="dario")
    with pytest.raises(Forbidden, match="un'altra persona"):
        task.complete(by="dario")
    task.hand_over(by="dario", to="gina")
    task.complete(by="gina")
    assert completions(world, case) == ["dario", "gina"]


def test_drafts_are_each_person_s_own_and_survive_being_second(world: World, start: Start) -> None:
    task = world.task("Scrivi la proposta", start("proposta"))
    tasks = world.engine.tasks
    tasks.save_draft(task.id, {"testo": "di Dora"}, world.actor("dora"))
    tasks.save_draft(task.id, {"testo": "di Dario"}, world.actor("dario"))
    tasks.save_draft(task.id, {"testo": "di Dario, meglio"}, world.actor("dario"))
    task.complete(by="dario", testo="x")
    assert world.engine.tasks.draft(task.id, world.actor("dora")) == {"testo": "di Dora"}
    assert world.engine.tasks.draft(task.id, world.actor("dario")) is None


def test_who_works_elsewhere_sees_nothing(world: World, start: Start) -> None:
    case = start("sollecito")
    task = world.task("Lavora", case)
    engine, vera = world.engine, world.actor("vera")
    assert engine.inbox.page(vera, InboxFilter(box="all")).items == ()
    assert engine.instances.list(vera).items == ()
    assert engine.instances.search("Sollecito", vera) == ()
    for refused in (
        lambda: engine.instances.get(case, vera),
        lambda: engine.instances.variables(case, vera),
        lambda: engine.inbox.task(task.id, vera),
        lambda: engine.history.timeline(case, vera).items,
        lambda: engine.timers.of_instance(case, vera),
        lambda: engine.tasks.claim(task.id, vera),
        lambda: engine.tasks.complete(task.id, {}, vera),
        lambda: engine.comments.comment(task.id, "x", vera),
        lambda: engine.instances.suspend(case, "x", vera),
        lambda: engine.instances.cancel(case, "x", vera),
        lambda: engine.instances.start("sollecito", {}, vera, "cremasco/crema"),
    ):
        with pytest.raises((Forbidden, NotFound)):
            refused()


def test_a_role_above_sees_below_and_a_role_below_does_not_see_above(world: World) -> None:
    below = world.start("sollecito", by="anna", scope="cremasco/crema").id
    assert world.engine.instances.get(below, world.actor("carla")).id == below
    with pytest.raises(Forbidden):
        world.start("sollecito", by="anna", scope="cremasco")
    mine = world.start("sollecito", by="vera", scope="cremona").id
    with pytest.raises(Forbidden):
        world.engine.instances.get(mine, world.actor("anna"))
    assert {row.instance_id for row in world.engine.inbox.page(world.actor("vera"), InboxFilter()).items} == {
        mine
    }


def test_pages_of_the_inbox_hold_every_task_once(world: World, start: Start) -> None:
    for _ in range(7):
        start("sollecito")
    anna, seen, after = world.actor("anna"), [], None
    while True:
        page = world.engine.inbox.page(anna, InboxFilter(box="groups"), after, limit=3)
        seen += [row.id for row in page.items]
        after = page.next
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 7
