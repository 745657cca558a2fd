"""What administrators do to running cases: choose, change one or many, follow, stop; nobody else may."""

from __future__ import annotations

import re

import pytest

from engine.access import SYSTEM
from tests.web.people import Desk, Office

PAGES = "/amministrazione/pratiche"


@pytest.fixture
def ada(office: Office) -> Desk:
    return office.desk("ada")


def test_many_cases_are_counted_confirmed_done_and_reported(office: Office, ada: Desk) -> None:
    cases = [office.case(cognome=name) for name in ("Uno", "Due", "Tre")]
    assert "n. 3" in ada.get(f"{PAGES}?processo=prova&ambito=cremasco").text
    assert "Nessuna pratica corrisponde" in ada.get(f"{PAGES}?elemento=niente").text
    order = {"processo": "prova", "operazione": "suspend"}
    assert ada.post(PAGES, **order, motivo="").status_code == 422
    asked = ada.post(PAGES, **order, motivo="Trasloco").text
    assert "3 pratiche" in asked
    assert {office.engine.instances.get(case, SYSTEM).state for case in cases} == {"active"}
    page = ada.post(PAGES, **order, motivo="Trasloco", conferma="sì", follow=True).text
    assert "0 di 3" in page
    office.engine.run_due()
    assert {office.engine.instances.get(case, SYSTEM).state for case in cases} == {"suspended"}
    listed = ada.get("/amministrazione/operazioni").text
    assert "3 di 3" in listed
    (number,) = set(re.findall("/amministrazione/operazioni/([0-9a-f]{32})", listed))
    report = ada.get(f"/amministrazione/operazioni/{number}?esito=done").text
    assert report.count("Sospesa") == 3
    assert ada.post(f"/amministrazione/operazioni/{number}/ferma", motivo="Troppo tardi").status_code == 409


def test_variables_of_many_and_a_line_that_does_not_hold(office: Office, ada: Desk) -> None:
    case = office.case()
    order = {"operazione": "variables", "motivo": "Correzione", "conferma": "sì"}
    assert "virgolette" in ada.post(PAGES, **order, variabili="nota = ciao").text
    ada.post(PAGES, **order, variabili='nota = "ciao"\nimporto = 12.50')
    office.engine.run_due()
    assert office.engine.instances.variables(case, SYSTEM)["nota"] == "ciao"


def test_a_case_is_changed_after_a_preview(office: Office, ada: Desk) -> None:
    case = office.case()
    address = f"{PAGES}/{case}/modifica"
    page = ada.get(address).text
    (place,) = re.findall(r'name="togli" value="([^"]+)"', page)
    assert ada.post(address, togli=place, motivo="Prova").status_code == 422
    change = {"togli": place, "prima": place, "motivo": "Da rifare"}
    before = office.task(case)
    preview = ada.post(address, **change).text
    assert "Come sarebbe" in preview
    assert office.task(case) == before
    (revision,) = re.findall(r'name="revisione" value="(\d+)"', preview)
    ada.post(address, **change, revisione=revision, conferma="sì")
    assert office.task(case) != before
    again = ada.post(address, **change, revisione=revision, conferma="sì")
    assert again.status_code == 422
    assert "andata avanti" in again.text


def test_a_process_is_suspended_and_resumed(office: Office, ada: Desk) -> None:
    case = office.case()
    address = "/amministrazione/processi/prova"
    assert ada.post(f"{address}/sospendi", motivo="").status_code == 422
    ada.post(f"{address}/sospendi", motivo="Errore", pratiche="sì")
    office.engine.run_due()
    assert office.engine.instances.get(case, SYSTEM).state == "suspended"
    assert "sospesa" in ada.get("/amministrazione/processi").text
    ada.post(f"{address}/riprendi", pratiche="sì")
    office.engine.run_due()
    assert office.engine.instances.get(case, SYSTEM).state == "active"


def test_nobody_else_comes_in(office: Office) -> None:
    case = office.case()
    for username in ("anna", "carlo", "tino"):
        desk = office.desk(username)
        for address in (PAGES, f"{PAGES}/{case}/modifica", "/amministrazione/operazioni"):
            assert desk.get(address).status_code == 403
        assert desk.post(PAGES, operazione="cancel", motivo="x", conferma="sì").status_code == 403
        assert desk.post("/amministrazione/incidenti/ritenta", processo="prova").status_code == 403
    assert office.engine.instances.get(case, SYSTEM).state == "active"


def test_the_pages_in_english(office: Office, ada: Desk) -> None:
    office.case()
    ada.post("/lingua", lingua="en")
    assert "Running cases" in ada.get(PAGES).text
