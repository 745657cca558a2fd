"""Deadlines: an administrator changes one, sees beforehand whom it touches, and every running case follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from engine.access import SYSTEM, Actor
from engine.access.actors import actor
from engine.errors import Forbidden, InvalidInput, InvalidState, NotFound
from engine.scheduling.overrides import After, At, Every, Override
from engine.simulation import World
from engine.storage.tables import task, timer
from engine.timers.deadlines import DeadlineChange
from engine.timers.deadlines.diagram_descriptions import describe_default
from tests.engine.statement_log import recorded_statements
from tests.engine.timers.test_scheduled_starts import DAILY, deploy

ROME = ZoneInfo("Europe/Rome")
TIMER, DUE, FOLLOW = "scadenze/Tempo/timer", "scadenze/Approva/due", "scadenze/Approva/follow_up"
CYCLE, SHARED = "scadenze/Sollecito/timer", "scadenza:chiusura"
ADA = actor("ada", "Ada", ["amministratore"])
Start = Callable[..., str]


def rome(year: int, month: int, day: int, hour: int = 23, minute: int = 59, second: int = 59) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=ROME).astimezone(UTC)


def signing(world: World, start: Start, **more: Any) -> str:
    """A case that waits for the signature, with its timers."""
    case = start("scadenze", **more)
    world.task("Approvazione", case).complete(by="anna")
    return case


def due(world: World, case: str, element: str = "Tempo") -> datetime | None:
    with world.engine.database.read() as connection:
        moment: datetime | None = connection.execute(
            select(timer.c.due_at).where(
                timer.c.instance_id == case,
                timer.c.element_id == element,
                timer.c.state.in_(("waiting", "suspended")),
            )
        ).scalar_one()
    return moment


def dates(world: World, case: str) -> Any:
    with world.engine.database.read() as connection:
        query = select(task).where(task.c.instance_id == case, task.c.state.in_(("open", "suspended")))
        return connection.execute(query).one()._mapping


def put(
    world: World,
    key: str,
    term: Override | None,
    scope: str = "",
    *,
    by: Actor = ADA,
    past: bool = False,
    reason: str = "Delibera 12",
) -> DeadlineChange:
    """Preview and apply, as an administrator does."""
    deadlines = world.engine_for_call().deadlines
    seen = deadlines.preview(key, scope, term, by)
    return deadlines.apply(
        key, scope, term, fingerprint=seen.fingerprint, reason=reason, actor=by, past_confirmed=past
    )


def test_every_timer_and_date_of_a_diagram_is_listed_by_itself(world: World, start: Start) -> None:
    signing(world, start)
    start("scadenze")
    lines = {one.deadline.key: one for one in world.engine.deadlines.list(ADA)}
    assert lines[TIMER].deadline.label == "Firma: Tempo scaduto"
    assert lines[TIMER].deadline.default == "10 giorni dopo l'inizio dell'attesa"
    assert lines[DUE].deadline.default == "5 giorni lavorativi dopo l'inizio dell'attesa"
    assert lines[FOLLOW].deadline.default == "2 giorni dopo l'inizio dell'attesa"
    assert lines[CYCLE].deadline.default == "ogni 7 giorni"
    assert lines[SHARED].deadline.label == "Chiusura delle candidature"
    assert len(lines[SHARED].deadline.uses) == 2
    assert (lines[TIMER].waiting, lines[DUE].waiting, lines[SHARED].waiting) == (1, 1, 2)
    assert lines[TIMER].next_due == rome(2016, 3, 11, 10, 0, 0)
    with pytest.raises(Forbidden):
        world.engine.deadlines.list(actor("carlo", "Carlo", ["coordinatore_patti"]))


def test_a_change_moves_running_cases_and_those_started_later(world: World, start: Start) -> None:
    case = signing(world, start)
    change = put(world, TIMER, After(15, "lavorativi"))
    assert (change.moved, change.overdue) == (1, 0)
    assert due(world, case) == rome(2016, 3, 18)
    later = signing(world, start)
    assert due(world, later) == due(world, case)
    world.advance_to(rome(2016, 3, 17))
    assert [one.row.name for one in world.tasks(case)] == ["Firma"]
    world.advance_to(rome(2016, 3, 19))
    assert [one.row.name for one in world.tasks(case)] == ["Recupero"]


def test_the_preview_says_who_moves_who_is_late_and_who_stays(world: World, start: Start) -> None:
    moves, still, hand = (signing(world, start) for _ in range(3))
    world.engine.instances.suspend(still, "Attesa", SYSTEM)
    (row,) = [t for t in world.engine.timers.of_instance(hand, SYSTEM) if t.element_id == "Tempo"]
    world.engine.deadlines.set_due_date("timer", row.id, rome(2016, 4, 1), "Accordo", ADA)
    seen = world.engine.deadlines.preview(TIMER, "", After(0, "giorni", time_of_day=time(9)), ADA)
    assert seen.counts == {
        "moves": 1, "overdue": 1, "suspended": 1, "by_hand": 1, "no_moment": 0, "completed": 0,
    }  # fmt: skip
    fates = {one.instance_id: one.outcome for one in seen.changes}
    assert fates == {moves: "overdue", still: "suspended", hand: "by_hand"}
    assert due(world, moves) == rome(2016, 3, 11, 10, 0, 0)
    with pytest.raises(InvalidInput, match="subito in ritardo"):
        put(world, TIMER, After(0, "giorni", time_of_day=time(9)))
    put(world, TIMER, After(0, "giorni", time_of_day=time(9)), past=True)
    world.engine.run_due()
    assert [one.row.name for one in world.tasks(moves)] == ["Recupero"]
    assert due(world, hand) == rome(2016, 4, 1)


def test_a_reason_and_an_unchanged_preview_are_needed(world: World, start: Start) -> None:
    signing(world, start)
    with pytest.raises(InvalidInput, match="motivo"):
        put(world, TIMER, After(3, "mesi"), reason=" ")
    seen = world.engine.deadlines.preview(TIMER, "", After(3, "mesi"), ADA)
    signing(world, start)
    with pytest.raises(InvalidState, match="cambiato qualcosa"):
        world.engine.deadlines.apply(
            TIMER, "", After(3, "mesi"), fingerprint=seen.fingerprint, reason="x", actor=ADA
        )
    with pytest.raises(InvalidInput, match="ripetizione"):
        put(world, TIMER, Every(1, "mesi"))
    with pytest.raises(InvalidInput, match="ripetizione"):
        put(world, CYCLE, At(rome(2016, 5, 1)))
    with pytest.raises(NotFound):
        put(world, "scadenze/Nessuno/timer", None)


def test_an_ambito_may_have_its_own_value(world: World, start: Start) -> None:
    case = signing(world, start)
    elsewhere = world.start("scadenze", by="vera", scope="cremona", values={}).id
    world.task("Approvazione", elsewhere).complete(by="anna")
    put(world, TIMER, After(20, "giorni"), world.scope)
    assert (due(world, case), due(world, elsewhere)) == (rome(2016, 3, 21), rome(2016, 3, 11, 10, 0, 0))
    put(world, TIMER, After(30, "giorni"))
    assert (due(world, case), due(world, elsewhere)) == (rome(2016, 3, 21), rome(2016, 3, 31))
    put(world, TIMER, None, world.scope)
    assert due(world, case) == rome(2016, 3, 31)
    local = actor("lino", "Lino", ["amministratore"], "cremona")
    put(world, TIMER, After(40, "giorni"), "cremona", by=local)
    with pytest.raises(Forbidden):
        put(world, TIMER, After(40, "giorni"), by=local)


def test_undoing_is_a_new_change_and_only_the_last_can_be_undone(world: World, start: Start) -> None:
    case = signing(world, start)
    before = due(world, case)
    first = put(world, TIMER, After(20, "giorni"))
    second = put(world, TIMER, At(rome(2016, 5, 1)))
    deadlines = world.engine.deadlines
    with pytest.raises(InvalidState, match="un'altra"):
        deadlines.undo(first.id, "", ADA)
    undone = deadlines.undo(second.id, "", ADA)
    assert due(world, case) == rome(2016, 3, 21)
    assert (undone.undoes, undone.reason) == (second.id, f"Annullata la modifica n. {second.id}")
    put(world, TIMER, None)
    assert due(world, case) == before
    assert [one.undoable for one in deadlines.history(ADA, TIMER)] == [True, False, False, False]
    told = [e for e in world.engine.history.timeline(case, SYSTEM).items if e.kind == "deadline.changed"]
    assert told[0].actor_id == "ada"
    assert told[0].data["new"] == "20 giorni dopo l'inizio dell'attesa"


def test_due_and_follow_up_dates_move_and_the_holder_is_told(world: World, start: Start) -> None:
    case = start("scadenze")
    put(world, DUE, After(2, "lavorativi", time_of_day=time(12)))
    put(world, FOLLOW, After(1, "giorni", time_of_day=time(8)))
    row = dates(world, case)
    assert row["due_at"] == row["due_order"] == rome(2016, 3, 3, 12, 0, 0)
    assert row["follow_up_at"] == rome(2016, 3, 2, 8, 0, 0)
    assert due(world, case, "Approva") == rome(2016, 3, 4, 9, 0, 0)  # when the coordinator hears of the delay
    world.engine.run_due()
    assert any("spostata" in mail.subject for mail in world.mailbox.mails)


def test_a_shared_deadline_moves_timer_and_due_date_together(world: World, start: Start) -> None:
    case = signing(world, start)
    put(world, SHARED, At(rome(2016, 7, 15, 12, 0, 0)))
    assert due(world, case, "Chiude") == dates(world, case)["due_at"] == rome(2016, 7, 15, 12, 0, 0)
    put(world, SHARED, None)
    assert due(world, case, "Chiude") == rome(2016, 6, 30, 0, 0, 0)
    assert dates(world, case)["due_at"] == rome(2016, 6, 30)


def test_an_offset_counts_from_the_start_the_diagram_or_a_task_done(world: World, start: Start) -> None:
    case = start("scadenze")
    world.advance(days=3)
    world.task("Approvazione", case).complete(by="anna")
    put(world, TIMER, After(30, "giorni", "avvio"))
    assert due(world, case) == rome(2016, 3, 31)
    put(world, TIMER, After(2, "giorni", "diagramma"))
    assert due(world, case) == rome(2016, 3, 16)
    put(world, TIMER, After(1, "mesi", "elemento:Approva", "Approvazione"))
    assert due(world, case) == rome(2016, 4, 4)
    later = start("scadenze")
    world.advance(days=1)
    world.task("Approvazione", later).complete(by="anna")
    assert due(world, later) == rome(2016, 4, 5)
    put(world, TIMER, After(36, "ore"))
    assert due(world, case) == rome(2016, 3, 5, 22, 0, 0)


def test_a_suspended_case_never_gets_the_old_value_back(world: World, start: Start) -> None:
    case = signing(world, start)
    world.advance(days=4)
    world.suspend("Attesa", by="anna", instance_id=case)
    put(world, TIMER, After(20, "giorni"))
    world.advance(days=100)
    world.resume(by="anna", instance_id=case)
    left = rome(2016, 3, 21) - rome(2016, 3, 5, 10, 0, 0)
    assert abs((due(world, case) or world.now) - (world.now + left)) < timedelta(seconds=1)
    put(world, TIMER, At(rome(2016, 12, 1)))
    world.suspend("Attesa", by="anna", instance_id=case)
    world.advance(days=10)
    world.resume(by="anna", instance_id=case)
    assert due(world, case) == rome(2016, 12, 1)


def test_a_repetition_changes_its_step_and_goes_back(world: World, start: Start) -> None:
    case = signing(world, start)
    put(world, TIMER, At(rome(2017, 1, 1)))
    world.advance(days=8)  # it has fired once, at the eighth of March
    put(world, CYCLE, Every(1, "mesi", 31, time_of_day=time(9)))
    moments = []
    for _ in range(3):
        moments.append(due(world, case, "Sollecito"))
        world.advance_to(moments[-1] or world.now)
    assert moments == [rome(2016, 3, 31, 9, 0, 0), rome(2016, 4, 30, 9, 0, 0), rome(2016, 5, 31, 9, 0, 0)]
    new = signing(world, start)
    assert due(world, new, "Sollecito") == due(world, case, "Sollecito") == rome(2016, 6, 30, 9, 0, 0)
    put(world, CYCLE, None, past=True)
    world.engine.run_due()
    assert due(world, new, "Sollecito") == rome(2016, 6, 7, 9, 0, 0)


def test_the_number_of_statements_does_not_grow_with_the_cases(world: World, start: Start) -> None:
    def counted(days: int) -> int:
        with recorded_statements(world.engine) as statements:
            put(world, TIMER, After(days, "lavorativi"))
        return len(statements)

    signing(world, start)
    world.restart()
    one = counted(15)
    for _ in range(12):
        signing(world, start)
    assert counted(16) <= one + 1


TERMS = st.one_of(
    st.builds(
        After,
        st.integers(1, 60),
        st.sampled_from(["giorni", "lavorativi", "settimane", "mesi"]),
        st.sampled_from(["attesa", "avvio", "diagramma"]),
        st.just(""),
        st.sampled_from(["nessuno", "successivo", "precedente"]),
        st.sampled_from([None, time(9), time(2, 30)]),
    ),
    st.builds(After, st.integers(24, 2000), st.just("ore")),
    st.builds(lambda days: At(rome(2016, 5, 1) + timedelta(days=days)), st.integers(0, 300)),
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TERMS, min_size=1, max_size=2))
def test_a_moved_deadline_is_what_a_new_case_would_have(
    world: World, start: Start, terms: list[Override]
) -> None:
    put(world, TIMER, None, past=True)
    case = signing(world, start)
    for term in terms:
        put(world, TIMER, term, past=True)
    new = signing(world, start)
    assert due(world, case) == due(world, new)
    for one in (case, new):
        world.engine.instances.cancel(one, "Finita la prova", SYSTEM)


def test_a_value_of_a_day_is_kept_as_it_was_typed(world: World) -> None:
    term = Every(2, "settimane", None, date(2016, 12, 31), "successivo", time(8, 30))
    put(world, CYCLE, term)
    (standing,) = world.engine.deadlines.get(CYCLE, ADA).overrides
    assert standing.override == term
    assert standing.sentence == (
        "ogni 2 settimane, fino al 31/12/2016, alle 08:30; se non è lavorativo, il primo giorno lavorativo dopo"
    )


def test_a_suspension_keeps_a_ledger_of_time_used_and_time_left(world: World, start: Start) -> None:
    case = signing(world, start)
    world.advance(days=4)
    world.suspend("Attesa", by="anna", instance_id=case)
    world.advance(days=100)
    world.resume(by="anna", instance_id=case)
    world.advance(days=1)
    clocks = {one.name: one for one in world.engine.deadlines.of_instance(case, ADA).deadlines}
    timed, dated = clocks["Tempo scaduto"], clocks["Chiusura"]
    assert [(one.entry, one.used.days, one.left and one.left.days) for one in timed.suspensions] == [
        ("stopped", 4, 6),
        ("started", 4, 6),
    ]
    assert timed.suspensions[1].due_at - timed.suspensions[0].due_at == timedelta(days=100)
    assert (timed.used, timed.left, timed.due_at - world.now) == (*[timedelta(days=5)] * 2, timedelta(days=5))
    assert (dated.left, {one.left for one in dated.suspensions}) == (None, {None})
    assert len({one.due_at for one in dated.suspensions}) == 1
    with pytest.raises(Forbidden):
        world.engine.deadlines.of_instance(case, actor("carlo", "Carlo", ["coordinatore_patti"]))


def test_a_suspended_or_ended_deadline_is_not_moved_by_hand(world: World, start: Start) -> None:
    case = signing(world, start)
    (clock,) = [
        one for one in world.engine.deadlines.of_instance(case, ADA).deadlines if one.name == "Tempo scaduto"
    ]
    deadlines = world.engine.deadlines
    with pytest.raises(InvalidInput, match="già passato"):
        deadlines.set_due_date("timer", clock.id, rome(2016, 2, 1), "Errore", ADA)
    assert deadlines.set_due_date("timer", clock.id, rome(2016, 4, 1), "Accordo", ADA) == case
    (moved,) = [one for one in deadlines.of_instance(case, ADA).deadlines if one.id == clock.id]
    assert (moved.by_hand, moved.due_at, moved.left) == (True, rome(2016, 4, 1), None)
    world.suspend("Attesa", by="anna", instance_id=case)
    with pytest.raises(InvalidState, match="sospesa"):
        deadlines.set_due_date("timer", clock.id, rome(2016, 5, 1), "Accordo", ADA)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("P1M", "1 mese dopo l'inizio dell'attesa"),
        ("2016-06-30", "il 30/06/2016"),
        ("R3/PT36H", "ogni 36 ore, 3 volte"),
        ("=fine giornata(oggi())", "il giorno in cui comincia l'attesa, a fine giornata"),
        (
            '=if fine = null then null else giorno lavorativo(fine + duration("P1M"))',
            "se «fine = null»: nessuna scadenza; altrimenti: 1 mese dopo la data «fine»; "
            "se non è lavorativo, il primo giorno lavorativo dopo",
        ),
        ("=incontro.il", "come dice l'espressione «incontro.il»"),
    ],
)
def test_what_a_diagram_says_is_told_in_words(text: str, words: str) -> None:
    assert describe_default(text, {}) == words


def test_what_begins_a_process_by_itself_is_listed(world: World) -> None:
    deploy(world, DAILY)
    line = world.engine.deadlines.get("da_se/Inizio/start", ADA)
    assert (line.deadline.kind, line.waiting, line.next_due) == ("start", 0, rome(2016, 3, 2, 9, 0, 0))
    assert line.deadline.default == "ogni 1 giorno, dal 02/03/2016 alle 09:00"
    assert line.deadline.override_kinds == ("data", "ogni")
