"""A shared deadline inside a bigger expression: the dates worked out from it follow when an administrator moves it."""

from __future__ import annotations

from datetime import date

import pytest

from engine.access import SYSTEM
from engine.errors import InvalidInput
from engine.scheduling.overrides import After, At, Every
from engine.simulation import World
from tests.engine.statement_log import recorded_statements
from tests.engine.timers.test_deadlines import ADA, Start, dates, due, put, rome

CALL, DAYS = "scadenza:termine_bando", "scadenza:risposta_giorni"


def answering(world: World, start: Start, warned: date = date(2016, 3, 1)) -> str:
    """A case whose dates are worked out from both deadlines and from what it knows."""
    return start("scadenze_composte", avviso=warned)


def test_dates_worked_out_from_a_deadline_follow_it(world: World, start: Start) -> None:
    case, other = answering(world, start), answering(world, start, date(2016, 3, 5))
    assert dates(world, case)["due_at"] == rome(2016, 6, 23)
    assert [dates(world, one)["follow_up_at"] for one in (case, other)] == [
        rome(2016, 3, 11),
        rome(2016, 3, 15),
    ]
    change = put(world, CALL, At(rome(2016, 7, 31)))
    assert (change.moved, dates(world, case)["due_at"]) == (2, rome(2016, 7, 24))
    assert dates(world, case)["due_order"] == rome(2016, 7, 24)
    assert due(world, case, "Risponde") == rome(2016, 7, 25, 9, 0, 0)  # the coordinator hears of the delay
    put(world, DAYS, After(20, "giorni"))
    assert [dates(world, one)["follow_up_at"] for one in (case, other)] == [
        rome(2016, 3, 21),
        rome(2016, 3, 25),
    ]
    assert due(world, case, "Tardi") == rome(2016, 3, 21, 10, 0, 0)
    later = answering(world, start)
    assert due(world, later, "Tardi") == due(world, case, "Tardi")
    assert dates(world, later)["due_at"] == rome(2016, 7, 24)
    put(world, CALL, None)
    put(world, DAYS, None)
    assert dates(world, case)["due_at"] == dates(world, later)["due_at"] == rome(2016, 6, 23)
    assert due(world, case, "Tardi") == rome(2016, 3, 11, 10, 0, 0)
    told = [e for e in world.engine.history.timeline(case, SYSTEM).items if e.kind == "deadline.changed"]
    assert [one.data["label"] for one in told] == ["Termine del bando", "Giorni per rispondere"] * 2


def test_what_is_suspended_or_moved_by_hand_is_told_in_the_preview(world: World, start: Start) -> None:
    moves, still, hand = (answering(world, start) for _ in range(3))
    world.suspend("Attesa", by="anna", instance_id=still)
    (row,) = [c for c in world.engine.deadlines.of_instance(hand, ADA).deadlines if c.kind == "timer"]
    world.engine.deadlines.set_due_date("timer", row.id, rome(2016, 9, 1), "Accordo", ADA)
    world.advance(days=12 - 2)
    world.restart()
    seen = world.engine.deadlines.preview(DAYS, "", After(30, "giorni"), ADA)
    fates = {(one.instance_id, one.kind): one.outcome for one in seen.changes}
    assert fates[still, "timer"] == fates[still, "follow_up"] == "suspended"
    assert fates[hand, "timer"] == "by_hand"
    assert (moves, "timer") not in fates  # it is over
    put(world, DAYS, After(30, "giorni"))
    assert due(world, hand, "Tardi") == rome(2016, 9, 1)
    world.resume(by="anna", instance_id=still)
    assert due(world, still, "Tardi") == rome(2016, 4, 10, 10, 0, 0)


def test_only_a_term_of_the_same_type_fits_and_the_list_says_where_it_is_used(
    world: World, start: Start
) -> None:
    answering(world, start)
    line = world.engine.deadlines.get(DAYS, ADA)
    assert (line.deadline.label, line.deadline.default, line.waiting) == (
        "Giorni per rispondere",
        "10 giorni",
        2,
    )
    assert {use.element_name for use in line.deadline.all_uses} == {"Risposta", "Nessuna risposta"}
    with pytest.raises(InvalidInput, match="vale un numero"):
        put(world, DAYS, At(rome(2016, 7, 31)))
    with pytest.raises(InvalidInput, match="senza ora"):
        put(world, CALL, At(rome(2016, 7, 31, 12)))
    with pytest.raises(InvalidInput, match="ripetizione"):
        put(world, DAYS, Every(1, "mesi"))


def test_the_statements_do_not_grow_with_the_cases_here_either(world: World, start: Start) -> None:
    def counted(days: int) -> int:
        with recorded_statements(world.engine) as statements:
            put(world, DAYS, After(days, "giorni"))
        return len(statements)

    answering(world, start)
    world.restart()
    one = counted(15)
    for _ in range(6):
        answering(world, start)
    assert counted(16) <= one + 1
