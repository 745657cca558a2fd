"""An ambito's calendar: what it inherits, what it changes, who may, and what stays written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from engine.access import SYSTEM
from engine.access.actors import actor
from engine.errors import Forbidden, InvalidInput, NotFound
from engine.execution.locking import lock_instance
from engine.scheduling.calendars.days_off import DayOffReason, days_off
from engine.scheduling.calendars.lookup import read_calendar
from engine.scheduling.calendars.models import CalendarRule
from engine.simulation import World
from engine.storage import Database
from engine.storage.migrate import migrate
from engine.storage.serialization import encode
from engine.storage.tables import event
from engine.temporal import day_in_rome

AUGUST = (date(2016, 8, 8), date(2016, 8, 12))


def off(world: World, scope: str, year: int = 2016) -> dict[date, list[str]]:
    found = days_off(world.engine.calendars.get(scope, SYSTEM), year)
    return {one.day: [why.kind for why in one.reasons] for one in found}


def test_a_closing_counts_in_its_ambito_and_below_until_it_is_taken_back(area: World) -> None:
    calendars = area.engine.calendars
    made = calendars.add_closing("cremasco", *AUGUST, "Chiusura estiva", SYSTEM)
    for scope in ("cremasco", "cremasco/crema"):
        assert off(area, scope)[date(2016, 8, 10)] == ["closing"]
        assert calendars.get(scope, SYSTEM).working_days.add_working_days(date(2016, 8, 6), 1) == date(
            2016, 8, 13
        )
    assert date(2016, 8, 10) not in off(area, "casalasco")
    calendars.withdraw_closing(made, "Si resta aperti", SYSTEM)
    assert date(2016, 8, 10) not in off(area, "cremasco/crema")
    (taken_back,) = calendars.history("cremasco", SYSTEM)[1]
    assert (taken_back.reason, taken_back.withdrawn_reason, taken_back.withdrawn_by) == (
        "Chiusura estiva",
        "Si resta aperti",
        SYSTEM.id,
    )
    with pytest.raises(InvalidInput, match="già stata tolta"):
        calendars.withdraw_closing(made, "Ancora", SYSTEM)
    with pytest.raises(NotFound):
        calendars.withdraw_closing("niente", "Ancora", SYSTEM)


def test_patron_and_saturday_come_from_the_nearest_ambito_that_says_them(area: World) -> None:
    calendars = area.engine.calendars
    calendars.set_rule(CalendarRule("", saturday_closed=True, reason="Per tutti"), SYSTEM)
    calendars.set_rule(CalendarRule("cremasco", None, "San Pantaleone", "06-10", "Patrono"), SYSTEM)
    calendars.set_rule(CalendarRule("cremasco/crema", False, reason="Qui di sabato si lavora"), SYSTEM)
    saturday, patron = date(2016, 6, 4), date(2016, 6, 10)
    working = {
        scope: calendars.get(scope, SYSTEM).working_days
        for scope in ("cremasco", "cremasco/crema", "casalasco")
    }
    assert [working[scope].is_working_day(saturday) for scope in working] == [False, True, False]
    assert [working[scope].is_working_day(patron) for scope in working] == [False, False, True]
    assert days_off(calendars.get("cremasco/crema", SYSTEM), 2016)[7].reasons == (
        DayOffReason("patron", "San Pantaleone", "cremasco"),
    )
    assert not calendars.set_rule(CalendarRule("cremasco/crema", False, reason="Ancora"), SYSTEM)
    calendars.set_rule(CalendarRule("cremasco/crema", None, reason="Come sopra"), SYSTEM)
    assert not calendars.get("cremasco/crema", SYSTEM).working_days.is_working_day(saturday)
    assert [rule.reason for rule in calendars.history("cremasco/crema", SYSTEM)[0]] == [
        "Come sopra",
        "Qui di sabato si lavora",
    ]


def test_a_patron_of_29_february_is_there_in_leap_years_only(area: World) -> None:
    area.engine.calendars.set_rule(
        CalendarRule("casalasco", None, "Sant'Osvaldo", "02-29", "Patrono"), SYSTEM
    )
    assert off(area, "casalasco", 2016)[date(2016, 2, 29)] == ["patron"]
    assert not any("patron" in kinds for kinds in off(area, "casalasco", 2017).values())


def test_a_running_case_follows_the_change_at_its_next_step(area: World, start: Callable[..., str]) -> None:
    case = start("bivio")

    def next_working_day() -> date:
        with area.engine.database.begin() as work:
            environment = area.engine.step_runner.environment(
                work, lock_instance(work.connection, case), SYSTEM
            )
            return environment.calendar.add_working_days(date(2016, 8, 6), 1)

    assert next_working_day() == date(2016, 8, 8)
    area.engine.calendars.add_closing("", *AUGUST, "Chiusura estiva", SYSTEM)
    assert next_working_day() == date(2016, 8, 13)


def test_every_change_is_in_the_log_with_author_and_reason(area: World) -> None:
    rita = actor("rita", "Rita", ["amministratore"])
    calendars = area.engine.calendars
    made = calendars.add_closing("cremasco", *AUGUST, "Chiusura estiva", rita)
    calendars.withdraw_closing(made, "Ripensamento", rita)
    calendars.set_rule(CalendarRule("cremasco", True, reason="Delibera 12"), rita)
    with area.engine.database.read() as connection:
        rows = connection.execute(
            select(event).where(event.c.kind == "calendar.changed").order_by(event.c.id)
        ).all()
    told = [(row.actor_id, row.data["what"], row.data["scope"], row.data["reason"]) for row in rows]
    assert told == [
        ("rita", "closed", "cremasco", "Chiusura estiva"),
        ("rita", "opened", "cremasco", "Ripensamento"),
        ("rita", "rule", "cremasco", "Delibera 12"),
    ]
    with pytest.raises(DBAPIError, match="non si modificano"), area.engine.database.begin() as work:
        work.connection.execute(text("UPDATE regola_calendario SET motivo = 'x'"))


def test_who_may_change_which_calendar(area: World) -> None:
    calendars = area.engine.calendars
    below = actor("ivo", "Ivo", ["amministratore"], "cremasco/crema")
    anna = actor("anna", "Anna", ["assistente_sociale"], "cremasco")
    made = calendars.add_closing("cremasco", *AUGUST, "Chiusura estiva", SYSTEM)
    calendars.add_closing("cremasco/crema", date(2016, 9, 1), date(2016, 9, 1), "Trasloco", below)
    attempts: list[Callable[[], Any]] = [
        lambda: calendars.add_closing("cremasco", date(2016, 9, 2), date(2016, 9, 2), "No", below),
        lambda: calendars.withdraw_closing(made, "No", below),
        lambda: calendars.set_rule(CalendarRule("", True, reason="No"), below),
        lambda: calendars.get("cremasco", anna),
        lambda: calendars.count_affected("cremasco", *AUGUST, anna),
        lambda: calendars.history("cremasco", anna),
    ]
    for attempt in attempts:
        with pytest.raises(Forbidden, match=r"calendar\.write"):
            attempt()


@pytest.mark.parametrize(
    ("first", "last", "reason", "field"),
    [
        (date(2016, 8, 8), date(2016, 8, 7), "Prova", "al"),
        (date(2016, 1, 1), date(2017, 1, 2), "Prova", "al"),
        (date(1816, 8, 8), date(1816, 8, 8), "Prova", "dal"),
        (date(2016, 8, 8), date(2016, 8, 8), "  ", "motivo"),
        (date(2016, 8, 8), date(2016, 8, 8), "x" * 301, "motivo"),
        (*AUGUST, "Due volte", "dal"),
    ],
)
def test_a_closing_that_does_not_hold_is_refused_at_its_field(
    area: World, first: date, last: date, reason: str, field: str
) -> None:
    calendars = area.engine.calendars
    calendars.add_closing("cremasco", *AUGUST, "Chiusura estiva", SYSTEM)
    with pytest.raises(InvalidInput) as refused:
        calendars.add_closing("cremasco", first, last, reason, SYSTEM)
    assert list(refused.value.fields) == [field]


def test_a_calendar_without_working_days_and_an_unknown_ambito_are_refused(area: World) -> None:
    calendars = area.engine.calendars
    calendars.add_closing("", date(2017, 1, 1), date(2017, 12, 31), "Un anno", SYSTEM)
    with pytest.raises(InvalidInput, match="non resterebbero"):
        calendars.add_closing("", date(2018, 1, 1), date(2018, 12, 31), "E un altro", SYSTEM)
    with pytest.raises(InvalidInput, match="L'ambito «altrove» non c'è"):
        calendars.add_closing("altrove", *AUGUST, "Chiusura", SYSTEM)
    for day in ("13-01", "31-12-2016", "W01-1", "2-9", "02-30"):
        with pytest.raises(InvalidInput, match="mese-giorno"):
            calendars.set_rule(CalendarRule("cremasco", None, "Santo", day, "Prova"), SYSTEM)
    with pytest.raises(InvalidInput, match="motivo"):
        calendars.set_rule(replace(CalendarRule("cremasco"), saturday_closed=True), SYSTEM)


def test_what_falls_due_on_the_days_is_counted(area: World, start: Callable[..., str]) -> None:
    (row,) = area.engine.inbox.of_instance(start("sollecito"), SYSTEM)
    assert row.due_at is not None
    day, touched = day_in_rome(row.due_at), area.engine.calendars.count_affected
    assert touched("", day, day, SYSTEM).tasks == 1
    assert touched("", day + timedelta(days=1), day + timedelta(days=9), SYSTEM).tasks == 0
    assert touched("casalasco", day, day, SYSTEM).tasks == 0


@pytest.fixture
def before(empty_database_url: str) -> str:
    """A database as it was when patrons, Saturdays and closings were parameters."""
    migrate(empty_database_url, "0005")
    database = Database(empty_database_url)
    at = datetime(2016, 1, 1, tzinfo=UTC)
    with database.begin() as work:
        work.connection.execute(
            text(
                "INSERT INTO ambito (path, nome, patrono_nome, patrono_giorno) "
                "VALUES ('cremona', 'Cremona', 'Omobono', '11-13')"
            )
        )
        for key, name, scope, value in (
            ("uno", "sabato_festivo", "cremona", True),
            ("uno", "chiusure", "", ["2016-08-16", "fesso"]),
            ("due", "chiusure", "", ["2016-08-16"]),
            ("due", "chiusure", "cremona", [date(2016, 12, 24)]),
            ("uno", "patrono", "cremona", "06-10"),
            ("uno", "soglia", "", 3),
        ):
            work.connection.execute(
                text("INSERT INTO parameter VALUES (:key, :name, :scope, :value, 'perché', :at, 'rita')"),
                {"key": key, "name": name, "scope": scope, "value": encode(value), "at": at},
            )
    database.close()
    return empty_database_url


def test_what_were_parameters_and_patrons_becomes_the_calendar(before: str) -> None:
    migrate(before)
    database = Database(before)
    with database.read() as connection:
        found = read_calendar(connection, "cremona")
        left = list(connection.execute(text("SELECT name FROM parameter")).scalars())
    database.close()
    assert (found.patron.patron_day, found.saturday.saturday_closed) == ("06-10", True)
    assert [(one.scope, one.first) for one in found.closings] == [
        ("", date(2016, 8, 16)),
        ("cremona", date(2016, 12, 24)),
    ]
    assert left == ["soglia"]
