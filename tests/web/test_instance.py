"""The page of a case: where it stands and why, its papers, and what may be done to it as a whole."""

from __future__ import annotations

from engine.access import SYSTEM
from tests.web.people import Desk, Office

SHEET = {"bisogni": "Casa e lavoro", "lavoro": "inoccupato", "mestiere": ""}
REASON = "Lo chiede la persona"


def _proposed(office: Office) -> str:
    """A case that waits for the microequipe."""
    case = office.case()
    anna = office.actor("anna")
    office.engine.tasks.complete(office.task(case), {"bisogni": "Casa", "lavoro": "inoccupato"}, anna)
    office.engine.tasks.complete(office.task(case), {}, anna)
    return case


def test_a_case_tells_where_it_stands_and_why(office: Office, anna: Desk) -> None:
    case = _proposed(office)
    page = anna.get(f"/pratiche/{case}").text
    assert "Proposto" in page
    assert "Si attende che qualcuno (Microequipe) prenda in carico" in page
    assert "2.000,00\xa0€" in page
    assert "Completato: Scrivi la scheda sociale" in page
    assert "<strong>Percorso di prova</strong>: Valuta la proposta." in page


def test_the_diagram_and_its_tokens_are_there_for_the_script(office: Office, anna: Desk) -> None:
    case = _proposed(office)
    assert anna.get(f"/pratiche/{case}/gettoni").get_json() == {"elements": {"prova": ["Task_Valuta"]}}
    drawing = anna.get(f"/pratiche/{case}/diagramma/prova")
    assert b"<bpmn:definitions" in drawing.data
    assert anna.get(f"/pratiche/{case}/diagramma/altro").status_code == 404


def test_who_looks_is_written_down(office: Office, anna: Desk) -> None:
    case = office.case()
    anna.get(f"/pratiche/{case}")
    readers = office.engine.history.readers(case, SYSTEM)
    assert [event.actor_id for event in readers] == ["anna"]


def test_restricted_notes_are_for_the_few(office: Office, anna: Desk) -> None:
    case = _proposed(office)
    office.engine.tasks.complete(
        office.task(case),
        {"esito": "propone", "note_riservate": "Solo per la microequipe"},
        office.actor("marta"),
    )
    assert "Solo per la microequipe" in anna.get(f"/pratiche/{case}").text
    assert "Solo per la microequipe" in office.desk("marta").get(f"/pratiche/{case}").text
    assert "Solo per la microequipe" not in office.desk("carlo").get(f"/pratiche/{case}").text


def test_suspend_and_resume_with_a_reason(office: Office, anna: Desk) -> None:
    case = office.case()
    task = office.task(case)
    assert anna.post(f"/pratiche/{case}/sospendi", motivo=" ").status_code == 422
    page = anna.post(f"/pratiche/{case}/sospendi", motivo=REASON, follow=True).text
    assert "Sospesa" in page
    assert REASON in page
    stopped = anna.post(f"/compiti/{task}", **SHEET)
    assert stopped.status_code == 409
    assert "Riprendi la pratica" in page
    assert "Pratica ripresa" in anna.post(f"/pratiche/{case}/riprendi", follow=True).text


def test_what_one_may_not_do_is_not_offered_and_not_done(office: Office) -> None:
    case = office.case()
    tino = office.desk("tino")
    page = tino.get(f"/pratiche/{case}").text
    assert "Sospendi" not in page
    assert tino.post(f"/pratiche/{case}/sospendi", motivo=REASON).status_code == 403
    assert office.desk("anna").post(f"/pratiche/{case}/annulla", motivo=REASON).status_code == 403


def test_the_coordinator_cancels_and_reopens(office: Office) -> None:
    case = office.case()
    carlo = office.desk("carlo")
    page = carlo.post(f"/pratiche/{case}/annulla", motivo=REASON, follow=True).text
    assert "Annullata" in page
    assert "Pratica annullata" in page
    answer = carlo.post(f"/pratiche/{case}/riapri", motivo="È tornato", follow=True)
    assert "collegata alla precedente" in answer.text
    assert "Riapre una pratica precedente" in answer.text


def test_the_replacement_of_the_tutor_is_told_to_the_case(office: Office, anna: Desk) -> None:
    case = _proposed(office)
    assert "Sostituzione tutor" in anna.get(f"/pratiche/{case}").text
    address = f"/pratiche/{case}/comunicazioni?messaggio=sostituzione_tutor"
    form = anna.get(address).text
    assert "Tino Tutori" in form
    wrong = anna.post(address, messaggio="sostituzione_tutor", nuovo_tutor="ada", motivo_sostituzione="Parte")
    assert wrong.status_code == 422
    answer = anna.post(
        address, messaggio="sostituzione_tutor", nuovo_tutor="tino", motivo_sostituzione="Parte", follow=True
    )
    assert "Comunicazione registrata" in answer.text


def test_the_statement_of_accounts_leaves_as_a_sheet_and_as_a_pdf(office: Office, anna: Desk) -> None:
    case = office.case()
    sheet = anna.get(f"/pratiche/{case}/rendiconto.csv")
    assert "Rendiconto del budget" in sheet.data.decode("utf-8-sig")
    paper = anna.get(f"/pratiche/{case}/rendiconto.pdf")
    assert paper.data.startswith(b"%PDF-")
    assert office.desk("olga").get(f"/pratiche/{case}/rendiconto.pdf").status_code == 403


def test_notes_are_written_on_the_case(office: Office, anna: Desk) -> None:
    case = office.case()
    assert "Ha telefonato" in anna.post(f"/pratiche/{case}/note", testo="Ha telefonato", follow=True).text
    assert "Scrivi una nota" in anna.post(f"/pratiche/{case}/note", testo="  ", follow=True).text


def test_the_list_of_cases_filters_and_pages(office: Office, anna: Desk) -> None:
    for number in range(26):
        office.case(cognome=f"Prova{chr(97 + number)}")
    page = anna.get("/pratiche").text
    assert 'rel="next"' in page
    assert "Provaz" in page
    assert "Provaa" not in page
    assert "Provaa" in anna.get("/pratiche?dopo=2").text
    assert "Nessuna pratica con questi filtri" in anna.get("/pratiche?stato=suspended").text
    assert "Provac" in anna.get("/pratiche?testo=provac").text


def test_a_person_has_a_page_with_their_cases(office: Office, anna: Desk) -> None:
    case = office.case()
    address = anna.get(f"/pratiche/{case}").text.split('href="/persone/')[1].split('"')[0]
    page = anna.get(f"/persone/{address}").text
    assert "Fittizi Ugo" in page
    assert "Pratica n. 1" in page
    assert office.desk("olga").get(f"/persone/{address}").status_code == 403
