"""Amministrazione › Calendario: a year with its reasons, closings that come and go, and who may change which."""

from __future__ import annotations

from tests.web.people import Office

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
