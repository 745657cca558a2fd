"""Calendar files of closings: what other programs write, what is refused and why, and files that mean harm."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.temporal.ics_closings import (
    MAX_CLOSINGS,
    MAX_EVENTS,
    MAX_FILE_BYTES,
    MAX_NAME_LENGTH,
    ClosingFile,
    Span,
    read_closings,
    write_closings,
)

YEARS = (2016, 2021)
AT = datetime(2016, 1, 28, 9, tzinfo=UTC)


def file_of(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def read(*events: str) -> ClosingFile:
    return read_closings(file_of(*events), *YEARS)


def days(*events: str) -> list[tuple[str, str]]:
    return [(str(one.first), str(one.last)) for one in read(*events).spans]


def why(*events: str) -> list[str]:
    found = read(*events)
    assert found.spans == ()
    return [one.why for one in found.refused]


def test_the_end_of_an_event_of_whole_days_is_the_day_after_it() -> None:
    assert days("DTSTART;VALUE=DATE:20160810\nDTEND;VALUE=DATE:20160815") == [("2016-08-10", "2016-08-14")]
    assert days("DTSTART;VALUE=DATE:20160810") == [("2016-08-10", "2016-08-10")]
    assert days("DTSTART;VALUE=DATE:20160810\nDTEND;VALUE=DATE:20160810") == [("2016-08-10", "2016-08-10")]
    assert days("DTSTART;VALUE=DATE:20160810\nDURATION:P5D") == [("2016-08-10", "2016-08-14")]
    assert days("DTSTART;VALUE=DATE:20161231\nDURATION:P1W") == [("2016-12-31", "2017-01-06")]


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART:20160809T220000Z\nDTEND:20160810T220000Z",
        "DTSTART:20160810T000000\nDTEND:20160811T000000",
        "DTSTART:20160810T000000\nDTEND:20160810T235900",
        "DTSTART;TZID=Europe/Rome:20160810T000000\nDTEND;TZID=Europe/Rome:20160810T235959",
        "DTSTART;TZID=W. Europe Standard Time:20160810T000000\nDURATION:P1D",
        "DTSTART;TZID=Europe/Paris:20160810T000000\nDTEND;TZID=Europe/Paris:20160811T000000",
    ],
)
def test_from_midnight_to_midnight_in_italy_is_a_whole_day(event: str) -> None:
    assert days(event) == [("2016-08-10", "2016-08-10")]


def test_whole_days_hold_across_both_clock_changes() -> None:
    spring = "DTSTART;TZID=Europe/Rome:20160326T000000\nDURATION:P2D"
    autumn = "DTSTART:20161028T220000Z\nDTEND:20161030T230000Z"
    assert days(spring, autumn) == [("2016-03-26", "2016-03-27"), ("2016-10-29", "2016-10-30")]
    assert why("DTSTART:20161029T220000Z\nDTEND:20161030T220000Z") == [
        "va dalle 00:00 alle 23:00: una chiusura è di giornate intere"
    ]


def test_events_that_are_no_closing_are_refused_each_with_its_reason() -> None:
    assert why("DTSTART:20160810T070000Z\nDTEND:20160810T110000Z") == [
        "va dalle 09:00 alle 13:00: una chiusura è di giornate intere"
    ]
    york = "America/New_York"
    assert why(f"DTSTART;TZID={york}:20160810T000000\nDTEND;TZID={york}:20160811T000000") == [
        "è di giornate intere in un altro fuso orario (America/New_York), non in Italia"
    ]
    assert why("DTSTART;TZID=Terra/Di Mezzo:20160810T000000") == [
        "il fuso orario «Terra/Di Mezzo» non si conosce"
    ]
    assert why("DTSTART;TZID=../../etc/passwd:20160810T000000") == [
        "il fuso orario «../../etc/passwd» non si conosce"
    ]
    assert why("SUMMARY:Senza inizio") == ["non ha un giorno di inizio (DTSTART)"]
    assert why("DTSTART;VALUE=DATE:20160230") == ["la data «20160230» non si capisce"]
    assert why("DTSTART;VALUE=DATE:20160810\nDTEND;VALUE=DATE:20160801") == ["finisce prima di cominciare"]
    assert why("DTSTART;VALUE=DATE:20160810\nSTATUS:CANCELLED") == ["l'evento è annullato"]
    assert why("DTSTART;VALUE=DATE:20160810\nDTEND:20160811T000000Z") == [
        "comincia con un giorno e finisce con un'ora, o il contrario"
    ]
    assert why("DTSTART") == ["una sua riga non si capisce"]


def test_what_repeats_every_year_is_read_up_to_a_year() -> None:
    found = read("DTSTART;VALUE=DATE:19951224\nDTEND;VALUE=DATE:19951227\nSUMMARY:Feste\nRRULE:FREQ=YEARLY")
    assert [str(one.first) for one in found.spans] == [f"{year}-12-24" for year in range(2016, 2022)]
    assert {one.last - one.first for one in found.spans} == {timedelta(days=2)}
    assert found.endless == ("Feste",)
    ended = read("DTSTART;VALUE=DATE:20160624\nRRULE:FREQ=YEARLY;UNTIL=20180624;BYMONTH=6;BYMONTHDAY=24")
    assert (len(ended.spans), ended.endless) == (3, ())
    assert days("DTSTART;VALUE=DATE:20140624\nRRULE:FREQ=YEARLY;INTERVAL=2;COUNT=3") == [
        ("2016-06-24", "2016-06-24"),
        ("2018-06-24", "2018-06-24"),
    ]
    assert days("DTSTART;VALUE=DATE:20120229\nRRULE:FREQ=YEARLY") == [
        ("2016-02-29", "2016-02-29"),
        ("2020-02-29", "2020-02-29"),
    ]
    assert days("DTSTART;VALUE=DATE:20300624\nRRULE:FREQ=YEARLY") == [("2030-06-24", "2030-06-24")]


def test_days_named_one_by_one_come_and_go() -> None:
    event = "DTSTART;VALUE=DATE:20160810\nRDATE;VALUE=DATE:20160812,20160814\nEXDATE;VALUE=DATE:20160810"
    assert [first for first, _ in days(event)] == ["2016-08-12", "2016-08-14"]


def test_a_time_that_was_moved_takes_the_place_of_the_one_it_was() -> None:
    every = "UID:a\nDTSTART;VALUE=DATE:20160624\nRRULE:FREQ=YEARLY;COUNT=3"
    moved = "UID:a\nRECURRENCE-ID;VALUE=DATE:20170624\nDTSTART;VALUE=DATE:20170626"
    gone = "UID:a\nRECURRENCE-ID;VALUE=DATE:20180624\nDTSTART;VALUE=DATE:20180624\nSTATUS:CANCELLED"
    assert [first for first, _ in days(every, moved, gone)] == ["2016-06-24", "2017-06-26"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=FR",
        "FREQ=DAILY",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYDAY=-1FR",
        "FREQ=YEARLY;BYMONTH=8,9",
        "FREQ=YEARLY\nRRULE:FREQ=YEARLY",
    ],
)
def test_other_repetitions_are_refused(rule: str) -> None:
    (said,) = why(f"DTSTART;VALUE=DATE:20160810\nRRULE:{rule}")
    assert "si leggono solo le ripetizioni ogni anno" in said


@pytest.mark.parametrize(
    "rule", ["", "FREQ", "FREQ=YEARLY;COUNT=0", "FREQ=YEARLY;INTERVAL=0", "FREQ=YEARLY;UNTIL=x"]
)
def test_a_repetition_that_says_nothing_is_refused(rule: str) -> None:
    (said,) = why(f"DTSTART;VALUE=DATE:20160810\nRRULE:{rule}")
    assert "RRULE" in said or "si ripete" in said


def test_names_come_in_one_line_and_without_what_a_page_would_not_show() -> None:
    (one,) = read("DTSTART;VALUE=DATE:20160810\nSUMMARY:Ponte\\, di\\n agosto \u202e<b>").spans
    assert one.name == "Ponte, di agosto <b>"
    (long,) = read(f"DTSTART;VALUE=DATE:20160810\nSUMMARY:{'a' * 900}").spans
    assert len(long.name) == MAX_NAME_LENGTH


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vuoto"),
        (b"\r\n \r\n", "vuoto"),
        (b"nome;giorno\nferie;10/8", "non comincia con BEGIN:VCALENDAR"),
        (b"\xff\xfe\x00B", "UTF-8"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "incompleto"),
        (b"BEGIN:VCALENDAR\nEND:VEVENT\n", "END non chiude"),
        (b"BEGIN:VCALENDAR\n" * 60_000, "senza fine"),
        (b"\n" * (MAX_FILE_BYTES + 1), "supera 1000 KB"),
        (file_of(*["DTSTART;VALUE=DATE:20160810"] * (MAX_EVENTS + 1)), "eventi"),
        (file_of(f"DTSTART;VALUE=DATE:20160810\nRRULE:FREQ=YEARLY;BYMONTH={'8,' * 400_000}8"), "riga RRULE"),
        (file_of(f"DTSTART;VALUE=DATE:20160810\nSUMMARY:{chr(92) * 900_000}"), "riga SUMMARY"),
        (
            file_of(*(f"DTSTART;VALUE=DATE:{1990 + n // 300}{n % 12 + 1:02}{n % 25 + 1:02}\n"
                      "RRULE:FREQ=YEARLY;UNTIL=21000101" for n in range(1900))),
            f"più di {MAX_CLOSINGS} chiusure",
        ),
    ],
)  # fmt: skip
def test_files_that_are_none_or_mean_harm_are_refused_soon(content: bytes, said: str) -> None:
    begun = time.process_time()
    with pytest.raises(InvalidInput, match=said) as refused:
        read_closings(content, 2016, 2036)
    assert list(refused.value.fields) == ["file"]
    assert time.process_time() - begun < 5


def test_zones_that_a_file_invents_change_nothing() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Europe/Rome\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:-1200\n"
        "TZOFFSETTO:-1200\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    event = "BEGIN:VEVENT\nDTSTART;TZID=Europe/Rome:20160810T000000\nDURATION:P1D\nEND:VEVENT\n"
    (one,) = read_closings(f"BEGIN:VCALENDAR\n{zone}{event}END:VCALENDAR\n".encode(), *YEARS).spans
    assert one.first == one.last == date(2016, 8, 10)


def test_what_stands_inside_an_event_is_not_of_the_event() -> None:
    alarm = "BEGIN:VALARM\nTRIGGER:-PT1H\nSUMMARY:Sveglia\nDURATION:P90D\nEND:VALARM"
    (one,) = read(f"SUMMARY:Ferie\nDTSTART;VALUE=DATE:20160810\n{alarm}").spans
    assert one == Span(date(2016, 8, 10), date(2016, 8, 10), "Ferie")


_DAYS = st.dates(date(1990, 1, 1), date(2150, 1, 1))
_NAMES = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=80)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: "\\N" not in text and not any(0x2026 < ord(one) < 0x2070 for one in text))
)


@given(st.lists(st.builds(lambda first, length, name: Span(first, first + timedelta(days=length), name),
                          _DAYS, st.integers(0, 365), _NAMES), max_size=20))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_what_is_written_reads_back_the_same(spans: list[Span]) -> None:
    written = write_closings([(str(place), one, AT) for place, one in enumerate(spans)], "Prova")
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    assert read_closings(written, *YEARS) == ClosingFile(tuple(sorted(set(spans))), ())


_PIECES = [
    *(
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "DTSTART;VALUE=DATE:20160810",
        "STATUS",
    ),
    *(
        "DTSTART:2016",
        'DTSTART;TZID="a",b:20160810T000000',
        "DTSTART:99991231T235959",
        "DTSTART;VALUE=DATE:00000000",
    ),
    *(
        "DTEND:20160811T000000Z",
        "DURATION:PT",
        "DURATION:-P1D",
        "RRULE:FREQ=YEARLY",
        "RRULE:;=;",
        "EXDATE:,,,",
    ),
    *(
        "RDATE:20160810/P1D",
        "RECURRENCE-ID:x",
        "UID",
        " piegata",
        "SUMMARY;LANGUAGE=it:Ciao",
        ":",
        ";",
        "\x00",
    ),
]


@given(st.lists(st.sampled_from(_PIECES), max_size=14).map("\n".join))
@settings(max_examples=300, deadline=None)
def test_no_text_whatever_breaks_the_reading(body: str) -> None:
    for text in (body, f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{body}\nEND:VEVENT\nEND:VCALENDAR"):
        with contextlib.suppress(InvalidInput):
            found = read_closings(text.encode(), *YEARS)
            assert all(one.first <= one.last for one in found.spans)
