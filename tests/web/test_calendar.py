"""Amministrazione › Calendario: a year with its reasons, closings that come and go, and who may change which."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from io import BytesIO

from werkzeug.test import TestResponse

from engine.access import SYSTEM, ChangedBy, accounts
from tests.engine.temporal.test_ics_closings import file_of
from tests.web.people import Desk, Office

PAGE = "/amministrazione/calendario?ambito=cremasco/crema&anno=2016"


def test_a_closing_is_added_seen_below_and_taken_back(office: Office) -> None:
    ada = office.desk("ada")
    assert "Assunzione della Beata Vergine Maria" in ada.get(PAGE).text
    span = {"ambito": "cremasco", "dal": "2016-08-08", "al": "2016-08-12", "motivo": "Ferie degli uffici"}
    answer = ada.post("/amministrazione/calendario/chiusure", follow=True, **span)
    assert "Chiusura aggiunta: vale per le scadenze calcolate da adesso." in answer.text
    assert ada.get(PAGE).text.count("chiusura: Ferie degli uffici") == 5
    (made,) = office.engine.calendars.get("cremasco", office.actor("ada")).closings
    ada.post(f"/amministrazione/calendario/chiusure/{made.id}/togli", motivo="Si resta aperti", follow=True)
    assert "chiusura: Ferie degli uffici" not in ada.get(PAGE).text
    assert "Si resta aperti" in ada.get("/amministrazione/calendario?ambito=cremasco&anno=2016").text


def test_saturday_and_patron_are_set_with_a_reason(office: Office) -> None:
    ada = office.desk("ada")
    address = "/amministrazione/calendario/regole"
    values = {"ambito": "cremasco", "sabato": "si", "patrono_nome": "San Pantaleone", "anno": "2016"}
    refused = ada.post(address, **values, patrono_giorno="06-10")
    assert refused.status_code == 422
    assert "Scrivere il motivo" in refused.text
    assert ada.post(address, **values, patrono_giorno="31-12", perche="Prova").status_code == 422
    ada.post(address, **values, patrono_giorno="06-10", perche="Delibera 12", follow=True)
    text = ada.get(PAGE).text
    assert "Sabato e domenica non si lavora." in text
    assert "festa del patrono San Pantaleone" in text


def test_what_is_typed_wrong_is_said_at_its_field(office: Office) -> None:
    ada = office.desk("ada")
    answer = ada.post("/amministrazione/calendario/chiusure", ambito="cremasco", dal="domani", motivo="x")
    assert answer.status_code == 422
    assert "Scrivi il giorno, per esempio 2026-08-10." in answer.text


def test_who_is_no_administrator_changes_nothing(office: Office) -> None:
    anna = office.desk("anna")
    for address in ("chiusure", "regole", "chiusure/x/togli"):
        assert anna.post(f"/amministrazione/calendario/{address}", ambito="").status_code == 403


def test_the_calendar_speaks_english(office: Office) -> None:
    ada = office.desk("ada")
    ada.post("/lingua", lingua="en")
    text = ada.get(PAGE).text
    assert "Assumption Of Mary Day" in text
    assert "Non-working days of 2016" in text


SUMMER = "DTSTART;VALUE=DATE:20160808\nDTEND;VALUE=DATE:20160813\nSUMMARY:Ferie <degli> uffici"
ENDLESS = "DTSTART;VALUE=DATE:20141224\nRRULE:FREQ=YEARLY\nSUMMARY:Vigilia"
MEETING = "DTSTART:20160905T070000Z\nDTEND:20160905T080000Z\nSUMMARY:Riunione"
IMPORT = "/amministrazione/calendario/importa"


def upload(desk: Desk, content: bytes, **fields: str) -> TestResponse:
    values = {"ambito": "cremasco", "file": (BytesIO(content), "chiusure.ics"), **fields}
    return desk.post(IMPORT, **values)


def shown(page: str) -> list[str]:
    """The closings in the form of the preview."""
    return [unescape(one) for one in re.findall(r'name="chiusura" value="([^"]*)"', page)]


def test_a_file_is_seen_before_it_changes_anything_and_then_applied(office: Office) -> None:
    ada = office.desk("ada")
    preview = upload(ada, file_of(SUMMER, ENDLESS, MEETING), fino_al="2017")
    assert "3 chiusure da aggiungere" in preview.text
    assert "Ferie &lt;degli&gt; uffici" in preview.text
    assert "Ciò che si ripete senza fine si ferma al 2017: Vigilia." in preview.text
    assert "1 evento rifiutato" in preview.text
    assert "va dalle 09:00 alle 10:00: una chiusura è di giornate intere" in preview.text
    assert "chiusura: Ferie" not in ada.get(PAGE).text
    chosen = {"ambito": "cremasco", "chiusura": shown(preview.text)}
    assert "Scrivere il motivo" in ada.post(f"{IMPORT}/conferma", **chosen).text
    answer = ada.post(f"{IMPORT}/conferma", motivo="Delibera 12", follow=True, **chosen)
    assert "Aggiunte 3 chiusure: valgono per le scadenze calcolate da adesso." in answer.text
    assert ada.get(PAGE).text.count("chiusura: Ferie &lt;degli&gt; uffici") == 5
    again = upload(ada, file_of(SUMMER, ENDLESS, MEETING), fino_al="2017")
    assert "0 chiusure da aggiungere" in again.text
    assert "3 chiusure ci sono già" in again.text


def test_what_is_downloaded_can_be_uploaded(office: Office) -> None:
    ada = office.desk("ada")
    chosen = shown(upload(ada, file_of(SUMMER)).text)
    ada.post(f"{IMPORT}/conferma", ambito="cremasco", chiusura=chosen, motivo="Delibera 12")
    file = ada.get("/amministrazione/calendario.ics?ambito=cremasco")
    assert (file.mimetype, file.status_code) == ("text/calendar", 200)
    assert "chiusure%20cremasco.ics" in file.headers["Content-Disposition"]
    assert "1 chiusura c&#39;è già" in upload(ada, file.data).text.replace("c'è", "c&#39;è")
    below = upload(ada, file.data, ambito="cremasco/crema")
    assert "1 chiusura da aggiungere" in below.text


def test_a_file_that_is_none_is_said_at_its_field(office: Office) -> None:
    ada = office.desk("ada")
    for answer, said in (
        (ada.post(IMPORT, ambito="cremasco"), "Scegli prima un file dal tuo dispositivo."),
        (upload(ada, b"giorno;motivo"), "non comincia con BEGIN:VCALENDAR"),
        (upload(ada, b"x" * 1_100_000), "supera 1000 KB"),
        (upload(ada, file_of(SUMMER), fino_al="2100"), "L&#39;anno va dal 2016 al 2036"),
    ):
        assert answer.status_code == 422
        assert said in answer.text
    spoiled = ada.post(f"{IMPORT}/conferma", ambito="cremasco", chiusura="2016-08-08/domani", motivo="x")
    assert spoiled.status_code == 422


def test_files_are_for_whoever_may_change_that_calendar(office: Office) -> None:
    with office.engine.database.begin() as work:
        by = ChangedBy(SYSTEM.id, office.clock.now())
        accounts.add_membership(
            work.connection, "bruno", "amministratore", "cremasco/crema", date(2016, 1, 1), by=by
        )
    bruno, anna = office.desk("bruno"), office.desk("anna")
    assert upload(bruno, file_of(SUMMER), ambito="cremasco/crema").status_code == 200
    one = {"chiusura": "2016-08-08/2016-08-12/Estate", "motivo": "x", "ambito": "cremasco"}
    for desk in (bruno, anna):
        assert upload(desk, file_of(SUMMER)).status_code == 403
        assert desk.post(f"{IMPORT}/conferma", **one).status_code == 403
        assert desk.get("/amministrazione/calendario.ics?ambito=cremasco").status_code == 403
    assert office.desk().get("/amministrazione/calendario.ics?ambito=cremasco").status_code == 302
