"""The moments of administrators' terms: clamped at the ends of months, on working days, over changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.scheduling.overrides import (
    After,
    At,
    Every,
    Override,
    describe_override,
    due_moment,
    occurrence,
    override_from_json,
    override_to_json,
    parse_override,
)
from engine.temporal import WorkingCalendar

ROME = ZoneInfo("Europe/Rome")
CALENDAR = WorkingCalendar()


def rome(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


def due(term: At | After, begun: str) -> str:
    return f"{due_moment(term, rome(begun), lambda: CALENDAR).astimezone(ROME):%Y-%m-%d %H:%M}"


def repeated(term: Every, begun: str, times: int) -> list[str]:
    found = (occurrence(term, rome(begun), n, lambda: CALENDAR) for n in range(1, times + 1))
    return [f"{one.astimezone(ROME):%Y-%m-%d %H:%M}" for one in found if one is not None]


@pytest.mark.parametrize(
    ("count", "begun", "expected"),
    [
        (1, "2016-01-31 10:00", "2016-02-29 23:59"),
        (1, "2015-01-31 10:00", "2015-02-28 23:59"),
        (13, "2015-01-31 23:59", "2016-02-29 23:59"),
        (-1, "2016-03-31 10:00", "2016-02-29 23:59"),
        (2, "2015-12-31 00:00", "2016-02-29 23:59"),
    ],
)
def test_months_clamp_at_the_end_of_a_shorter_one(count: int, begun: str, expected: str) -> None:
    assert due(After(count, "mesi"), begun) == expected


def test_a_repetition_counts_from_its_nominal_beginning_and_no_date_inherits_a_clamping() -> None:
    assert repeated(Every(1, "mesi"), "2015-12-31 10:00", 4) == [
        "2016-01-31 23:59", "2016-02-29 23:59", "2016-03-31 23:59", "2016-04-30 23:59",
    ]  # fmt: skip
    last = Every(2, "mesi", 31, until=date(2016, 7, 1), time_of_day=time(9))
    assert repeated(last, "2016-01-31 10:00", 9) == [
        "2016-02-29 09:00",
        "2016-04-30 09:00",
        "2016-06-30 09:00",
    ]


def test_a_day_that_is_not_worked_passes_to_the_next_or_to_the_one_before() -> None:
    begun = "2016-03-24 10:00"  # three days later it is Easter, then the Monday after it
    assert due(After(3, "giorni"), begun) == "2016-03-27 23:59"
    assert due(After(3, "giorni", roll="successivo"), begun) == "2016-03-29 23:59"
    assert due(After(3, "giorni", roll="precedente", time_of_day=time(12)), begun) == "2016-03-26 12:00"
    assert due(After(2, "lavorativi"), begun) == "2016-03-26 23:59"


def test_days_keep_their_hour_and_hours_their_length_over_both_changes_of_the_clock() -> None:
    assert due(After(1, "giorni", time_of_day=time(9)), "2016-03-26 09:00") == "2016-03-27 09:00"
    assert due(After(1, "giorni", time_of_day=time(9)), "2016-10-29 09:00") == "2016-10-30 09:00"
    assert due(After(24, "ore"), "2016-03-26 09:00") == "2016-03-27 10:00"
    assert due(After(24, "ore"), "2016-10-29 09:00") == "2016-10-30 08:00"
    missing = due_moment(
        After(1, "giorni", time_of_day=time(2, 30)), rome("2016-03-26 09:00"), lambda: CALENDAR
    )
    assert missing == datetime(2016, 3, 27, 1, 30, tzinfo=UTC)  # 02:30 is not there: it is 03:30
    twice = due_moment(
        After(1, "giorni", time_of_day=time(2, 30)), rome("2016-10-29 09:00"), lambda: CALENDAR
    )
    assert twice == datetime(2016, 10, 30, 0, 30, tzinfo=UTC)  # the first of both
    midnight = due_moment(After(0, "giorni"), rome("2016-03-27 00:30"), lambda: CALENDAR)
    assert midnight == datetime(2016, 3, 27, 21, 59, 59, tzinfo=UTC)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)),
    st.integers(-400, 400),
    st.sampled_from(["giorni", "lavorativi", "settimane", "mesi"]),
    st.sampled_from(["nessuno", "successivo", "precedente"]),
    st.sampled_from([None, time(0), time(2, 30), time(23, 59)]),
)
def test_a_term_in_days_depends_on_nothing_but_the_day(
    begun: datetime, count: int, unit: str, roll: str, clock: time | None
) -> None:
    term = After(count, unit, roll=roll, time_of_day=clock)
    aware = begun.replace(tzinfo=ROME)
    noon = aware.replace(hour=12, minute=0, second=0, microsecond=0)
    found = due_moment(term, aware, lambda: CALENDAR)
    assert found == due_moment(term, noon, lambda: CALENDAR)
    assert override_from_json(override_to_json(term)) == term
    if roll == "successivo":
        plain = due_moment(After(count, unit, time_of_day=clock), aware, lambda: CALENDAR)
        assert timedelta() <= found - plain < timedelta(days=10)


@pytest.mark.parametrize(
    ("fields", "term", "words"),
    [
        (
            {"genere": "data", "data": "2016-01-31"},
            At(datetime(2016, 1, 31, 22, 59, 59, tzinfo=UTC)),
            "il 31/01/2016 alle 23:59",
        ),
        (
            {"genere": "dopo", "numero": "1", "unita": "mesi", "verso": "prima", "da": "diagramma"},
            After(-1, "mesi", "diagramma"),
            "1 mese prima della data prevista dal diagramma",
        ),
        (
            {"genere": "ogni", "ogni": "2", "periodo": "mesi", "giorno": "31"},
            Every(2, "mesi", 31),
            "il giorno 31 ogni 2 mesi",
        ),
        (
            {"genere": "dopo", "numero": "0", "unita": "giorni", "da": "avvio"},
            After(0, "giorni", "avvio"),
            "all'avvio della pratica",
        ),
    ],
)
def test_what_is_typed_is_what_is_meant_and_said(fields: dict[str, str], term: Override, words: str) -> None:
    found = parse_override(fields)
    assert found == term
    assert found is not None
    assert words in describe_override(found)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"genere": "data", "data": "31/01/2016"}, "data"),
        ({"genere": "dopo", "numero": "-1", "unita": "giorni"}, "numero"),
        ({"genere": "dopo", "numero": "1", "unita": "anni"}, "unita"),
        ({"genere": "dopo", "numero": "1", "unita": "ore", "ora": "09:00"}, "ora"),
        ({"genere": "dopo", "numero": "1", "unita": "giorni", "da": "elemento:Nessuno"}, "da"),
        ({"genere": "ogni", "ogni": "0", "periodo": "mesi"}, "ogni"),
        ({"genere": "ogni", "ogni": "1", "periodo": "settimane", "giorno": "3"}, "giorno"),
        ({"genere": "data", "data": "2016-01-31", "ora": "9"}, "ora"),
        ({"genere": "mai"}, "genere"),
    ],
)
def test_what_is_typed_wrongly_is_refused_beside_its_field(fields: dict[str, str], wrong: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_override(fields)
    assert wrong in refused.value.fields
