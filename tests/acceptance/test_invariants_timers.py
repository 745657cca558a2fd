"""Each timer fires once: across restarts, between workers, over suspensions, and with a clock that runs backwards."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from engine.access import SYSTEM
from engine.clock import VirtualClock
from engine.errors import InvalidState
from engine.simulation import World
from engine.storage.tables import event, task, timer
from tests.acceptance.stages import CANDIDATE, MEETING, another_engine, at, log_of
from tests.concurrency import refusals

CONTACT = "Primo contatto con la persona"
MISSED = "Decisione sul contatto mancato"
MANY = 6


def start_many(world: World, count: int = MANY) -> None:
    """Cases of as many persons, each waiting for the first contact (until 2/2)."""
    for number in range(count):
        values = {**CANDIDATE, "codice_fiscale": "", "motivo_senza_codice": "in attesa",
                  "nome": "ABCDEFGHIJ"[number] * 3}  # fmt: skip
        world.start("patto_autonomia", by="anna", values=values)


def fired(world: World) -> Counter[str]:
    """How often the log says that each timer fired, by the timer's id."""
    with world.engine.database.read() as connection:
        rows = connection.execute(select(event.c.data).where(event.c.kind == "timer.fired")).scalars()
        return Counter(row["timer"] for row in rows)


def names(world: World, case: str = "") -> list[str]:
    return sorted(one.row.name for one in world.tasks(case or None))


def test_two_workers_share_the_due_timers_and_fire_each_once(newborn: World) -> None:
    start_many(newborn)
    newborn.clock.set(at(2, 10))
    workers = [another_engine(newborn) for _ in range(2)]
    counts: list[int] = []
    try:
        calls = [lambda one=one: counts.append(one.run_due()) for one in workers for _ in range(2)]
        assert not refusals(*calls)
    finally:
        for one in workers:
            one.close()
    assert all(names(newborn, case) == [MISSED] for case in newborn.instance_ids)
    assert len(fired(newborn)) == MANY
    assert set(fired(newborn).values()) == {1}
    assert not newborn.engine.incidents.list(SYSTEM)
    assert newborn.engine.run_due() == 0


def test_a_mail_that_a_timer_causes_leaves_once_for_each_case(newborn: World) -> None:
    start_many(newborn, 2)
    newborn.engine.run_due()
    before = len(newborn.mailbox.mails)
    newborn.clock.set(at(2, 10))
    other = another_engine(newborn)
    try:
        assert not refusals(newborn.engine.run_due, other.run_due)
    finally:
        other.close()
    caused = [(mail.event, mail.to, mail.instance_id) for mail in newborn.mailbox.mails[before:]]
    assert sorted(caused) == [
        ("compito_assegnato", "carla@example.org", case) for case in sorted(newborn.instance_ids)
    ]
    assert len({mail.key for mail in newborn.mailbox.mails}) == len(newborn.mailbox.mails)


def test_a_timer_against_the_person_who_completes_the_task(newborn: World) -> None:
    """The call and the deadline in the same instant: one of them counts, the other finds nothing to do."""
    start_many(newborn, 4)
    newborn.clock.set(at(2, 3))
    open_tasks = [newborn.tasks(case)[0].id for case in newborn.instance_ids]
    anna, other = newborn.actor("anna"), another_engine(newborn)
    contact = {"contatto_il": "2016-02-03", "contatto_modo": "telefono", "esito_contatto": "prosegue"}
    try:
        problems = refusals(
            *[lambda one=one: newborn.engine.tasks.complete(one, contact, anna) for one in open_tasks],
            *[other.timers.fire_due] * 2,
        )
    finally:
        other.close()
    assert all(isinstance(problem, InvalidState) for problem in problems), problems
    outcomes = [names(newborn, case) for case in newborn.instance_ids]
    proceeds = ["Scheda di analisi: parte lavorativa", "Scheda di analisi: parte sociale"]
    assert all(outcome in ([MISSED], proceeds) for outcome in outcomes)
    assert sum(outcome == [MISSED] for outcome in outcomes) == len(problems)
    assert set(fired(newborn).values()) <= {1}


def test_restarts_in_the_middle_change_nothing(active: World) -> None:
    active.clock.set(at(3, 14, 9))
    for _ in range(3):
        active.restart()
        active.engine.timers.fire_due(limit=1)
    active.restart()
    active.engine.run_due()
    assert names(active).count(MEETING) == 1
    assert set(fired(active).values()) == {1}
    assert [one.at for one in log_of(active, "timer.fired")].count(active.now) == 1


def test_a_step_that_dies_before_its_commit_fires_again_once(
    active: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    active.clock.set(at(3, 14, 9))

    def die(step: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("engine.timers.service.write_step", die)
        with pytest.raises(KeyboardInterrupt):
            active.engine.timers.fire_due()
    active.restart()
    assert MEETING not in names(active)
    active.engine.run_due()
    assert names(active).count(MEETING) == 1
    assert set(fired(active).values()) == {1}


def test_a_clock_set_back_does_nothing_twice(active: World) -> None:
    active.advance_to(at(3, 14, 9))
    before = names(active), sum(fired(active).values())
    for moment in (at(3, 13), at(3, 14, 9), at(2, 29, 8), at(3, 14, 9)):
        active.clock.set(moment)
        active.restart()
        active.engine.run_due()
    assert (names(active), sum(fired(active).values())) == before


def test_a_worker_whose_clock_is_behind_does_not_undo_the_other(active: World) -> None:
    slow = another_engine(active, VirtualClock(active.now))
    try:
        active.advance_to(at(3, 14, 9))
        assert slow.timers.fire_due() == 0
        assert slow.next_due() == active.engine.next_due()
    finally:
        slow.close()
    assert names(active).count(MEETING) == 1


def test_nothing_fires_while_suspended_and_a_date_that_passed_fires_at_resumption(active: World) -> None:
    active.suspend("la persona è in ospedale", by="anna")
    lines = len(log_of(active))
    active.advance_to(at(4, 20))
    assert MEETING not in names(active)
    assert len(log_of(active)) == lines
    active.resume(by="anna")
    assert names(active).count(MEETING) == 1
    assert [one.at for one in log_of(active, "timer.fired")][-1] == active.now
    assert set(fired(active).values()) == {1}


def test_a_date_still_to_come_stays_where_it_is(active: World) -> None:
    active.suspend("una pausa", by="anna")
    active.advance(days=5)
    active.resume(by="anna")
    (due,) = {one.due_at for one in active.engine.timers.of_instance(active.instance_ids[0], SYSTEM)
              if one.name == "Giorno dell'incontro"}  # fmt: skip
    assert due == datetime(2016, 3, 14, 8, tzinfo=UTC)


def test_a_span_resumes_with_what_it_had_left(active: World) -> None:
    """The reminder every 30 days on a suspended patto: 10 days run, 40 stand still, 20 are left, by the wall clock."""
    active.advance_to(at(3, 14, 9))
    active.task(MEETING).complete(by="fabio", data_incontro="2016-03-14", presente="si", seguito="sospendi")
    before = len(log_of(active, "timer.fired"))
    active.advance(days=10)
    active.suspend("manca un documento", by="anna")
    active.advance(days=40)
    active.resume(by="anna")
    active.advance(days=19, hours=22, minutes=59)
    assert len(log_of(active, "timer.fired")) == before
    active.advance(minutes=1)
    assert len(log_of(active, "timer.fired")) == before + 1
    active.advance(days=29)
    assert len(log_of(active, "timer.fired")) == before + 1
    active.advance(days=2)
    assert len(log_of(active, "timer.fired")) == before + 2


def test_suspending_against_firing_leaves_the_timer_fired_or_standing(newborn: World) -> None:
    start_many(newborn, 3)
    newborn.clock.set(at(2, 10))
    anna, other = newborn.actor("anna"), another_engine(newborn)
    try:
        assert not refusals(
            other.timers.fire_due,
            *[
                lambda one=one: newborn.engine.instances.suspend(one, "prova", anna)
                for one in newborn.instance_ids
            ],
        )
    finally:
        other.close()
    with newborn.engine.database.read() as connection:
        waiting = connection.execute(select(timer.c.id).where(timer.c.state == "waiting")).all()
        opened = connection.execute(select(task.c.id).where(task.c.state == "open")).all()
    assert not waiting
    assert not opened
    for case in newborn.instance_ids:
        newborn.resume(by="anna", instance_id=case)
    assert all(names(newborn, case) == [MISSED] for case in newborn.instance_ids)
    assert set(fired(newborn).values()) == {1}


def test_a_moved_deadline_does_not_fire_at_its_old_time(sitting: World) -> None:
    """Put off to 3/3 and then, the case suspended meanwhile, looked at again: the seat opens on 3/3 at 9, once."""
    sitting.advance_to(at(2, 18))
    sitting.task("Seduta della commissione").complete(
        by="gina", data_seduta="2016-02-18", presenti=[{"nome": "G"}, {"nome": "H"}, {"nome": "I"}],
        esito_commissione="rinvia", motivazione="Manca un documento.", rinviata_al="2016-03-03",
    )  # fmt: skip
    assert names(sitting) == []
    sitting.advance_to(at(3, 3, 9) - timedelta(seconds=1))
    assert names(sitting) == []
    sitting.advance(seconds=1)
    assert names(sitting) == ["Seduta della commissione"]
    assert set(fired(sitting).values()) == {1}
