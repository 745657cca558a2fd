"""Italian by default, English on request, and no text of the pages without its English."""

from __future__ import annotations

import re

from engine.access import SYSTEM, ChangedBy, accounts
from tests.web.people import Desk, Office
from web.translations.update import current, missing, texts, updated

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")


def test_every_text_of_the_pages_has_an_english_translation() -> None:
    assert missing(updated()) == [], "add them to web/translations/en (python -m web.translations.update)"


def test_the_catalogue_holds_nothing_that_is_gone() -> None:
    known = {message[0] if isinstance(message, tuple) else message for message, _ in texts()}
    gone = [
        message.id
        for message in current()
        if message.id and (message.id[0] if isinstance(message.id, tuple) else message.id) not in known
    ]
    assert gone == []


def test_translations_keep_the_places_of_names_and_numbers() -> None:
    wrong = []
    for message in current():
        if not message.id:
            continue
        sources = [message.id] if isinstance(message.id, str) else [*message.id]
        targets = [message.string] if isinstance(message.string, str) else [*(message.string or ())]
        wanted = {found for source in sources for found in PLACEHOLDER.findall(source)}
        for target in targets:
            if not set(PLACEHOLDER.findall(target)) <= wanted:
                wrong.append(message.id)
    assert wrong == []


def test_one_chooses_english_and_it_stays(office: Office, anna: Desk) -> None:
    page = anna.post("/lingua", lingua="en", next="/compiti", follow=True).text
    assert '<html lang="en">' in page
    assert "<h1>Tasks</h1>" in page
    assert '<html lang="en">' in anna.get("/pratiche").text
    assert '<html lang="it">' in anna.post("/lingua", lingua="it", next="/compiti", follow=True).text


def test_a_colleague_who_speaks_english_finds_english_pages(office: Office) -> None:
    with office.engine.database.begin() as work:
        accounts.change_account(
            work.connection, "tino", by=ChangedBy(SYSTEM.id, office.clock.now()), lingua="en"
        )
    desk = office.desk("tino")
    assert "<h1>Tasks</h1>" in desk.get("/compiti").text
    case = desk.get(f"/pratiche/{office.case()}").text
    assert "Why does it wait?" in case
    assert "Waiting for somebody (Social worker) to take" in case


def test_the_sign_in_page_changes_language_too(office: Office) -> None:
    desk = office.desk()
    assert "Sign in" in desk.post("/lingua", lingua="en", next="/accedi", follow=True).text
