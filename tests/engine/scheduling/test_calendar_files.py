"""An ambito's closings in and out as calendar files, on both databases: what is seen first, applied whole, logged."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engine.access import SYSTEM
from engine.access.actors import actor
from engine.errors import Forbidden, InvalidInput
from engine.scheduling.calendars.closings import MAX_CLOSINGS
from engine.simulation import World
from engine.storage.tables import event
from engine.temporal import day_in_rome
from engine.temporal.ics_closings import Span
from tests.engine.temporal.test_ics_closings import file_of

SUMMER = "DTSTART;VALUE=DATE:20160808\nDTEND;VALUE=DATE:20160813\nSUMMARY:Chiusura estiva"
CHRISTMAS = "DTSTART;VALUE=DATE:20141224\nRRULE:FREQ=YEARLY\nSUMMARY:Vigilia"
NAMELESS = "DTSTART;VALUE=DATE:20160603"
MEETING = "DTSTART:20160905T070000Z\nDTEND:20160905T080000Z\nSUMMARY:Riunione"
FILE = file_of(SUMMER, CHRISTMAS, NAMELESS, MEETING)


def closings(world: World, scope: str) -> list[tuple[date, date, str]]:
    found = world.engine.calendars.get(scope, SYSTEM).closings
    return [(one.first, one.last, one.reason) for one in found]


def test_a_preview_changes_nothing_and_says_what_would(area: World) -> None:
    files = area.engine.calendar_files
    area.engine.calendars.add_closing("cremasco", date(2016, 8, 8), date(2016, 8, 12), "C'era già", SYSTEM)
    preview = files.preview("cremasco", FILE, SYSTEM, 2018)
    assert [one.name for one in preview.present] == ["Chiusura estiva"]
    assert [(str(one.first), one.name) for one in preview.added] == [
        ("2016-06-03", ""),
        ("2016-12-24", "Vigilia"),
        ("2017-12-24", "Vigilia"),
        ("2018-12-24", "Vigilia"),
    ]
    assert [one.name for one in preview.refused] == ["Riunione"]
    assert (preview.endless, preview.until, preview.problem) == (("Vigilia",), 2018, "")
    assert len(closings(area, "cremasco")) == 1


def test_what_was_seen_is_applied_at_once_and_logged(area: World) -> None:
    rita = actor("rita", "Rita", ["amministratore"])
    files = area.engine.calendar_files
    preview = files.preview("cremasco", FILE, rita)
    assert files.apply("cremasco", preview.added, "Delibera 12", rita) == 8
    assert (date(2016, 6, 3), date(2016, 6, 3), "Delibera 12") in closings(area, "cremasco/crema")
    assert not area.engine.calendars.get("cremasco", SYSTEM).working_days.is_working_day(date(2016, 8, 10))
    assert files.apply("cremasco", preview.added, "Un'altra volta", rita) == 0
    with area.engine.database.read() as connection:
        rows = connection.execute(
            select(event.c.actor_id, event.c.data)
            .where(event.c.kind == "calendar.changed")
            .order_by(event.c.id)
        ).all()
    assert [row.data["what"] for row in rows] == ["closed"] * 8 + ["imported"]
    assert rows[-1].actor_id == "rita"
    assert rows[-1].data == {"scope": "cremasco", "what": "imported", "closings": 8, "reason": "Delibera 12"}


def test_a_running_case_follows_what_was_imported_at_its_next_step(
    area: World, start: Callable[..., str]
) -> None:
    (row,) = area.engine.inbox.of_instance(start("sollecito"), SYSTEM)
    assert row.due_at is not None
    day = day_in_rome(row.due_at)
    preview = area.engine.calendar_files.preview("", file_of(f"DTSTART;VALUE=DATE:{day:%Y%m%d}"), SYSTEM)
    assert preview.affected.tasks == 1
    area.engine.calendar_files.apply("", preview.added, "Chiusura", SYSTEM)
    assert area.engine.inbox.of_instance(row.instance_id, SYSTEM)[0].due_at == row.due_at


def test_days_that_fall_due_are_counted_once_however_the_file_tells_them(
    area: World, start: Callable[..., str]
) -> None:
    (row,) = area.engine.inbox.of_instance(start("sollecito"), SYSTEM)
    assert row.due_at is not None
    day = day_in_rome(row.due_at)
    spans = [
        f"DTSTART;VALUE=DATE:{day - timedelta(days=before):%Y%m%d}\nDTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"
        for before in range(3)
    ]
    assert area.engine.calendar_files.preview("", file_of(*spans), SYSTEM).affected.tasks == 1


def test_an_export_reads_back_the_same_elsewhere_and_adds_nothing_at_home(area: World) -> None:
    files = area.engine.calendar_files
    area.engine.calendars.add_closing("", date(2016, 1, 7), date(2016, 1, 7), "Di tutti", SYSTEM)
    made = files.apply(
        "cremasco", files.preview("cremasco", FILE, SYSTEM).added, 'Così; "sia", \\ e basta', SYSTEM
    )
    written = files.export("cremasco", SYSTEM)
    at_home = files.preview("cremasco", written, SYSTEM)
    assert (at_home.added, at_home.refused, len(at_home.present)) == ((), (), made)
    elsewhere = files.preview("casalasco", written, SYSTEM)
    files.apply("casalasco", elsewhere.added, "Copia", SYSTEM)
    own = [one for one in closings(area, "cremasco") if one[2] != "Di tutti"]
    assert [one for one in closings(area, "casalasco") if one[2] != "Di tutti"] == own
    assert written == files.export("cremasco", SYSTEM)


def test_all_or_none(area: World) -> None:
    files = area.engine.calendar_files
    good = Span(date(2016, 8, 8), date(2016, 8, 12), "Estate")
    for spans, field in (
        ([good, Span(date(2016, 9, 2), date(2016, 9, 1))], "al"),
        ([good, Span(date(2016, 1, 1), date(2017, 1, 2))], "al"),
        ([good, Span(date(1800, 1, 1), date(1800, 1, 1))], "dal"),
        (
            [
                Span(date(2016, 1, 1) + timedelta(days=n), date(2016, 1, 1) + timedelta(days=n))
                for n in range(1001)
            ],
            "file",
        ),
    ):
        with pytest.raises(InvalidInput) as refused:
            files.apply("cremasco", spans, "Prova", SYSTEM)
        assert list(refused.value.fields) == [field]
    with pytest.raises(InvalidInput, match="motivo"):
        files.apply("cremasco", [good], " ", SYSTEM)
    assert closings(area, "cremasco") == []


def test_a_preview_says_beforehand_that_the_whole_would_not_hold(area: World) -> None:
    files = area.engine.calendar_files
    year = "DTSTART;VALUE=DATE:20160104\nDTEND;VALUE=DATE:20170104\nSUMMARY:Un anno"
    more = "DTSTART;VALUE=DATE:20170104\nDTEND;VALUE=DATE:20171231\nSUMMARY:E un altro"
    assert (
        "non resterebbero giorni lavorativi" in files.preview("cremasco", file_of(year, more), SYSTEM).problem
    )
    long = "DTSTART;VALUE=DATE:20160104\nDTEND;VALUE=DATE:20190104\nSUMMARY:Tre anni"
    (refused,) = files.preview("cremasco", file_of(long), SYSTEM).refused
    assert "una chiusura dura al massimo 366 giorni" in refused.why
    full = [Span(day, day) for day in (date(2020, 1, 1) + timedelta(days=3 * n) for n in range(MAX_CLOSINGS))]
    files.apply("cremasco", full, "Piena", SYSTEM)
    assert "un ambito ne ha al massimo" in files.preview("cremasco", FILE, SYSTEM).problem


def test_who_may_and_where(area: World) -> None:
    files = area.engine.calendar_files
    below = actor("ivo", "Ivo", ["amministratore"], "cremasco/crema")
    anna = actor("anna", "Anna", ["assistente_sociale"], "cremasco")
    span = Span(date(2016, 8, 8), date(2016, 8, 12), "Estate")
    assert files.apply("cremasco/crema", [span], "Sì", below) == 1
    for who, scope in ((below, "cremasco"), (below, ""), (anna, "cremasco")):
        with pytest.raises(Forbidden, match=r"calendar\.write"):
            files.preview(scope, FILE, who)
        with pytest.raises(Forbidden, match=r"calendar\.write"):
            files.apply(scope, [span], "No", who)
        with pytest.raises(Forbidden, match=r"calendar\.write"):
            files.export(scope, who)
    with pytest.raises(InvalidInput, match="L'ambito «altrove» non c'è"):
        files.apply("altrove", [span], "No", SYSTEM)
    for year in (2015, 2037):
        with pytest.raises(InvalidInput, match="L'anno va dal 2016 al 2036"):
            files.preview("cremasco", FILE, SYSTEM, year)


def test_the_same_file_confirmed_by_two_at_once_is_applied_once(area: World) -> None:
    files = area.engine.calendar_files
    added = files.preview("cremasco", FILE, SYSTEM).added
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: files.apply("cremasco", added, "Insieme", SYSTEM), range(4)))
    assert sorted(made) == [0, 0, 0, len(added)]
    assert len(closings(area, "cremasco")) == len(added)


def test_the_largest_file_is_previewed_and_applied_soon(area: World) -> None:
    files = area.engine.calendar_files
    first = date(2016, 1, 4)
    days = [first + timedelta(days=7 * n) for n in range(MAX_CLOSINGS)]
    file = file_of(*(f"DTSTART;VALUE=DATE:{day:%Y%m%d}\nSUMMARY:Lunedì" for day in days))
    begun = time.thread_time()
    preview = files.preview("cremasco", file, SYSTEM)
    assert files.apply("cremasco", preview.added, "Tutti i lunedì", SYSTEM) == MAX_CLOSINGS
    assert time.thread_time() - begun < 10
