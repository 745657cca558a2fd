"""What administrators do: parameters, users, definitions, incidents."""

from __future__ import annotations

import io
import zipfile

import pytest

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from tests.web.people import DEFINITIONS, PASSWORD, Desk, Office

VIGIL = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:c="http://camunda.org/schema/1.0/bpmn"><process id="veglia" name="Veglia" isExecutable="true">
  <startEvent id="i" name="Di capodanno"><extensionElements><c:properties>
    <c:property name="ambito" value="cremasco/crema"/></c:properties></extensionElements>
    <timerEventDefinition><timeDate>2050-01-01T00:00:00+01:00</timeDate></timerEventDefinition></startEvent>
  <sequenceFlow id="f" sourceRef="i" targetRef="t"/>
  <userTask id="t" name="Brinda" c:candidateGroups="assistente_sociale"/></process></definitions>"""


@pytest.fixture
def ada(office: Office) -> Desk:
    """Ada, administrator of every ambito, signed in."""
    return office.desk("ada")


def _archive(replaced: tuple[bytes, bytes] = (b"", b"")) -> io.BytesIO:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in (DEFINITIONS / "prova.bpmn", *sorted((DEFINITIONS / "prova").iterdir())):
            content = file.read_bytes()
            archive.writestr(file.name, content.replace(*replaced) if replaced[0] else content)
    packed.seek(0)
    return packed


def test_the_door_of_the_administration(ada: Desk) -> None:
    page = ada.get("/amministrazione/").text
    assert all(part in page for part in ("Incidenti", "Parametri", "Utenti", "Processi"))


def test_a_parameter_changes_for_one_ambito_with_a_reason(office: Office, ada: Desk) -> None:
    change = {"processo": "prova", "ambito": "cremasco", "nome": "eta_max", "valore": "41"}
    assert ada.post("/amministrazione/parametri", **change, motivo="").status_code == 422
    page = ada.post("/amministrazione/parametri", **change, motivo="Delibera 12", follow=True).text
    assert "41 anni" in page
    assert "Delibera 12" in page
    assert "39 anni" in ada.get("/amministrazione/parametri?processo=prova").text
    back = ada.post("/amministrazione/parametri", **change, azione="ripristina", follow=True).text
    assert "39 anni" in back


def test_a_value_of_the_wrong_kind_is_explained(ada: Desk) -> None:
    answer = ada.post(
        "/amministrazione/parametri",
        processo="prova",
        ambito="",
        nome="eta_max",
        valore="molti",
        motivo="prova",
    )
    assert answer.status_code == 422
    assert "molti" in answer.text


def test_a_new_user_gets_a_role_and_signs_in(office: Office, ada: Desk) -> None:
    ada.post(
        "/amministrazione/utenti/nuovo",
        username="dora",
        nome="Dora Nuova",
        email="dora@example.org",
        lingua="it",
        password=PASSWORD,
    )
    assert "Nessun ruolo" in ada.get("/amministrazione/utenti/dora").text
    page = ada.post("/amministrazione/utenti/dora/ruoli", ruolo="tutor", ambito="cremasco", follow=True).text
    assert "Tutor" in page
    assert office.desk("dora").get("/pratiche").status_code == 200


def test_a_weak_password_is_explained(ada: Desk) -> None:
    answer = ada.post(
        "/amministrazione/utenti/nuovo", username="dora", nome="Dora", lingua="it", password="corta"
    )
    assert answer.status_code == 422
    assert "12 caratteri" in answer.text


def test_a_role_taken_away_is_gone_at_once(office: Office, ada: Desk) -> None:
    office.case()
    tino = office.desk("tino")
    assert "Fittizi" in tino.get("/pratiche").text
    page = ada.get("/amministrazione/utenti/tino").text
    membership = page.split("/ruoli/")[1].split("/")[0]
    ada.post(f"/amministrazione/utenti/tino/ruoli/{membership}/togli")
    assert "Fittizi" not in tino.get("/pratiche", follow=True).text


def test_an_account_is_closed_and_opened_again_but_never_ones_own(office: Office, ada: Desk) -> None:
    tino = office.desk("tino")
    ada.post("/amministrazione/utenti/tino/stato", attivo="no")
    assert tino.get("/compiti").status_code == 302
    ada.post("/amministrazione/utenti/tino/stato", attivo="sì")
    office.desk("tino")
    assert ada.post("/amministrazione/utenti/ada/stato", attivo="no").status_code == 422


def test_a_new_password_from_the_administrator(office: Office, ada: Desk) -> None:
    ada.post("/amministrazione/utenti/tino/password", password="sette nani in fila indiana")
    answer = office.desk().post("/accedi", utente="tino", password="sette nani in fila indiana")
    assert answer.status_code == 302


def test_a_changed_archive_is_a_new_version_the_same_one_is_not(ada: Desk) -> None:
    same = ada.post("/amministrazione/processi", archivio=(_archive(), "prova.zip"), follow=True).text
    assert "ha già questo contenuto" in same
    changed = _archive((b'name="Percorso di prova"', b'name="Percorso nuovo"'))
    page = ada.post("/amministrazione/processi", archivio=(changed, "prova.zip"), follow=True).text
    assert "Pubblicata la versione 2" in page
    assert "Percorso nuovo" in page


def test_what_is_wrong_in_an_archive_is_listed_with_its_place(ada: Desk) -> None:
    broken = _archive((b"budget.apri", b"budget.inesistente"))
    answer = ada.post("/amministrazione/processi", archivio=(broken, "prova.zip"))
    assert answer.status_code == 422
    assert "UNKNOWN_OPERATION" in answer.text
    assert "Service_Budget" in answer.text
    assert "prova.bpmn" in answer.text
    assert ada.post("/amministrazione/processi", archivio=(io.BytesIO(b"niente"), "x.zip")).status_code == 422


def test_what_an_archive_asks_for_in_vain_is_listed_and_it_is_published(ada: Desk) -> None:
    listener = b"""<camunda:executionListener class="Avvisa" event="end"/><camunda:inputOutput>"""
    odd = _archive((b"<camunda:inputOutput>", listener))
    page = ada.post("/amministrazione/processi", archivio=(odd, "prova.zip")).text
    assert "Pubblicata la versione 2" in page
    assert "camunda:executionListener" in page
    assert "NOT_RUN" in page


def test_a_retired_process_opens_no_new_cases(office: Office, ada: Desk, anna: Desk) -> None:
    ada.post("/amministrazione/processi/prova/ritira")
    assert "Non ci sono percorsi" in anna.get("/nuova-pratica").text


def test_what_begins_by_itself_is_listed_with_its_moment_and_ambito(office: Office, ada: Desk) -> None:
    assert "Niente comincia da sé" in ada.get("/amministrazione/partenze").text
    office.engine.deployments.deploy(DeploymentBundle.from_files({"veglia.bpmn": VIGIL}), SYSTEM)
    page = ada.get("/amministrazione/partenze").text
    assert all(part in page for part in ("Veglia", "Di capodanno", "2050", "cremasco/crema"))
    assert office.desk("anna").get("/amministrazione/partenze").status_code == 403


def test_no_incident_is_said_in_words(ada: Desk) -> None:
    assert "Nessun incidente aperto" in ada.get("/amministrazione/incidenti").text
