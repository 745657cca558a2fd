"""The inbox: what waits for whom, and taking, releasing and handing over a task."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.engine.statement_log import recorded_statements, without_begin
from tests.web.people import Desk, Office


def _names(page: str) -> list[str]:
    return re.findall(r"<strong>([^<]+)</strong>\s*<span>Pratica n", page)


def test_an_empty_inbox_says_so_in_words(anna: Desk) -> None:
    assert "Nessun compito in attesa" in anna.get("/compiti").text


def test_anna_takes_releases_and_hands_over(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    assert "Prendi" in anna.get("/compiti").text
    anna.post(f"/compiti/{task}/prendi")
    assert "Fittizi" in anna.get("/compiti?casella=mine").text
    anna.post(f"/compiti/{task}/rilascia")
    assert "Non hai compiti assegnati" in anna.get("/compiti?casella=mine").text
    anna.post(f"/compiti/{task}/prendi")
    choice = anna.get(f"/compiti/{task}/affida").text
    assert "Bruno Esempio" in choice
    assert "Olga" not in choice
    answer = anna.post(f"/compiti/{task}/affida", collega="bruno", nota="Torno lunedì", follow=True)
    assert "affidato a Bruno Esempio" in answer.text
    assert "Fittizi" in office.desk("bruno").get("/compiti?casella=mine").text


def test_a_task_goes_only_to_someone_on_the_list(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    anna.post(f"/compiti/{task}/prendi")
    answer = anna.post(f"/compiti/{task}/affida", collega="olga")
    assert answer.status_code == 422
    assert "Scegli un collega" in answer.text


def test_two_who_take_the_same_task(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    bruno = office.desk("bruno")
    anna.post(f"/compiti/{task}/prendi")
    answer = bruno.post(f"/compiti/{task}/prendi")
    assert answer.status_code == 409
    assert "Nel frattempo qualcosa è cambiato" in answer.text


def test_overdue_today_and_soon_are_said_in_words(office: Office, anna: Desk) -> None:
    office.case()
    assert "Scade domani" in anna.get("/compiti").text
    office.clock.advance(timedelta(hours=20))
    assert "Scade oggi alle 10:00" in anna.get("/compiti").text
    office.clock.advance(timedelta(days=3))
    page = anna.get("/compiti").text
    assert "Scaduto da 3 giorni" in page
    assert "1 scaduto" in page


def test_filters_narrow_and_say_when_nothing_is_left(office: Office, anna: Desk) -> None:
    office.case()
    office.case(cognome="Esempio", nome="Pia")
    assert _names(anna.get("/compiti?persona=esempio").text) == ["Esempio Pia"]
    assert len(_names(anna.get("/compiti?processo=prova&ambito=cremasco").text)) == 2
    assert "Nessun compito con questi filtri" in anna.get("/compiti?scadenza=overdue").text
    assert "Nessun compito con questi filtri" in anna.get("/compiti?testo=inesistente").text


def test_pages_follow_each_other_by_key_without_gaps(office: Office, anna: Desk) -> None:
    people = [f"Persona{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(27)]
    for surname in people:
        office.case(cognome=surname)
    first = anna.get("/compiti?casella=groups").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = anna.get(following[1].replace("&amp;", "&")).text
    seen = _names(first) + _names(second)
    assert len(_names(first)) == 25
    assert sorted(seen) == sorted(f"{surname} Ugo" for surname in people)


def test_a_page_key_made_up_is_refused_kindly(anna: Desk) -> None:
    assert anna.get("/compiti?dopo=fandonie").status_code == 422


def test_one_box_finds_persons_cases_and_tasks(office: Office, anna: Desk) -> None:
    office.case()
    page = anna.get("/cerca?q=fittizi").text
    assert "Persone (1)" in page
    assert "Pratiche (1)" in page
    assert "Compiti (1)" in page
    assert "Nessun risultato" in anna.get("/cerca?q=qqqq").text
    assert "almeno due lettere" in anna.get("/cerca?q=a").text


def test_what_people_type_is_shown_as_text(office: Office, anna: Desk) -> None:
    page = anna.get("/cerca?q=<script>alert(1)</script>").text
    assert "<script>alert" not in page


def test_the_page_asks_the_database_as_often_for_one_task_as_for_many(office: Office, anna: Desk) -> None:
    def count() -> int:
        with recorded_statements(office.engine) as statements:
            anna.get("/compiti")
        return len(without_begin(statements))

    office.case()
    few = count()
    for number in range(12):
        office.case(cognome=f"Persona{chr(97 + number)}")
    assert count() == few <= 9
