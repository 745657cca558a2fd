"""A new case: process, ambito, form, and whether the person is there already."""

from __future__ import annotations

from tests.web.people import APPLICATION, Desk, Office

ADDRESS = "/nuova-pratica/prova"


def test_a_new_case_leads_to_its_first_task(office: Office, anna: Desk) -> None:
    assert "Percorso di prova" in anna.get("/nuova-pratica").text
    assert "Cognome" in anna.get(f"{ADDRESS}?ambito=cremasco/crema").text
    answer = anna.post(ADDRESS, ambito="cremasco/crema", **APPLICATION, follow=True)
    assert "Aperta la pratica n. 1" in answer.text
    assert "<h1>Scrivi la scheda sociale</h1>" in answer.text


def test_what_is_missing_is_said_and_nothing_starts(office: Office, anna: Desk) -> None:
    answer = anna.post(ADDRESS, ambito="cremasco", **{**APPLICATION, "cognome": ""})
    assert answer.status_code == 422
    assert "Nessuna pratica" in anna.get("/pratiche").text


def test_someone_already_there_is_shown_before_a_second_one_is_made(office: Office, anna: Desk) -> None:
    office.case()
    answer = anna.post(ADDRESS, ambito="cremasco", **APPLICATION)
    assert answer.status_code == 409
    assert "Forse questa persona c" in answer.text
    assert "Usa questa scheda" in answer.text
    person = answer.text.split('name="_usa_persona" value="')[1].split('"')[0]
    again = anna.post(ADDRESS, ambito="cremasco", **APPLICATION, _usa_persona=person)
    assert "Dati ripresi dalla scheda esistente" in again.text
    opened = anna.post(ADDRESS, ambito="cremasco", **APPLICATION, _altra_persona="1")
    assert opened.status_code == 302


def test_a_person_of_another_ambito_is_named_to_nobody(office: Office) -> None:
    office.case()
    olga = office.desk("olga")
    answer = olga.post(ADDRESS, ambito="casalasco", **APPLICATION)
    assert answer.status_code == 409
    assert "Una persona seguita in un altro ambito" in answer.text
    assert "Usa questa scheda" not in answer.text


def test_one_starts_only_where_one_works(office: Office, anna: Desk) -> None:
    assert anna.post(ADDRESS, ambito="casalasco", **APPLICATION).status_code == 404
    assert office.desk("marta").get(ADDRESS + "?ambito=cremasco").status_code == 403
    assert office.desk("carlo").get(ADDRESS + "?ambito=cremasco").status_code == 403
