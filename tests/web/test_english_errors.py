"""Errors, fields and findings of the engine follow the language of the page."""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from engine.localization import message
from tests.engine.temporal.test_ics_closings import file_of
from tests.web.people import DEFINITIONS, Desk, Office


@pytest.fixture
def ada(office: Office) -> Desk:
    """Ada, the administrator, on English pages."""
    return _english(office.desk("ada"))


def _english(desk: Desk) -> Desk:
    desk.post("/lingua", lingua="en", next="/compiti")
    return desk


def _archive(old: bytes, new: bytes) -> io.BytesIO:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        diagram = (DEFINITIONS / "prova.bpmn").read_bytes()
        assert old in diagram
        archive.writestr("prova.bpmn", diagram.replace(old, new))
        for one in sorted((DEFINITIONS / "prova").iterdir()):
            archive.write(one, f"prova/{one.name}")
    content.seek(0)
    return content


def _text(page: str) -> str:
    """The words of a page without its tags and entities."""
    bare = re.sub(r"<[^>]+>", " ", page)
    return re.sub(r"\s+", " ", bare.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&"))


def test_a_task_claimed_twice(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    bruno = _english(office.desk("bruno"))
    anna.post(f"/compiti/{task}/prendi")
    answer = bruno.post(f"/compiti/{task}/prendi")
    name = office.engine.inbox.task(task, office.actor("anna")).row.name
    expected = message("TASK_ALREADY_CLAIMED", name=name, assignee="anna")
    assert answer.status_code == 409
    assert expected.in_language("en") in _text(answer.text)
    assert expected not in _text(answer.text)


def test_an_error_in_json(office: Office, anna: Desk) -> None:
    task = office.task(office.case())
    bruno = _english(office.desk("bruno"))
    anna.post(f"/compiti/{task}/prendi")
    answer = bruno.post(f"/compiti/{task}/prendi", headers={"Accept": "application/json"})
    assert answer.json is not None
    assert answer.json["code"] == "TASK_ALREADY_CLAIMED"
    assert "già" not in answer.json["message"]


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("dora", "sette nani in fila indiana", "EMAIL_INVALID"),
        ("dora@example.org", "corta", "PASSWORD_TOO_SHORT"),
    ],
)
def test_the_fields_of_a_new_user(ada: Desk, email: str, password: str, code: str) -> None:
    answer = ada.post(
        "/amministrazione/utenti/nuovo",
        username="dora",
        nome="Dora Nuova",
        email=email,
        lingua="it",
        password=password,
    )
    expected = message(code, address=email, length=12)
    assert answer.status_code == 422
    assert expected.in_language("en") in _text(answer.text)
    assert expected not in _text(answer.text)


def test_the_findings_of_an_archive(ada: Desk) -> None:
    broken = _archive(b"budget.apri", b"budget.inesistente")
    page = ada.post("/amministrazione/processi", archivio=(broken, "prova.zip")).text
    assert "UNKNOWN_OPERATION" in page
    assert 'lang="it"' not in page.partition("<main")[2]
    row = next(row for row in page.split("<tr>") if "UNKNOWN_OPERATION" in row)
    assert "budget.inesistente" in row
    assert not re.search(r"\b(operazione|non esiste|sconosciuta)\b", _text(row))


def test_an_archive_that_is_none(ada: Desk) -> None:
    page = ada.post("/amministrazione/processi", archivio=(io.BytesIO(b"niente"), "x.zip")).text
    assert not re.search(r"\b(archivio|leggibile)\b", _text(page.partition("<main")[2]))


def test_a_flash_after_an_empty_note(office: Office, anna: Desk) -> None:
    instance = office.case()
    address = f"/pratiche/{instance}/note"
    italian = _text(anna.post(address, testo=" ", follow=True).text)
    english = _text(_english(anna).post(address, testo=" ", follow=True).text)
    assert message("COMMENT_EMPTY") in italian
    assert message("COMMENT_EMPTY").in_language("en") in english
    assert message("COMMENT_EMPTY") not in english


def test_the_refused_events_of_a_calendar_file(ada: Desk) -> None:
    file = file_of("UID:1\nSUMMARY:Senza inizio")
    page = ada.post(
        "/amministrazione/calendario/importa", ambito="cremasco", file=(io.BytesIO(file), "chiusure.ics")
    ).text
    assert "Senza inizio" in page
    assert "giorno di inizio" not in page


def test_why_a_deadline_is_refused(ada: Desk) -> None:
    missing = ada.get("/amministrazione/scadenze/una?chiave=niente").text
    assert not re.search(r"\b(scadenza|esiste)\b", _text(missing.partition("<main")[2]))
