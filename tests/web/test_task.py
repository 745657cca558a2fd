"""The page of a task: from the inbox to the next task of the case, and nothing typed is ever lost."""

from __future__ import annotations

import html
from io import BytesIO

from engine.access import SYSTEM
from tests.web.people import Desk, Office

SHEET = {"bisogni": "Casa e lavoro", "lavoro": "inoccupato", "mestiere": ""}


def test_from_the_inbox_to_the_next_task_of_the_same_case(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    page = anna.get(f"/compiti/{task}").text
    assert "Incontra la persona" in page
    assert "10 febbraio 1990 (25 anni)" in page
    answer = anna.post(f"/compiti/{task}", **SHEET, follow=True)
    assert "«Scrivi la scheda sociale» è completato" in answer.text
    assert "<h1>Prepara il colloquio</h1>" in answer.text


def test_after_the_last_of_ones_own_tasks_one_is_back_in_the_inbox(office: Office, anna: Desk) -> None:
    case = office.case()
    anna.post(f"/compiti/{office.task(case)}", **SHEET)
    answer = anna.post(f"/compiti/{office.task(case)}", follow=True)
    assert answer.request.path == "/compiti"
    assert "«Prepara il colloquio» è completato" in answer.text


def test_what_does_not_hold_is_said_and_what_was_typed_stays(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    answer = anna.post(f"/compiti/{task}", bisogni="Quello che ho scritto", lavoro="", mestiere="")
    assert answer.status_code == 422
    assert "C'è una cosa da correggere" in html.unescape(answer.text)
    assert "Quello che ho scritto" in answer.text


def test_a_question_that_comes_up_is_asked_before_going_on(office: Office, anna: Desk) -> None:
    case = office.case()
    task = office.task(case)
    answer = anna.post(f"/compiti/{task}", bisogni="Casa", lavoro="disoccupato")
    assert answer.status_code == 200
    assert "Ultimo mestiere" in answer.text
    assert office.task(case) == task


def test_a_draft_keeps_itself_and_comes_back(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    saved = anna.post(f"/compiti/{task}/bozza", headers={"Accept": "application/json"}, bisogni="A metà")
    assert saved.get_json() == {"saved": "10:00"}
    page = office.desk("anna").get(f"/compiti/{task}").text
    assert "A metà" in page
    assert "ripreso la bozza" in page
    assert "A metà" not in office.desk("bruno").get(f"/compiti/{task}").text
    anna.post(f"/compiti/{task}/bozza/elimina")
    assert "A metà" not in anna.get(f"/compiti/{task}").text


def test_a_draft_of_a_lost_session_is_answered_in_json(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    anna.get("/profilo")
    anna.client.delete_cookie("patti_sessione")
    answer = anna.client.post(
        f"/compiti/{task}/bozza", data={"bisogni": "x"}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 401
    assert answer.get_json()["code"] == "SIGNED_OUT"


def test_a_second_press_of_the_same_person_does_no_harm(office: Office, anna: Desk) -> None:
    case = office.case()
    task = office.task(case)
    anna.post(f"/compiti/{task}", **SHEET)
    following = office.task(case)
    again = anna.post(f"/compiti/{task}", **SHEET, follow=True)
    assert again.status_code == 200
    assert "già completato da te" in again.text
    assert office.task(case) == following


def test_two_people_on_one_task_the_second_loses_nothing(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    bruno = office.desk("bruno")
    anna.post(f"/compiti/{task}", **SHEET)
    answer = bruno.post(f"/compiti/{task}", bisogni="Il racconto di Bruno", lavoro="inoccupato", mestiere="")
    assert answer.status_code == 409
    assert "è stato completato da Anna Prova il 28 gennaio 2016, 10:00" in answer.text
    assert "Il racconto di Bruno" in answer.text
    kept = bruno.post(f"/compiti/{task}/scritto", scritto="Bisogni: Il racconto di Bruno")
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert kept.text == "Bisogni: Il racconto di Bruno"
    noted = bruno.post(f"/compiti/{task}/note", testo="Bisogni: Il racconto di Bruno", follow=True)
    assert noted.status_code == 200


def test_the_wrong_role_cannot_complete(office: Office) -> None:
    task = office.task(office.case())
    marta = office.desk("marta")
    assert "È di chi ha un altro ruolo" in marta.get(f"/compiti/{task}").text
    assert marta.post(f"/compiti/{task}", **SHEET).status_code == 403


def test_a_task_held_by_another_is_read_only(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    anna.post(f"/compiti/{task}/prendi")
    page = office.desk("bruno").get(f"/compiti/{task}").text
    assert "È in carico a un'altra persona" in html.unescape(page)
    assert "Completa il compito" not in page


def test_notes_and_files_hang_on_the_task(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    anna.post(f"/compiti/{task}/note", testo="Ha una <b>figlia</b>")
    anna.post(f"/compiti/{task}/allegati", file=(BytesIO(b"%PDF-1.7 finto"), "carta d'identità.pdf"))
    page = anna.get(f"/compiti/{task}").text
    assert "Ha una &lt;b&gt;figlia&lt;/b&gt;" in page
    address = page.split('href="/allegati/')[1].split('"')[0]
    sent = anna.get(f"/allegati/{address}")
    assert sent.data == b"%PDF-1.7 finto"
    assert sent.headers["Content-Disposition"].startswith("attachment")
    assert office.desk("olga").get(f"/allegati/{address}").status_code == 403


def _before_the_team(office: Office) -> str:
    case = office.case()
    anna = office.actor("anna")
    office.engine.tasks.complete(office.task(case), {"bisogni": "Casa", "lavoro": "inoccupato"}, anna)
    office.engine.tasks.complete(office.task(case), {}, anna)
    return case


def test_a_file_of_the_form_is_attached_and_named_in_the_answer(office: Office) -> None:
    case = _before_the_team(office)
    marta = office.desk("marta")
    file = (BytesIO(b"%PDF-1.7 verbale"), "verbale.pdf")
    answer = marta.post(
        f"/compiti/{office.task(case)}", esito="propone", note_riservate="", verbale=file, follow=True
    )
    assert "è completato" in answer.text
    _comments, files = office.engine.inbox.comments_and_attachments(case, office.actor("marta"))
    assert [one.filename for one in files] == ["verbale.pdf"]
    assert office.engine.instances.variables(case, office.actor("marta"))["verbale"] == [files[0].id]


def test_a_false_file_of_the_form_is_refused_beside_its_field(office: Office) -> None:
    case = _before_the_team(office)
    task = office.task(case)
    file = (BytesIO(b"<script>alert(1)</script>"), "verbale.pdf")
    answer = office.desk("marta").post(f"/compiti/{task}", esito="propone", note_riservate="", verbale=file)
    assert answer.status_code == 422
    assert "non è di un tipo accettato" in answer.text
    assert office.task(case) == task


def test_who_reads_a_task_is_written_down(office: Office, anna: Desk) -> None:
    case = office.case()
    anna.get(f"/compiti/{office.task(case)}")
    readers = office.engine.history.readers(case, SYSTEM)
    assert [(event.actor_id, event.data["what"]) for event in readers] == [("anna", "task")]


def test_a_page_dressed_as_a_picture_is_refused(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    answer = anna.post(
        f"/compiti/{task}/allegati",
        file=(BytesIO(b"<html><script>alert(1)</script>"), "foto.png"),
        follow=True,
    )
    assert "non è di un tipo accettato" in answer.text
    assert "Nessun allegato" in answer.text
