"""What was written in an instance, read on its pages: a list by day, and each form as it was filled in."""

from __future__ import annotations

import html
import re
from io import BytesIO

from sqlalchemy import insert, select

from engine.access import SYSTEM
from engine.storage.tables import submission
from tests.engine.statement_log import recorded_statements, without_begin
from tests.web.people import Desk, Office
from tests.web.test_task import SHEET


def _assessed(office: Office, **answers: object) -> str:
    """A case whose proposal has been assessed by Marta, in a restricted task."""
    case, anna = office.case(), office.actor("anna")
    office.engine.tasks.complete(
        office.task(case), {"bisogni": "Casa\ne lavoro", "lavoro": "inoccupato"}, anna
    )
    office.advance(days=3)
    office.engine.tasks.complete(office.task(case), {}, anna)
    file = (BytesIO(b"%PDF-1.7 verbale"), "verbale.pdf")
    sent = {"esito": "propone", "note_riservate": "Solo per pochi", "verbale": file, **answers}
    assert office.desk("marta").post(f"/compiti/{office.task(case)}", **sent).status_code == 302
    return case


def _links(page: str, case: str) -> list[str]:
    found = re.findall(rf'href="(/pratiche/{case}/scritto/[0-9]+)"', page)
    return list(dict.fromkeys(found))


def test_one_click_from_the_case_to_what_was_written_and_one_more_to_the_form(
    office: Office, anna: Desk
) -> None:
    case = _assessed(office)
    page = html.unescape(anna.get(f"/pratiche/{case}").text)
    assert f'href="/pratiche/{case}/scritto"' in page
    listed = html.unescape(anna.get(f"/pratiche/{case}/scritto").text)
    assert listed.index("31 gennaio 2016") < listed.index("28 gennaio 2016")
    assert "Marta Finta" in listed
    assert '<p class="mb-0 written">Casa</p>' in listed
    first, second, start = _links(listed, case)
    form = html.unescape(anna.get(second).text)
    assert "Casa\ne lavoro" in form
    assert "Inoccupato" in form
    assert "Scritto da Anna Prova il 28 gennaio 2016, 10:00, versione 1 del processo." in form
    assert "<textarea" not in form.partition('aria-label="Modulo"')[2].partition("</section>")[0]
    assert "Fittizi" in anna.get(start).text
    assert "Solo per pochi" in anna.get(first).text


def test_the_history_opens_the_form_that_was_sent(office: Office, anna: Desk) -> None:
    case = _assessed(office)
    page = html.unescape(anna.get(f"/pratiche/{case}").text)
    opened = re.search(rf'<a href="(/pratiche/{case}/scritto/\w+)">Completato: Scrivi la scheda', page)
    assert opened
    assert "Casa\ne lavoro" in html.unescape(anna.get(opened[1]).text)
    assert re.search(rf'<a href="/pratiche/{case}/scritto/\w+">Pratica aperta', page)


def test_only_one_form_on_request(office: Office, anna: Desk) -> None:
    case = _assessed(office)
    page = anna.get(f"/pratiche/{case}/scritto?compito=Task_Scheda").text
    assert len(_links(page, case)) == 1
    assert 'aria-current="page">Scrivi la scheda sociale' in page


def test_a_completed_task_shows_what_was_written_and_by_whom(office: Office, anna: Desk) -> None:
    case = office.case()
    task = office.task(case)
    anna.post(f"/compiti/{task}", **SHEET)
    page = html.unescape(office.desk("bruno").get(f"/compiti/{task}").text)
    assert "è stato completato da Anna Prova" in page
    assert "Casa e lavoro" in page
    assert "Scritto da Anna Prova" in page


def test_restricted_answers_are_named_and_not_shown(office: Office, anna: Desk) -> None:
    case = _assessed(office)
    restricted = _links(anna.get(f"/pratiche/{case}/scritto").text, case)[0]
    carlo = office.desk("carlo")
    page = carlo.get(f"/pratiche/{case}/scritto").text
    assert "Valuta la proposta" in page
    assert "Riservato" in page
    assert restricted not in page
    assert restricted not in carlo.get(f"/pratiche/{case}").text
    refused = carlo.get(restricted)
    assert refused.status_code == 403
    assert "Solo per pochi" not in refused.text
    task = office.engine.submissions.get(int(restricted.rpartition("/")[2]), SYSTEM).task_id
    assert "Solo per pochi" not in carlo.get(f"/compiti/{task}").text


def test_attachments_open_from_the_form_that_named_them(office: Office, anna: Desk) -> None:
    case = _assessed(office)
    form = anna.get(_links(anna.get(f"/pratiche/{case}/scritto").text, case)[0]).text
    address = re.search(r'href="(/allegati/\w+)">verbale.pdf', form)
    assert address
    assert anna.get(address[1]).data.startswith(b"%PDF")


def test_who_may_not_see_the_case_sees_nothing_written_there(office: Office, anna: Desk) -> None:
    case, other = _assessed(office), office.case(cognome="Altri")
    form = _links(anna.get(f"/pratiche/{case}/scritto").text, case)[0]
    olga = office.desk("olga")
    assert olga.get(f"/pratiche/{case}/scritto").status_code == 403
    assert olga.get(form).status_code == 403
    assert anna.get(form.replace(case, other)).status_code == 404


def test_reading_is_written_down(office: Office, anna: Desk) -> None:
    case = office.case()
    anna.get(_links(anna.get(f"/pratiche/{case}/scritto").text, case)[0])
    read = [event.data["what"] for event in office.engine.history.readers(case, SYSTEM)]
    assert read == ["submission", "submissions"]


def test_the_list_asks_no_more_of_the_database_when_it_is_longer(office: Office, anna: Desk) -> None:
    case = _assessed(office)
    anna.get(f"/pratiche/{case}/scritto")

    def asked() -> int:
        with recorded_statements(office.engine) as statements:
            assert anna.get(f"/pratiche/{case}/scritto").status_code == 200
        return len(without_begin(statements))

    few = asked()
    with office.engine.database.begin() as work:
        rows = work.connection.execute(select(submission).where(submission.c.instance_id == case)).all()
        again = [{name: value for name, value in row._asdict().items() if name != "id"} for row in rows]
        work.connection.execute(insert(submission), again * 8)
    assert asked() == few
