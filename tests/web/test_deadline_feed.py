"""The private calendar of deadlines: whose it is, what it tells and keeps to itself, and when it stops."""

from __future__ import annotations

import logging
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import text, update
from werkzeug.test import TestResponse

from engine.access import SYSTEM, ChangedBy, accounts
from engine.storage.tables import task
from tests.engine.statement_log import recorded_statements, without_begin
from tests.web.people import Desk, Office

PAGE = "/profilo/calendario"


def opened(desk: Desk) -> str:
    """The path of a calendar just opened by whoever sits at the desk."""
    page = desk.post(PAGE).text
    (address,) = re.findall(r'value="(http[^"]+\.ics)"', page)
    assert address.startswith("http://127.0.0.1:8000/scadenze/")
    return str(address).removeprefix("http://127.0.0.1:8000")


def read(office: Office, path: str, **headers: str) -> TestResponse:
    """What a calendar program, which has no session, is given."""
    return office.app.test_client().get(
        path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def entries(answer: TestResponse) -> list[Any]:
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.data).events)


def names(answer: TestResponse) -> list[str]:
    return [str(one["SUMMARY"]) for one in entries(answer)]


def move(office: Office, task_id: str, due: datetime) -> None:
    with office.engine.database.begin() as work:
        due = due.astimezone(UTC)
        work.connection.execute(update(task).where(task.c.id == task_id).values(due_at=due, due_order=due))


def member(office: Office, username: str, role: str, scope: str) -> None:
    with office.engine.database.begin() as work:
        by = ChangedBy(SYSTEM.id, office.clock.now())
        accounts.add_membership(work.connection, username, role, scope, date(2016, 1, 1), by=by)


def test_a_calendar_tells_names_of_tasks_and_numbers_of_cases_only(office: Office, anna: Desk) -> None:
    case = office.case()
    number = office.engine.instances.get(case, SYSTEM).number
    answer = read(office, opened(anna))
    assert answer.mimetype == "text/calendar"
    (entry,) = entries(answer)
    assert str(entry["SUMMARY"]) == f"Scrivi la scheda sociale · pratica n. {number}"
    assert str(entry["URL"]) == f"http://127.0.0.1:8000/compiti/{office.task(case)}"
    assert str(entry["UID"]) == f"{office.task(case)}@patti"
    assert str(entry["CLASS"]) == "PRIVATE"
    for secret in ("Fittizi", "Ugo", "in attesa", "cremasco"):
        assert secret not in answer.text


def test_it_holds_what_the_inbox_holds_at_that_moment(office: Office, anna: Desk) -> None:
    case = office.case()
    bruno, olga = office.desk("bruno"), office.desk("olga")
    paths = [opened(desk) for desk in (anna, bruno, olga)]
    assert [len(entries(read(office, path))) for path in paths] == [1, 1, 0]
    office.engine.tasks.claim(office.task(case), office.actor("bruno"))
    assert [len(entries(read(office, path))) for path in paths] == [0, 1, 0]
    office.engine.tasks.release(office.task(case), office.actor("bruno"))
    member(office, "olga", "assistente_sociale", "cremasco")
    assert [len(entries(read(office, path))) for path in paths] == [1, 1, 1]
    with office.engine.database.begin() as work:
        by = ChangedBy(SYSTEM.id, office.clock.now())
        for held in accounts.memberships(work.connection, "bruno"):
            accounts.end_membership(work.connection, held.id, date(2016, 1, 27), by=by)
    assert [len(entries(read(office, path))) for path in paths] == [1, 0, 1]


def test_the_address_stops_when_renewed_closed_or_when_its_owner_goes(office: Office, anna: Desk) -> None:
    office.case()
    first = opened(anna)
    second = opened(anna)
    assert [read(office, path).status_code for path in (first, second)] == [404, 200]
    assert second not in anna.get(PAGE).text
    anna.post(f"{PAGE}/chiudi", follow=True)
    assert read(office, second).status_code == 404
    assert "Nessun programma può leggere le tue scadenze." in anna.get(PAGE).text
    third = opened(anna)
    with office.engine.database.begin() as work:
        accounts.deactivate(work.connection, "anna", by=ChangedBy(SYSTEM.id, office.clock.now()))
    assert read(office, third).status_code == 404
    with office.engine.database.begin() as work:
        accounts.reactivate(work.connection, "anna", by=ChangedBy(SYSTEM.id, office.clock.now()))
    assert read(office, third).status_code == 404


def test_an_administrator_closes_the_calendar_of_somebody_and_never_sees_its_address(
    office: Office, anna: Desk
) -> None:
    path, ada = opened(anna), office.desk("ada")
    page = ada.get("/amministrazione/utenti/anna").text
    assert "Calendario delle scadenze" in page
    assert path not in page
    assert anna.post("/amministrazione/utenti/anna/calendario/chiudi").status_code == 403
    member(office, "carlo", "amministratore", "casalasco")
    assert office.desk("carlo").post("/amministrazione/utenti/anna/calendario/chiudi").status_code == 403
    assert read(office, path).status_code == 200
    ada.post("/amministrazione/utenti/anna/calendario/chiudi", follow=True)
    assert read(office, path).status_code == 404
    assert "Calendario delle scadenze" not in ada.get("/amministrazione/utenti/anna").text


def test_a_session_or_another_secret_opens_nothing(office: Office, anna: Desk) -> None:
    path = opened(anna)
    wrong = [
        "/scadenze/anna.ics",
        "/scadenze/.ics",
        path.replace(".ics", ""),
        f"{path[:-5]}{'A' if path[-5] != 'A' else 'B'}.ics",
        f"/scadenze/{'é' * 43}.ics",
        f"/scadenze/{'a' * 5000}.ics",
    ]
    for address in wrong:
        assert anna.get(address).status_code == 404
    assert read(office, wrong[3]).text == read(office, wrong[0]).text == "Questo calendario non c'è.\n"
    assert office.desk().get(PAGE).status_code == 302
    assert office.desk().post(PAGE).status_code == 302


def test_only_the_hash_of_the_secret_is_kept_and_no_log_has_it(
    office: Office, anna: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = opened(anna)
    secret = path.removeprefix("/scadenze/").removesuffix(".ics")
    with office.engine.database.read() as connection:
        kept = str(connection.execute(text("SELECT * FROM calendario_privato")).all())
        noted = str(connection.execute(text("SELECT * FROM registro_anagrafe")).all())
    assert secret not in kept + noted
    assert "calendario_aperto" in noted

    def broken(secret: str) -> None:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(office.engine.calendar_feeds, "read", broken)
    office.app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.DEBUG):
        assert read(office, path).status_code == 500
    assert "/scadenze/<segreto>.ics" in caplog.text
    assert secret not in caplog.text.replace(f"'{path}'", "")


def test_it_is_kept_by_programs_only_until_they_ask_again(office: Office, anna: Desk) -> None:
    case = office.case()
    path = opened(anna)
    answer = read(office, path)
    tag = answer.headers["ETag"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in answer.headers
    office.clock.advance(timedelta(minutes=5))
    same = read(office, path, If_None_Match=tag)
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    before = entries(read(office, path))[0]
    move(office, office.task(case), office.clock.now() + timedelta(days=3))
    office.clock.advance(timedelta(minutes=5))
    changed = read(office, path, If_None_Match=tag)
    after = entries(changed)[0]
    assert changed.headers["ETag"] != tag
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTAMP"].dt > before["DTSTAMP"].dt


@pytest.mark.parametrize(
    ("due", "line"),
    [
        ("2016-03-27T03:30+02:00", b"DTSTART:20160327T013000Z"),
        ("2016-10-30T02:30+02:00", b"DTSTART:20161030T003000Z"),
        ("2016-10-30T02:30+01:00", b"DTSTART:20161030T013000Z"),
        ("2016-07-01T09:00+02:00", b"DTSTART:20160701T070000Z"),
        ("2016-10-30T23:59:59+01:00", b"DTSTART;VALUE=DATE:20161030"),
        ("2016-03-27T23:59:59+02:00", b"DTSTART;VALUE=DATE:20160327"),
        ("2016-12-31T23:59:59+01:00", b"DTSTART;VALUE=DATE:20161231"),
    ],
)
def test_moments_hold_across_both_clock_changes(office: Office, anna: Desk, due: str, line: bytes) -> None:
    move(office, office.task(office.case()), datetime.fromisoformat(due))
    assert line in read(office, opened(anna)).data.split(b"\r\n")


def test_what_is_long_past_or_has_no_date_is_left_to_the_inbox(office: Office, anna: Desk) -> None:
    kept, past, undated, suspended = (office.case() for _ in range(4))
    now = office.clock.now()
    move(office, office.task(kept), now - timedelta(days=59))
    move(office, office.task(past), now - timedelta(days=61))
    with office.engine.database.begin() as work:
        nothing = {"due_at": None, "due_order": datetime(9999, 12, 31, tzinfo=UTC)}
        work.connection.execute(update(task).where(task.c.id == office.task(undated)).values(**nothing))
    office.engine.instances.suspend(suspended, "Prova", SYSTEM)
    (entry,) = entries(read(office, opened(anna)))
    assert str(entry["UID"]).startswith(office.task(kept))


def test_a_calendar_speaks_the_language_of_its_owner(office: Office, anna: Desk) -> None:
    office.case()
    path = opened(anna)
    with office.engine.database.begin() as work:
        accounts.change_account(
            work.connection, "anna", by=ChangedBy(SYSTEM.id, office.clock.now()), lingua="en"
        )
    assert " · case no. " in names(read(office, path))[0]
    anna.post("/lingua", lingua="en")
    assert "My deadlines in my calendar" in anna.get(PAGE).text


def test_reading_costs_two_statements_however_many_deadlines_there_are(office: Office, anna: Desk) -> None:
    path = opened(anna)
    for cases in (0, 1, 4):
        for _ in range(cases):
            office.case()
        with recorded_statements(office.engine) as statements:
            tag = read(office, path).headers["ETag"]
        assert len(without_begin(statements)) == 2, statements
        with recorded_statements(office.engine) as statements:
            assert read(office, path, If_None_Match=tag).status_code == 304
        assert len(without_begin(statements)) == 2
    with recorded_statements(office.engine) as statements:
        assert read(office, "/scadenze/nulla.ics").status_code == 404
    assert not statements


def test_readings_are_limited_for_each_calendar(office: Office, anna: Desk) -> None:
    path, other = opened(anna), opened(office.desk("bruno"))
    found = [read(office, path).status_code for _ in range(31)]
    assert found == [200] * 30 + [429]
    assert read(office, other).status_code == 200


def test_the_system_has_no_calendar(office: Office) -> None:
    for attempt in (office.engine.calendar_feeds.open, office.engine.calendar_feeds.close):
        with pytest.raises(Exception, match="Il sistema non ha un calendario"):
            attempt(SYSTEM)
