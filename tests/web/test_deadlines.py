"""The pages of deadlines: the list, a change seen beforehand and confirmed, its history, one case by hand."""

from __future__ import annotations

import re

import pytest

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from tests.engine.timers.test_scheduled_starts import DAILY, by_itself
from tests.web.people import Desk, Office

LIST = "/amministrazione/scadenze"


@pytest.fixture
def ada(office: Office) -> Desk:
    """Ada, administrator of every ambito, signed in."""
    return office.desk("ada")


def _key(office: Office) -> str:
    """The key of some due date on which a case waits."""
    office.case()
    lines = office.engine.deadlines.list(office.actor("ada"))
    return next(line.deadline.key for line in lines if line.waiting)


def _hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, f"no field {name}"
    return found[1]


def test_a_deadline_is_changed_previewed_confirmed_and_undone(office: Office, ada: Desk) -> None:
    key = _key(office)
    assert f"chiave={key}" in ada.get(LIST).text.replace("%2F", "/")
    assert "Nessuno l'ha ancora cambiata" in ada.get(f"{LIST}/una?chiave={key}").text
    term = {"chiave": key, "genere": "dopo", "numero": "40", "unita": "lavorativi", "da": "avvio"}
    page = ada.post(f"{LIST}/anteprima", **term).text
    assert "40 giorni lavorativi dopo l&#39;avvio della pratica" in page
    assert "1 scadenza si sposta" in page
    mark = _hidden(page, "impronta")
    assert ada.post(LIST, **term, impronta=mark, motivo="").status_code == 422
    done = ada.post(LIST, **term, impronta=mark, motivo="Delibera 12", follow=True).text
    assert "1 pratica spostata, e chi la segue è avvisato" in done
    assert "Delibera 12" in done
    assert "40 giorni lavorativi" in ada.get(LIST).text
    assert "40 giorni lavorativi dopo l&#39;avvio della pratica →" in ada.get(f"{LIST}/1/annulla").text
    undone = ada.post(f"{LIST}/1/annulla", follow=True).text
    assert "annulla la n. 1" in undone
    office.case()
    assert ada.post(LIST, **term, impronta=mark, motivo="Tardi").status_code == 409


def test_a_late_deadline_needs_a_second_confirmation_and_wrong_fields_are_explained(
    office: Office, ada: Desk
) -> None:
    key = _key(office)
    answer = ada.post(f"{LIST}/anteprima", chiave=key, genere="dopo", numero="molti", unita="anni")
    assert answer.status_code == 422
    assert "Serve un numero intero" in answer.text
    term = {"chiave": key, "genere": "data", "data": "2016-01-02"}
    page = ada.post(f"{LIST}/anteprima", **term).text
    assert "1 sarebbe subito in ritardo" in page
    mark = _hidden(page, "impronta")
    assert ada.post(LIST, **term, impronta=mark, motivo="x").status_code == 422
    assert ada.post(LIST, **term, impronta=mark, motivo="x", passato="si").status_code == 302


def test_one_case_is_moved_by_hand_and_its_story_says_so(office: Office, ada: Desk) -> None:
    key = _key(office)
    page = ada.post(f"{LIST}/anteprima", chiave=key, genere="data", data="2016-09-01").text
    found = re.search(r'href="(/amministrazione/scadenze/pratica/due/[^"]+)"', page)
    assert found
    assert ada.post(found[1], data="2016-10-01", motivo="").status_code == 422
    assert (
        "Scadenza spostata a mano" in ada.post(found[1], data="2016-10-01", motivo="Ferie", follow=True).text
    )
    again = ada.post(f"{LIST}/anteprima", chiave=key, genere="data", data="2016-09-01").text
    assert "1 non si sposta perché è stata spostata a mano" in again
    seen = office.engine.deadlines.preview(key, "", None, office.actor("ada"))
    (told,) = {one.instance_id for one in seen.changes if one.outcome == "by_hand"}
    assert "Scadenza spostata a mano" in office.desk("anna").get(f"/pratiche/{told}").text


def test_only_administrators_open_the_pages_and_they_speak_english(office: Office, ada: Desk) -> None:
    assert office.desk("carlo").get(LIST).status_code == 403
    assert "Deadlines" in ada.post("/lingua", lingua="en", next=LIST, follow=True).text


def test_an_administrator_sees_the_clocks_of_a_case_and_moves_one_from_there(
    office: Office, ada: Desk
) -> None:
    case = office.case()
    page = ada.get(f"{LIST}/pratica/{case}").text
    assert "Scadenze della pratica n. 1" in page
    assert "Scadenze della pratica" not in office.desk("anna").get(f"/pratiche/{case}").text
    found = re.search(r'href="(/amministrazione/scadenze/pratica/due/[^"]+)"', page)
    assert found
    late = ada.post(found[1], data="2001-01-31", motivo="Ferie")
    assert late.status_code == 422
    assert "Va bene che il momento sia già passato" in late.text
    moved = ada.post(found[1], data="2016-10-01", motivo="Ferie", follow=True).text
    assert "Spostata a mano: le modifiche per tutti non la toccano." in moved
    assert "Data fissa" in moved
    office.engine.instances.suspend(case, "Attesa", office.actor("ada"))
    office.advance(days=3)
    office.engine.instances.resume(case, office.actor("ada"))
    assert "2 fermate e riprese" in ada.get(f"{LIST}/pratica/{case}").text


def test_what_begins_a_process_is_moved_like_the_others(office: Office, ada: Desk) -> None:
    office.engine.deployments.deploy(DeploymentBundle.from_files({"da_se.bpmn": by_itself(DAILY)}), SYSTEM)
    key = "da_se/Inizio/start"
    assert f"chiave={key}" in ada.get(LIST).text.replace("%2F", "/")
    page = ada.get(f"{LIST}/una?chiave={key}").text
    assert "fa cominciare il processo da sé" in page
    assert 'value="dopo"' not in page.split('name="genere"')[1].split("</select>")[0]
    offset = ada.post(f"{LIST}/anteprima", chiave=key, genere="dopo", numero="3", unita="giorni")
    assert offset.status_code == 422
    term = {"chiave": key, "genere": "data", "data": "2016-01-02", "ora": "09:00"}
    page = ada.post(f"{LIST}/anteprima", **term).text
    assert "Il prossimo avvio" in page
    assert "Comincerebbe subito" in page
    assert "pratica/start" not in page
    term["data"] = "2016-09-01"
    mark = _hidden(ada.post(f"{LIST}/anteprima", **term).text, "impronta")
    done = ada.post(LIST, **term, impronta=mark, motivo="Delibera 12", follow=True).text
    assert "comincerà da sé come hai deciso" in done
    assert "01/09/2016" in done
    assert "Per ora non è cambiato nulla" in ada.get(f"{LIST}/1/annulla").text
    assert "annulla la n. 1" in ada.post(f"{LIST}/1/annulla", follow=True).text
