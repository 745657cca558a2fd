"""Every form that was sent can be read again as it was: after other rounds, after a restart, on both databases."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from engine.access import SYSTEM
from engine.access.actors import actor
from engine.errors import Forbidden, InvalidInput, NotFound
from engine.execution.instance_cache import InstanceCache
from engine.simulation import World
from engine.storage.tables import draft, event, submission
from tests.engine.execution.test_persistence import counted, most_statements

Start = Callable[..., str]

CASE_MANAGER = actor("elena", "Elena", ["case_manager"])
TEXTS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40).map(
    partial(unicodedata.normalize, "NFC")  # as forms write texts
)
ROUNDS = st.lists(
    st.fixed_dictionaries(
        {
            "note": st.none() | TEXTS,
            "ore": st.none() | st.decimals(0, 999, places=2),
            "giorno": st.none() | st.dates(date(2015, 1, 1), date(2020, 12, 31)),
            "obiettivi": st.lists(st.fixed_dictionaries({"testo": TEXTS}), max_size=3),
        }
    ),
    min_size=1,
    max_size=4,
)


def meet(world: World, case: str, *, again: bool = True, **answers: Any) -> None:
    """Send the form of the meeting that is open."""
    world.task("Incontro di verifica", case).complete(by="anna", values={**answers, "altro": again})


def test_each_round_is_kept_with_who_when_and_which_version(world: World, start: Start) -> None:
    case = start("incontri", motivo="Segnalazione")
    meet(world, case, note="La prima volta")
    world.advance(days=30)
    meet(world, case, note="La seconda volta", again=False)
    found = world.engine.submissions.list(case, SYSTEM).items
    assert [one.name for one in found] == ["Incontro di verifica", "Incontro di verifica", "Richiesta"]
    assert [one.answers.get("note") for one in found] == ["La seconda volta", "La prima volta", None]
    assert {(one.actor_id, one.definition_id) for one in found} == {("anna", "incontri:1")}
    assert (found[0].at - found[1].at).days == 30
    assert found[2].task_id is None
    assert found[2].answers["motivo"] == "Segnalazione"
    assert found[1].context["motivo"] == "Segnalazione", "what the form showed"
    only = world.engine.submissions.list(case, SYSTEM, element_id="Inizio").items
    assert only == found[2:]
    assert world.engine.submissions.elements(case, SYSTEM) == (
        ("Inizio", "Richiesta"),
        ("Incontro", "Incontro di verifica"),
    )


def test_pages_follow_each_other(world: World, start: Start) -> None:
    case = start("incontri")
    for number in range(3):
        world.advance(days=1)
        meet(world, case, note=str(number))
    seen: list[Any] = []
    after: str | None = ""
    while after is not None:
        page, after = world.engine.submissions.list(case, SYSTEM, after=after, limit=1)
        seen += [one.answers.get("note") for one in page]
    assert seen == ["2", "1", "0", None]
    with pytest.raises(InvalidInput):
        world.engine.submissions.list(case, SYSTEM, after="qualcosa")


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=ROUNDS)
def test_what_is_sent_is_read_again_as_it_was(
    world: World, start: Start, rounds: list[dict[str, Any]]
) -> None:
    case = start("incontri")
    for number, answers in enumerate(rounds):
        world.advance(hours=1)
        meet(world, case, again=number + 1 < len(rounds), **answers)
    world.restart()
    found = world.engine.submissions.list(case, SYSTEM, element_id="Incontro").items[::-1]
    for sent, kept in zip(rounds, found, strict=True):
        assert {name: kept.answers[name] for name in sent} == sent
        assert kept.answers["ore"] is None or type(kept.answers["ore"]) is Decimal
        assert {name: kept.variables[name] for name in sent} == sent
        assert world.engine.submissions.get(kept.id, SYSTEM) == kept
        assert world.engine.submissions.of_task(str(kept.task_id), SYSTEM) == kept


def test_restricted_answers_are_for_who_may_read_them(world: World, start: Start) -> None:
    case = start("incontri", motivo="Segnalazione", nota_interna="Segreto")
    meet(world, case, note="Per tutti", riserbo="Segreto", again=False)
    world.task("Parere riservato", case).complete(by="anna", values={"parere": "Segreto"})
    service, anna = world.engine.submissions, world.actor("anna")
    whole = service.list(case, anna).items
    assert [(one.readable, one.withheld) for one in whole] == [(True, False)] * 3
    opinion, meeting, request = service.list(case, CASE_MANAGER).items
    assert "Segreto" not in repr((opinion, meeting, request))
    assert (opinion.readable, meeting.withheld, request.withheld) == (False, True, True)
    assert (opinion.name, meeting.answers["note"]) == ("Parere riservato", "Per tutti")
    with pytest.raises(Forbidden, match="riservate"):
        service.get(opinion.id, CASE_MANAGER)
    assert service.of_task(str(opinion.task_id), CASE_MANAGER) is None
    assert set(service.ids_by_task(case, CASE_MANAGER)) == {None, meeting.task_id}
    assert service.get(opinion.id, anna).answers == {"parere": "Segreto"}


def test_who_may_not_see_the_case_reads_nothing_of_it(world: World, start: Start) -> None:
    case, vera = start("incontri"), world.actor("vera")
    kept = world.engine.submissions.list(case, SYSTEM).items[0].id
    for ask in (
        lambda: world.engine.submissions.list(case, vera),
        lambda: world.engine.submissions.get(kept, vera),
        lambda: world.engine.submissions.elements(case, vera),
        lambda: world.engine.submissions.ids_by_task(case, vera),
    ):
        with pytest.raises(Forbidden):
            ask()
    with pytest.raises(NotFound):
        world.engine.submissions.get(10**6, SYSTEM)


def test_what_is_kept_cannot_be_changed(world: World, start: Start) -> None:
    start("incontri")
    for statement in (update(submission).values(actor_id="altro"), delete(submission)):
        with pytest.raises(DBAPIError, match="non si modificano"), world.engine.database.begin() as work:
            work.connection.execute(statement)


def test_a_refused_form_is_not_kept(world: World, start: Start) -> None:
    case = start("incontri")
    with pytest.raises(InvalidInput):
        meet(world, case, ore="molte")
    assert len(world.engine.submissions.list(case, SYSTEM).items) == 1


def test_submitting_deletes_ones_own_draft_only(world: World, start: Start) -> None:
    case = start("incontri")
    task, anna = world.task("Incontro di verifica", case).id, world.actor("anna")
    world.engine.tasks.save_draft(task, {"note": ["A metà"]}, anna)
    with world.engine.database.begin() as work:
        other = {"task_id": task, "actor_id": "bruno", "content": {}, "saved_at": world.now}
        work.connection.execute(insert(draft).values(other))
    meet(world, case, note="Finita")
    with world.engine.database.read() as connection:
        assert list(connection.execute(select(draft.c.actor_id)).scalars()) == ["bruno"]


@pytest.mark.parametrize("live", [0, 10], ids=["restored", "live"])
def test_keeping_a_form_costs_no_statement_more(world: World, start: Start, live: int) -> None:
    world.engine.step_runner.cache = InstanceCache(live)
    anna, engine = world.actor("anna"), world.engine
    for case in (start("incontri"), start("incontri")):
        task = world.task("Incontro di verifica", case).id
        engine.tasks.save_draft(task, {"note": ["Bozza"]}, anna)
        with counted(engine) as (statements, commits):
            engine.tasks.complete(task, {"note": "Sì", "altro": True}, anna)
    assert len(commits) == 1
    most = 1 if live and engine.database.uses_pipeline else most_statements(engine)
    assert len(statements) <= most, "\n".join(s[:110] for s in statements)
    with counted(engine) as (statements, commits):
        engine.instances.start("incontri", {"motivo": "Altra"}, anna, world.scope)
    assert len(commits) == 1
    assert len(statements) <= most_statements(engine), "\n".join(s[:110] for s in statements)


def test_the_log_names_the_fields_and_not_what_was_written(world: World, start: Start) -> None:
    case = start("incontri")
    meet(world, case, note="Solo nel modulo")
    with world.engine.database.read() as connection:
        told = list(connection.execute(select(event.c.data).where(event.c.instance_id == case)).scalars())
    assert "Solo nel modulo" not in repr(told)
