"""Working days, Europe/Rome and nominal dates, on the dates of the two stories the offices tell (2016)."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.temporal import (
    FEEL_SIGNATURES,
    Duration,
    WorkingCalendar,
    add_duration,
    add_months,
    age,
    at_time,
    birthday,
    day_in_rome,
    end_of_day,
    feel_bindings,
    in_rome,
    repeat_from_anchor,
)

CREMA = WorkingCalendar(patron=(6, 10))
NINE = time(9, 0)
DAYS = st.dates(date(1990, 1, 1), date(2080, 12, 31))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_meeting_on_easter_monday_moves_to_tuesday_at_nine_summer_time() -> None:
    first = date(2016, 3, 14)
    second = repeat_from_anchor(first, Duration(days=14), 1)
    assert second == date(2016, 3, 28)
    assert not CREMA.is_working_day(second)
    moved = at_time(CREMA.next_or_same(second), NINE)
    assert moved.isoformat() == "2016-03-29T09:00:00+02:00"
    assert moved.astimezone(UTC) == utc(2016, 3, 29, 7)
    assert at_time(first, NINE).astimezone(UTC) == utc(2016, 3, 14, 8)
    assert repeat_from_anchor(first, Duration(days=14), 2) == date(2016, 4, 11), (
        "from the nominal date, not the moved one"
    )


def test_months_from_day_31_clamp_and_return_to_31() -> None:
    anchor = date(2016, 8, 31)
    month = Duration(months=1)
    days = [repeat_from_anchor(anchor, month, n) for n in range(1, 7)]
    assert [f"{day:%d/%m}" for day in days] == ["30/09", "31/10", "30/11", "31/12", "31/01", "28/02"]
    assert at_time(days[1], NINE).astimezone(UTC) == utc(2016, 10, 31, 8)
    moments = [repeat_from_anchor(at_time(anchor, NINE), month, n) for n in range(1, 4)]
    assert moments == [utc(2016, 9, 30, 7), utc(2016, 10, 31, 8), utc(2016, 11, 30, 8)]


def test_justification_until_the_next_working_day_after_a_missed_meeting_skips_all_saints() -> None:
    assert not CREMA.is_working_day(date(2016, 11, 1))
    assert CREMA.add_working_days(date(2016, 10, 31), 1) == date(2016, 11, 2)


def test_a_deadline_on_sunday_31_january_is_met_until_the_end_of_monday() -> None:
    moved = CREMA.next_or_same(date(2016, 1, 31))
    assert moved == date(2016, 2, 1)
    assert end_of_day(moved).isoformat() == "2016-02-01T23:59:59+01:00"


def test_changes_asked_on_27_july_with_ten_days_are_due_on_saturday_6_august() -> None:
    due = date(2016, 7, 27) + timedelta(days=10)
    assert CREMA.next_or_same(due) == date(2016, 8, 6)
    assert WorkingCalendar(saturday_is_holiday=True).next_or_same(due) == date(2016, 8, 8)


@pytest.mark.parametrize(
    "day",
    [
        "2016-01-01",
        "2016-01-06",
        "2016-03-27",
        "2016-03-28",
        "2016-04-25",
        "2016-05-01",
        "2016-06-02",
        "2016-08-15",
        "2016-11-01",
        "2016-12-08",
        "2016-12-25",
        "2016-12-26",
        "2016-06-10",
        "2026-04-06",
        "2027-10-04",
    ],
)
def test_italian_holidays_and_the_patron_are_not_working_days(day: str) -> None:
    assert not CREMA.is_working_day(date.fromisoformat(day))


def test_the_patron_of_another_comune_and_a_closing_day() -> None:
    assert WorkingCalendar(patron=(11, 13)).is_working_day(date(2016, 6, 10))
    assert not WorkingCalendar(closings=frozenset({date(2016, 6, 3)})).is_working_day(date(2016, 6, 3))
    assert CREMA.previous(date(2016, 6, 11)) == date(2016, 6, 9)
    assert CREMA.next(date(2016, 6, 9)) == date(2016, 6, 11)
    assert CREMA.previous_or_same(date(2016, 6, 10)) == date(2016, 6, 9)


def test_faulty_calendars_and_far_dates_are_refused_with_a_sentence() -> None:
    with pytest.raises(InvalidInput, match="santo patrono"):
        WorkingCalendar(patron=(13, 1))
    with pytest.raises(InvalidInput, match="1900 al 2199"):
        CREMA.is_working_day(date(9999, 1, 1))
    with pytest.raises(InvalidInput, match="escono dal calendario"):
        CREMA.add_working_days(date(2016, 1, 1), 10**9)
    with pytest.raises(InvalidInput, match="1900 al 2199"):
        CREMA.working_days_between(date(2016, 1, 1), date(9000, 1, 1))
    shut = WorkingCalendar(closings=frozenset(date(2016, 1, 1) + timedelta(days=n) for n in range(4000)))
    with pytest.raises(InvalidInput, match="ridurre le chiusure"):
        shut.next_or_same(date(2016, 1, 1))


@given(DAYS, st.integers(-200, 200).filter(bool))
def test_adding_and_counting_working_days_agree(day: date, n: int) -> None:
    moved = CREMA.add_working_days(day, n)
    assert CREMA.is_working_day(moved)
    assert (moved > day) == (n > 0)
    assert CREMA.working_days_between(day, moved) == n


@given(DAYS)
def test_zero_working_days_is_that_day_or_the_next(day: date) -> None:
    assert CREMA.add_working_days(day, 0) == CREMA.next_or_same(day) >= day


def test_a_nonexistent_time_moves_forward_by_the_gap() -> None:
    moment = at_time(date(2016, 3, 27), time(2, 30))
    assert moment.isoformat() == "2016-03-27T03:30:00+02:00"
    assert moment.astimezone(UTC) == utc(2016, 3, 27, 1, 30)


def test_an_ambiguous_time_is_the_first_of_the_two() -> None:
    moment = at_time(date(2016, 10, 30), time(2, 30, fold=1))
    assert moment.isoformat() == "2016-10-30T02:30:00+02:00"
    assert moment.astimezone(UTC) == utc(2016, 10, 30, 0, 30)


def test_the_day_in_rome_begins_before_the_day_in_utc() -> None:
    assert day_in_rome(utc(2016, 7, 31, 22, 30)) == date(2016, 8, 1)
    assert day_in_rome(utc(2016, 1, 31, 22, 59)) == date(2016, 1, 31)
    assert in_rome(datetime(2016, 1, 1, 9)).isoformat() == "2016-01-01T09:00:00+01:00"
    assert end_of_day(utc(2016, 7, 31, 22, 30)) == end_of_day(date(2016, 8, 1))


@given(DAYS)
def test_the_end_of_a_day_is_one_second_before_the_next_day(day: date) -> None:
    assert end_of_day(day).astimezone(UTC) + timedelta(seconds=1) == at_time(
        day + timedelta(days=1), time(0)
    ).astimezone(UTC)


def test_age_changes_on_the_birthday() -> None:
    birth = date(1976, 2, 10)
    assert age(birth, date(2016, 1, 28)) == 39
    assert age(birth, date(2016, 2, 9)) == 39
    assert age(birth, date(2016, 2, 10)) == 40
    assert birthday(birth, 40) == date(2016, 2, 10)
    assert age(birth, birth) == 0
    with pytest.raises(InvalidInput, match="successiva"):
        age(birth, date(1976, 2, 9))


def test_born_on_29_february_means_1_march_in_common_years() -> None:
    birth = date(1976, 2, 29)
    assert age(birth, date(2015, 2, 28)) == 38
    assert age(birth, date(2015, 3, 1)) == 39
    assert age(birth, date(2016, 2, 28)) == 39
    assert age(birth, date(2016, 2, 29)) == 40
    assert birthday(birth, 39) == date(2015, 3, 1)
    with pytest.raises(InvalidInput, match="fuori dal calendario"):
        birthday(birth, 9000)


@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)), st.integers(0, 120))
def test_the_nth_birthday_is_the_first_day_of_that_age(birth: date, years: int) -> None:
    day = birthday(birth, years)
    assert age(birth, day) == years
    if years:
        assert age(birth, day - timedelta(days=1)) == years - 1


@given(DAYS, st.integers(-600, 600))
def test_adding_months_keeps_the_day_or_clamps_it_to_month_end(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved + timedelta(days=1)).day == 1


@given(st.datetimes(datetime(1990, 1, 1), datetime(2080, 1, 1)), st.integers(-800, 800))
def test_days_keep_the_wall_clock_and_hours_are_exact(wall: datetime, n: int) -> None:
    moment = in_rome(wall)
    moved = in_rome(add_duration(moment, Duration(days=n)))
    expected = moment.replace(tzinfo=None, fold=0) + timedelta(days=n)
    assert moved.replace(tzinfo=None, fold=0) - expected in (timedelta(0), timedelta(hours=1)), (
        "one hour: in the spring gap"
    )
    assert add_duration(moment, Duration(hours=n)) - moment.astimezone(UTC) == timedelta(hours=n)


def test_feel_functions_do_what_their_signatures_say() -> None:
    feel = feel_bindings(CREMA, utc(2016, 3, 27, 22, 30))
    assert set(feel) == {signature.name for signature in FEEL_SIGNATURES}
    assert feel["oggi"]() == date(2016, 3, 28)
    assert feel["adesso"]().isoformat() == "2016-03-28T00:30:00+02:00"
    assert feel["eta"](date(1976, 2, 10), date(2016, 1, 28)) == Decimal(39)
    assert isinstance(feel["eta"](date(1976, 2, 10), date(2016, 1, 28)), Decimal)
    assert feel["compleanno"](date(1976, 2, 10), Decimal(40)) == date(2016, 2, 10)
    assert feel["giorno lavorativo"](date(2016, 3, 28)) == date(2016, 3, 29)
    assert feel["giorno lavorativo"](utc(2016, 3, 27, 22, 30)) == date(2016, 3, 29)
    assert feel["aggiungi giorni lavorativi"](date(2016, 10, 31), Decimal(1)) == date(2016, 11, 2)
    assert feel["giorni lavorativi"](date(2016, 10, 31), date(2016, 11, 2)) == Decimal(1)
    assert feel["ricorrenza"](date(2016, 8, 31), "P1M", Decimal(2)) == date(2016, 10, 31)
    assert (
        feel["ricorrenza"](at_time(date(2016, 3, 14), NINE), timedelta(days=14), 1).isoformat()
        == "2016-03-28T09:00:00+02:00"
    )
    assert feel["alle ore"](date(2016, 3, 29), "09:00").isoformat() == "2016-03-29T09:00:00+02:00"
    assert feel["fine giornata"](date(2016, 2, 1)).isoformat() == "2016-02-01T23:59:59+01:00"


def test_feel_functions_give_null_for_null_and_a_sentence_for_nonsense() -> None:
    feel = feel_bindings(CREMA, utc(2016, 3, 27))
    for signature in FEEL_SIGNATURES:
        if signature.parameters:
            assert feel[signature.name](*([None] * len(signature.parameters))) is None
    with pytest.raises(InvalidInput, match="non è una data"):
        feel["giorno lavorativo"](Decimal(3))
    with pytest.raises(InvalidInput, match="numero intero"):
        feel["aggiungi giorni lavorativi"](date(2016, 1, 1), Decimal("1.5"))
    with pytest.raises(InvalidInput, match="non è un'ora"):
        feel["alle ore"](date(2016, 1, 1), "25:00")
    with pytest.raises(InvalidInput, match="non è una durata"):
        feel["ricorrenza"](date(2016, 1, 1), Decimal(1), Decimal(1))
