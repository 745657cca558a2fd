"""What begins processes by itself is a deadline like the others: seen beforehand, moved with a reason, undone, kept."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select, update

from engine.access import SYSTEM
from engine.access.actors import actor
from engine.errors import Forbidden, InvalidInput, InvalidState
from engine.scheduling.overrides import After, At, Every
from engine.simulation import World
from engine.storage.tables import definition, event
from tests.engine.timers.test_deadlines import ADA, put, rome
from tests.engine.timers.test_scheduled_starts import DAILY, ONCE, begun, deploy

KEY = "da_se/Inizio/start"
WEEKLY = Every(1, "settimane", time_of_day=time(10))


def coming(world: World) -> list[str]:
    """When cases will begin by themselves, in Rome."""
    found = world.engine.scheduled_starts.upcoming(SYSTEM)
    return [f"{one.due_at + timedelta(hours=1):%m-%d %H:%M}" for one in found]  # in winter


def test_a_start_is_previewed_and_moved_to_a_date(world: World) -> None:
    deploy(world, ONCE)
    moved = At(rome(2016, 3, 5, 8, 30, 0))
    seen = world.engine.deadlines.preview(KEY, "", moved, ADA)
    (one,) = seen.changes
    assert (one.kind, one.old, one.new, one.outcome) == (
        "start",
        rome(2016, 3, 3, 9, 0, 0),
        moved.at,
        "moves",
    )
    assert coming(world) == ["03-03 09:00"], "a preview changes nothing"
    change = put(world, KEY, moved)
    assert change.moved == 1
    world.advance(days=3)
    assert begun(world) == [], "the diagram's date goes by"
    world.advance(days=2)
    assert begun(world) == [("da_se:1", "cremona")]
    world.advance(days=9)
    assert len(begun(world)) == 1
    line = world.engine.deadlines.get(KEY, ADA)
    assert [one.sentence for one in line.overrides] == ["il 05/03/2016 alle 08:30"]
    with world.engine.database.read() as connection:
        told = connection.execute(select(event).where(event.c.kind == "deadline.changed")).one()
    assert (told.actor_id, told.data["reason"], told.data["new"]) == (
        "ada",
        "Delibera 12",
        "il 05/03/2016 alle 08:30",
    )


def test_a_repetition_with_an_end_takes_the_place_of_the_diagram_s(world: World) -> None:
    deploy(world, DAILY)
    world.advance(days=1)
    assert len(begun(world)) == 1
    put(world, KEY, Every(1, "settimane", until=date(2016, 3, 20), time_of_day=time(10)))
    assert coming(world) == ["03-09 10:00"], "a week after the last nominal start"
    world.advance(days=30)
    assert len(begun(world)) == 3, "on the 9th and the 16th, and no more"
    assert coming(world) == []


def test_a_date_may_become_a_repetition_and_a_repetition_a_date(world: World) -> None:
    deploy(world, ONCE)
    put(world, KEY, Every(1, "mesi", day_of_month=31, roll="precedente", time_of_day=time(9)))
    world.advance(days=125)  # to the 4th of July: 31 March, 29 April (a Friday), 31 May, 30 June
    assert len(begun(world)) == 4
    put(world, KEY, At(rome(2016, 7, 10, 9, 0, 0)))
    world.advance(days=60)
    assert len(begun(world)) == 5


def test_an_offset_has_no_case_to_count_from(world: World) -> None:
    deploy(world, DAILY)
    with pytest.raises(InvalidInput, match="non c'è ancora una pratica da cui contare") as refused:
        put(world, KEY, After(3, "giorni"))
    assert "genere" in refused.value.fields


def test_a_moment_that_is_past_needs_a_second_confirmation_and_begins_at_once(world: World) -> None:
    deploy(world, ONCE)
    yesterday = At(rome(2016, 2, 28, 9, 0, 0))
    assert world.engine.deadlines.preview(KEY, "", yesterday, ADA).changes[0].outcome == "overdue"
    with pytest.raises(InvalidInput, match="comincerebbe subito"):
        put(world, KEY, yesterday)
    with pytest.raises(InvalidInput, match="motivo"):
        put(world, KEY, yesterday, reason=" ", past=True)
    put(world, KEY, yesterday, past=True)
    world.engine.run_due()
    assert len(begun(world)) == 1
    world.advance(days=5)
    assert len(begun(world)) == 1


def test_undoing_gives_the_diagram_back_and_once_over_nothing_begins(world: World) -> None:
    deploy(world, DAILY)
    first = put(world, KEY, At(rome(2016, 5, 1, 9, 0, 0)))
    world.advance(days=4)
    assert begun(world) == []
    undone = world.engine.deadlines.undo(first.id, "", ADA)
    assert undone.undoes == first.id
    assert coming(world) == ["03-06 09:00"]
    deploy(world, ONCE)  # whose date has gone by
    again = put(world, KEY, At(rome(2016, 5, 1, 9, 0, 0)))
    _, seen = world.engine.deadlines.preview_undo(again.id, ADA)
    assert [(one.new, one.outcome) for one in seen.changes] == [(None, "ends")]
    world.engine.deadlines.undo(again.id, "Non serve", ADA)
    assert coming(world) == []
    put(world, KEY, At(rome(2016, 3, 10, 9, 0, 0)))
    assert coming(world) == ["03-10 09:00"], "what is over can be given a new date"


def test_the_value_is_kept_by_a_new_version_a_restart_and_a_suspension(world: World) -> None:
    deploy(world, DAILY)
    put(world, KEY, WEEKLY)
    world.advance(days=3)
    deploy(world, DAILY, task="Guarda meglio")
    world.restart()
    assert coming(world) == ["03-08 10:00"], "the week is not counted anew"
    world.engine.definition_suspension.suspend("da_se", "Pausa", SYSTEM)
    world.advance(days=7)
    assert begun(world) == []
    world.engine.definition_suspension.resume("da_se", SYSTEM)
    world.engine.run_due()
    assert begun(world) == [("da_se:2", "cremona")], "what went by begins one"
    assert coming(world) == ["03-15 10:00"]
    put(world, KEY, At(rome(2016, 3, 20, 9, 0, 0)))
    deploy(world, DAILY, task="Guarda ancora")
    assert coming(world) == ["03-20 09:00"]
    world.advance(days=20)
    assert len(begun(world)) == 2
    deploy(world, DAILY, task="Guarda di nuovo")
    assert coming(world) == [], "a date that has gone by starts nothing again"


def test_a_change_while_suspended_holds_when_the_process_goes_on(world: World) -> None:
    deploy(world, ONCE)
    world.engine.definition_suspension.suspend("da_se", "Pausa", SYSTEM)
    world.advance(days=4)
    put(world, KEY, At(rome(2016, 3, 20, 9, 0, 0)))
    world.engine.definition_suspension.resume("da_se", SYSTEM)
    world.engine.run_due()
    assert begun(world) == [], "what was owed has moved with the change"
    world.advance(days=20)
    assert len(begun(world)) == 1


def test_an_ambito_reaches_the_starts_below_it_alone(world: World) -> None:
    deploy(world, ONCE)
    assert world.engine.deadlines.preview(KEY, "crema", At(rome(2016, 3, 9)), ADA).changes == ()
    put(world, KEY, At(rome(2016, 3, 9, 9, 0, 0)), "crema")
    assert coming(world) == ["03-03 09:00"]
    put(world, KEY, At(rome(2016, 3, 9, 9, 0, 0)), "cremona")
    put(world, KEY, At(rome(2016, 3, 12, 9, 0, 0)))
    assert coming(world) == ["03-09 09:00"], "the nearer value wins"
    put(world, KEY, None, "cremona")
    assert coming(world) == ["03-12 09:00"]
    local = actor("eva", "Eva", ["amministratore"], "crema")
    with pytest.raises(Forbidden):
        put(world, KEY, None, by=local)


def test_a_new_version_after_the_preview_asks_to_look_again(world: World) -> None:
    deploy(world, ONCE)
    term = At(rome(2016, 3, 9))
    seen = world.engine.deadlines.preview(KEY, "", term, ADA)
    deploy(world, ONCE, task="Guarda meglio")
    with pytest.raises(InvalidState, match="anteprima"):
        world.engine.deadlines.apply(
            KEY, "", term, fingerprint=seen.fingerprint, reason="Delibera", actor=ADA
        )


def test_one_that_fails_is_told_and_its_repetition_goes_on_as_decided(world: World) -> None:
    deploy(world, DAILY)
    put(world, KEY, WEEKLY)
    with world.engine.database.begin() as work:  # as if a program had pinned what is no more
        work.connection.execute(
            update(definition).where(definition.c.key == "da_se").values(called={"chiamato": "chiamato:9"})
        )
    world.restart()
    world.advance(days=8)
    (found,) = world.engine.incidents.list(SYSTEM)
    assert "«Inizio» non ha avviato «da_se:1»" in found.sentence
    with world.engine.database.read() as connection:
        told = connection.execute(select(event.c.data).where(event.c.kind == "incident.opened")).scalar_one()
    assert told["kind"] == "timer"
    assert coming(world) == ["03-15 10:00"]
