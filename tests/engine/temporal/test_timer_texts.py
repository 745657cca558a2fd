"""The ISO 8601 texts that diagrams write in timers."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from engine.errors import InvalidInput
from engine.temporal import (
    Duration,
    Moment,
    Repetition,
    add_duration,
    parse_duration,
    parse_moment,
    parse_timer_text,
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P10D", Duration(days=10)),
        ("P2W", Duration(days=14)),
        ("PT1H", Duration(hours=1)),
        ("P1Y6M", Duration(years=1, months=6)),
        ("P1DT12H30M", Duration(days=1, hours=12, minutes=30)),
        ("PT0.5S", Duration(seconds=Decimal("0.5"))),
        ("-P3D", Duration(days=-3)),
        (" P10D ", Duration(days=10)),
        ("P0001-06-10T12:30:05", Duration(1, 6, 10, 12, 30, Decimal(5))),
        ("P00010610", Duration(1, 6, 10)),
        ("R-1/PT1H", Repetition(None, None, Duration(hours=1))),
    ],
)
def test_durations(text: str, expected: Duration) -> None:
    assert parse_timer_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "10D",
        "P10",
        "P1H",
        "PT1D",
        "P1DT",
        "P-1D",
        "p10d",
        "P１D",
        "P99999999999D",
        "R",
        "R3",
        "R3/",
        "R0/PT1H",
        "R/PT0S",
        "R/-PT1H",
        "R3/PT1H/P1D",
        "R/2016-03-14",
        "Rx/PT1H",
        "R2/2016-03-14T09:00/2016-03-14T08:00",
        "domani",
        "2016-02-30",
        "2016-1-1",
        "2016-01-01T25:00",
        "2016-01-01T09:00@Europe/Roma",
        "2016-01-01T09:00@../etc/passwd",
    ],
)
def test_what_is_no_timer_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="si scrive|scrivere|maggiore di zero"):
        parse_timer_text(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2016-03-29T09:00:00+02:00", utc(2016, 3, 29, 7)),
        ("2016-03-29T07:00:00Z", utc(2016, 3, 29, 7)),
        ("2016-03-29T09:00", utc(2016, 3, 29, 7)),
        ("2016-10-31T09:00:00", utc(2016, 10, 31, 8)),
        ("2016-10-31T09:00:00@Europe/Rome", utc(2016, 10, 31, 8)),
    ],
)
def test_moments(text: str, at: datetime) -> None:
    assert parse_timer_text(text) == Moment(at)


def test_a_day_alone_begins_at_midnight_in_rome() -> None:
    assert parse_moment("2016-02-01") == Moment(utc(2016, 1, 31, 23), date(2016, 2, 1))


def test_repetitions() -> None:
    start = utc(2016, 3, 14, 8)
    assert parse_timer_text("R3/PT1H") == Repetition(3, None, Duration(hours=1))
    assert parse_timer_text("R/P14D") == Repetition(None, None, Duration(days=14))
    assert parse_timer_text("R/2016-03-14T09:00:00+01:00/P14D") == Repetition(None, start, Duration(days=14))
    assert parse_timer_text("R5/P1D/2016-03-14T09:00:00+01:00") == Repetition(
        5, None, Duration(days=1), start
    )
    ranged = parse_timer_text("R2/2016-03-14T09:00:00+01:00/2016-03-14T10:30:00+01:00")
    assert isinstance(ranged, Repetition)
    assert ranged.duration.exact == timedelta(minutes=90)


def test_occurrences_are_counted_from_the_nominal_beginning() -> None:
    created = utc(2016, 8, 31, 7)
    monthly = Repetition(3, None, Duration(months=1))
    assert [monthly.occurrence(n, created) for n in range(5)] == [
        None, utc(2016, 9, 30, 7), utc(2016, 10, 31, 8), utc(2016, 11, 30, 8), None,
    ]  # fmt: skip
    fixed = Repetition(None, utc(2016, 3, 14, 8), Duration(days=14), end=utc(2016, 4, 1))
    assert [fixed.occurrence(n, created) for n in (1, 2, 3)] == [
        utc(2016, 3, 14, 8),
        utc(2016, 3, 28, 7),
        None,
    ]


def test_hours_are_exact_and_days_are_wall_time_when_clocks_change() -> None:
    eve = utc(2016, 3, 26, 8)  # 09:00 in Rome, the clocks go forward in the night
    assert add_duration(eve, parse_duration("P1D")) == utc(2016, 3, 27, 7)
    assert add_duration(eve, parse_duration("PT24H")) == utc(2016, 3, 27, 8)
    second_half_past_two = utc(2016, 10, 30, 1, 30)
    assert add_duration(second_half_past_two, parse_duration("PT1H")) == utc(2016, 10, 30, 2, 30)
    assert add_duration(second_half_past_two, Duration()) == second_half_past_two


def test_durations_say_themselves_and_come_from_spans() -> None:
    for text in ("P1Y2M3DT4H5M6S", "-P3D", "PT0.5S", "PT0S"):
        assert str(parse_duration(text)) == text
    assert Duration.of(timedelta(days=2, hours=3)) == Duration(days=2, seconds=Decimal(10800))
    assert Duration.of(timedelta(days=-2)) == Duration(days=-2)
    assert Duration().is_zero
    assert Duration(days=-1).is_negative


def test_leaving_the_calendar_is_a_sentence() -> None:
    with pytest.raises(InvalidInput, match="si esce dal calendario"):
        add_duration(utc(2016, 1, 1), parse_duration("P99999Y"))
    with pytest.raises(InvalidInput, match="si esce dal calendario"):
        parse_duration("P99999999D").added_to_day(date(2016, 1, 1))
    with pytest.raises(InvalidInput, match="contiene ore"):
        parse_duration("PT1H").added_to_day(date(2016, 1, 1))


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("2016-W10-1", "2016-03-07"),
        ("2016W107", "2016-03-13"),
        ("2016-061", "2016-03-01"),
        ("2016366", "2016-12-31"),
        ("20160301T10Z", "2016-03-01T10:00:00Z"),
        ("2016-03-01T10+01", "2016-03-01T10:00:00+01:00"),
        ("2016-02-28T24:00:00+01:00", "2016-02-29T00:00:00+01:00"),
        ("2016-061T0930@Europe/Rome", "2016-03-01T09:30:00+01:00"),
        ("R3/2016-W10-1T09:00:00Z/P1W", "R3/2016-03-07T09:00:00Z/P7D"),
    ],
)
def test_the_rarer_ways_of_writing_a_moment(text: str, usual: str) -> None:
    assert parse_timer_text(text) == parse_timer_text(usual)


@pytest.mark.parametrize(
    "text",
    [
        "2016-W54-1",
        "2016-W10-8",
        "2016-W10",
        "2015-366",
        "2016-000",
        "2016-02-28T24:01",
        "2016-13-01",
        "9999-12-31T24:00",
    ],
)
def test_a_day_or_hour_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_timer_text(text)
