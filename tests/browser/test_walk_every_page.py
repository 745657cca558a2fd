"""Every page of the application keeps the accessibility rules at a desk and on a narrow telephone, errors showing too.

The pages are those of the application's own list of addresses: one that nobody looks at here fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FilePayload, Page, ViewportSize, expect

from engine.access import SYSTEM
from engine.scheduling.overrides import After
from engine.tasks.models import TaskRow
from tests.browser.accessibility import assert_accessible
from tests.browser.colleague import Colleague
from tests.engine.definition_versions import plan_to, redeploy
from tests.engine.temporal.test_ics_closings import file_of
from tests.live_site import ROOT, LiveSite
from web.app import create_app

SIZES: tuple[ViewportSize, ...] = ({"width": 1280, "height": 900}, {"width": 360, "height": 740})
COORDINATOR, SOCIAL_WORKER, ADMINISTRATOR, NOBODY = "carla", "anna", "rita", ""

PAGES: Mapping[str, tuple[str, str]] = {
    "account.sign_in": (NOBODY, "/accedi"),
    "account.profile": (SOCIAL_WORKER, "/profilo"),
    "account.calendar": (SOCIAL_WORKER, "/profilo/calendario"),
    "account.notices": (SOCIAL_WORKER, "/avvisi"),
    "inbox.page": (COORDINATOR, "/compiti?casella=all&persona=i"),
    "inbox.choose_colleague": (COORDINATOR, "/compiti/{held}/affida"),
    "tasks.page": (SOCIAL_WORKER, "/compiti/{task}"),
    "instances.page": (SOCIAL_WORKER, "/pratiche"),
    "instances.page_of": (COORDINATOR, "/pratiche/{case}?storia=tutta"),
    "instances.send_message": (
        COORDINATOR,
        "/pratiche/{case}/comunicazioni?messaggio=Sostituzione+del+tutor",
    ),
    "instances.submissions": (SOCIAL_WORKER, "/pratiche/{case}/scritto"),
    "instances.submission": (SOCIAL_WORKER, "/pratiche/{case}/scritto/{submission}"),
    "instances.person": (SOCIAL_WORKER, "/persone/{person}"),
    "instances.search": (SOCIAL_WORKER, "/cerca?q=i"),
    "starting.choose": (SOCIAL_WORKER, "/nuova-pratica"),
    "starting.fill": (SOCIAL_WORKER, "/nuova-pratica/patto_autonomia?ambito=cremasco"),
    "admin.page": (ADMINISTRATOR, "/amministrazione/"),
    "admin.incidents": (ADMINISTRATOR, "/amministrazione/incidenti"),
    "admin.parameters": (ADMINISTRATOR, "/amministrazione/parametri?processo=patto_autonomia"),
    "admin.calendar": (ADMINISTRATOR, "/amministrazione/calendario?ambito=cremasco/crema&anno=2016"),
    "admin.deadlines": (ADMINISTRATOR, "/amministrazione/scadenze"),
    "admin.deadline": (ADMINISTRATOR, "/amministrazione/scadenze/una?chiave={deadline}"),
    "admin.undo_deadline": (ADMINISTRATOR, "/amministrazione/scadenze/{change}/annulla"),
    "admin.instance_deadlines": (ADMINISTRATOR, "/amministrazione/scadenze/pratica/{case}"),
    "admin.move_deadline": (ADMINISTRATOR, "/amministrazione/scadenze/pratica/due/{dated}"),
    "admin.users": (ADMINISTRATOR, "/amministrazione/utenti"),
    "admin.new_user": (ADMINISTRATOR, "/amministrazione/utenti/nuovo"),
    "admin.user": (ADMINISTRATOR, "/amministrazione/utenti/anna"),
    "admin.running": (ADMINISTRATOR, "/amministrazione/pratiche"),
    "admin.modification": (ADMINISTRATOR, "/amministrazione/pratiche/{case}/modifica"),
    "admin.batches": (ADMINISTRATOR, "/amministrazione/operazioni"),
    "admin.batch": (ADMINISTRATOR, "/amministrazione/operazioni/{batch}"),
    "admin.migrations": (ADMINISTRATOR, "/amministrazione/passaggi"),
    "admin.migration_plan": (ADMINISTRATOR, "/amministrazione/passaggi/piano?a={version}"),
    "admin.migration": (ADMINISTRATOR, "/amministrazione/passaggi/{move}"),
    "admin.definitions": (ADMINISTRATOR, "/amministrazione/processi"),
    "admin.starts": (ADMINISTRATOR, "/amministrazione/partenze"),
}
"""Endpoint → who looks at it, and its address."""

NOT_PAGES = {
    "static": "files of the pages",
    "account.home": "sends on to the tasks",
    "account.deadline_feed": "a file",
    "health.alive": "for programs",
    "health.ready": "for programs",
    "health.figures": "for programs",
    "files.attachment": "a file",
    "records.document": "a file",
    "records.statement_csv": "a file",
    "records.statement_as_pdf": "a file",
    "instances.tokens": "for the drawing",
    "instances.diagram": "for the drawing",
    "admin.diagram_file": "a file",
    "admin.calendar_file": "a file",
}
"""Endpoints that answer GET with something else than a page, and what it is."""


def test_walk_no_page_is_left_out(busy_office: LiveSite) -> None:
    app = create_app(busy_office.engine, busy_office.engine.settings)
    answering = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert answering == set(PAGES) | set(NOT_PAGES), "add the new page to PAGES"


@pytest.mark.parametrize("who", [NOBODY, SOCIAL_WORKER, COORDINATOR, ADMINISTRATOR])
def test_walk_every_page(busy_office: LiveSite, page: Page, who: str) -> None:
    colleague = Colleague(page, busy_office.url, who)
    if who:
        colleague.sign_in()
    things = _things(busy_office)
    for looker, address in PAGES.values():
        if looker == who:
            colleague.visit(address.format(**things))
            _look(page)


def test_walk_every_page_with_errors(busy_office: LiveSite, page: Page) -> None:
    anna = Colleague(page, busy_office.url, SOCIAL_WORKER)
    page.goto(busy_office.url)
    _send(page, "Accedi")
    anna.sign_in()
    things = _things(busy_office)
    anna.visit("/compiti/{task}".format(**things))
    _send(page, "Completa il compito")
    anna.visit("/nuova-pratica/patto_autonomia?ambito=cremasco")
    _send(page, "Apri la pratica")
    anna.visit("/nuova-pratica/patto_inclusione?ambito=cremasco")
    _send(page, "Apri la pratica")
    anna.visit("/pratiche/{case}/comunicazioni?messaggio=Sostituzione+del+tutor".format(**things))
    _send(page, "Registra")
    anna.visit("/profilo")
    _send(page, "Cambia la password")
    for address in (
        "/compiti/niente",
        "/amministrazione/utenti",
        "/niente",
        "/cerca?q=qqq",
        "/compiti?persona=qqq",
    ):
        anna.visit(address)
        _look(page)


def test_walk_the_administration_with_errors(busy_office: LiveSite, page: Page) -> None:
    rita = Colleague(page, busy_office.url, ADMINISTRATOR).sign_in()
    rita.visit("/amministrazione/utenti/nuovo")
    _send(page, "Crea l'utente")
    rita.visit("/amministrazione/parametri?processo=patto_autonomia")
    for fold in page.locator("main details").all():
        fold.evaluate("fold => fold.open = true")
    page.get_by_label("Motivo").first.fill("prova")
    page.locator('main [name="valore"]').first.fill("1000000000")
    _send(page, "Metti in vigore", first=True)


def test_walk_the_calendar_with_errors(busy_office: LiveSite, page: Page) -> None:
    rita = Colleague(page, busy_office.url, ADMINISTRATOR).sign_in()
    rita.visit("/amministrazione/calendario?ambito=cremasco/crema&anno=2016")
    _send(page, "Chiudi questi giorni")
    rita.visit("/amministrazione/calendario?ambito=cremasco/crema&anno=2016")
    page.get_by_label("Giorno del patrono").fill("31-12")
    _send(page, "Metti in vigore")


def test_walk_a_calendar_file_from_preview_to_confirmation(busy_office: LiveSite, page: Page) -> None:
    rita = Colleague(page, busy_office.url, ADMINISTRATOR).sign_in()
    rita.visit("/amministrazione/calendario?ambito=cremasco&anno=2016")
    _send(page, "Mostra l'anteprima")
    events = (
        "DTSTART;VALUE=DATE:20160808\nDTEND;VALUE=DATE:20160813\nSUMMARY:Chiusura estiva",
        "DTSTART;VALUE=DATE:20151224\nRRULE:FREQ=YEARLY\nSUMMARY:Vigilia",
        "DTSTART:20160905T070000Z\nDTEND:20160905T080000Z\nSUMMARY:Riunione",
    )
    file = {"name": "chiusure.ics", "mimeType": "text/calendar", "buffer": file_of(*events)}
    page.get_by_label("File .ics").set_input_files(cast(FilePayload, file))
    page.get_by_role("button", name="Mostra l'anteprima").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anteprima del file")
    _look(page)
    _send(page, "Aggiungi")


def test_walk_ones_own_calendar_from_opening_to_closing(busy_office: LiveSite, page: Page) -> None:
    anna = Colleague(page, busy_office.url, SOCIAL_WORKER).sign_in()
    anna.visit("/profilo")
    page.get_by_role("link", name="Le mie scadenze nel calendario").click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Crea l'indirizzo").click()
    page.get_by_role("button", name="Copia l'indirizzo").click()
    expect(page.get_by_role("button", name="Copiato")).to_be_visible()
    address = page.get_by_label("Indirizzo del calendario").input_value()
    assert page.evaluate("navigator.clipboard.readText()") == address
    _look(page)
    path = urlsplit(address).path
    answer = page.request.get(f"{busy_office.url}{path}")
    assert answer.text().startswith("BEGIN:VCALENDAR")
    page.get_by_role("button", name="Chiudi il calendario").click()
    expect(page.get_by_text("Nessun programma può leggere le tue scadenze.")).to_be_visible()
    _look(page)
    assert page.request.get(f"{busy_office.url}{path}").status == 404


def test_walk_the_running_cases_with_errors(busy_office: LiveSite, page: Page) -> None:
    rita = Colleague(page, busy_office.url, ADMINISTRATOR).sign_in()
    rita.visit("/amministrazione/pratiche")
    _send(page, "Conta e conferma")
    rita.visit("/amministrazione/pratiche/{case}/modifica".format(**_things(busy_office)))
    _send(page, "Mostra come sarebbe")


def test_walk_the_deadlines_with_errors(busy_office: LiveSite, page: Page) -> None:
    things = _things(busy_office)
    rita = Colleague(page, busy_office.url, ADMINISTRATOR).sign_in()
    rita.visit("/amministrazione/scadenze/una?chiave={deadline}".format(**things))
    page.get_by_label("Quanti").fill("molti")
    _send(page, "Vedi l'anteprima")
    rita.visit("/amministrazione/scadenze/una?chiave={deadline}".format(**things))
    page.get_by_label("Che cosa metti in vigore").select_option("data")
    page.get_by_label("Giorno", exact=True).fill("2001-01-31")
    page.get_by_role("button", name="Vedi l'anteprima").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Anteprima")
    _look(page)
    page.get_by_label("Motivo").fill("Delibera 12")
    _send(page, "Metti in vigore")
    rita.visit("/amministrazione/scadenze/pratica/due/{dated}".format(**things))
    _send(page, "Sposta")


def _things(site: LiveSite) -> dict[str, str]:
    """Ids to look at: an active case with its person, a task of the assistente sociale, one held by somebody."""
    cases = {case.title: case for case in site.engine.instances.list(SYSTEM, limit=100).items}
    active = cases["Schizzi Elio"]
    tasks: list[TaskRow] = [*site.engine.inbox.of_instance(active.id, SYSTEM)]
    contact = site.engine.inbox.of_instance(cases["Finti Tea"].id, SYSTEM)[0]
    person = site.engine.instances.get(active.id, SYSTEM).subject or ""
    deadlines = site.engine.deadlines.list(SYSTEM)
    deadline = next(one.deadline for one in deadlines if one.waiting and one.deadline.kind == "due")
    dated = site.engine.deadlines.preview(deadline.key, "", None, SYSTEM).changes[0]
    version = redeploy(site.engine, ROOT / "processes" / "patto_autonomia.bpmn", mark="another version")
    return {
        "case": active.id,
        "submission": str(site.engine.submissions.list(active.id, SYSTEM).items[0].id),
        "held": tasks[0].id,
        "task": contact.id,
        "deadline": deadline.key,
        "dated": dated.row_id,
        "change": str(_changed(site, deadline.key)),
        "person": person.rpartition(":")[2],
        "batch": site.engine.batches.create("resume", {}, [active.id], SYSTEM, "Prova"),
        "version": version,
        "move": site.engine.migrations.create_batch(plan_to(version), "Prova", SYSTEM),
    }


def _changed(site: LiveSite, key: str) -> int:
    """A change of a deadline, for its history and its undoing."""
    term = After(40, "lavorativi")
    mark = site.engine.deadlines.preview(key, "", term, SYSTEM).fingerprint
    change = site.engine.deadlines.apply(
        key, "", term, fingerprint=mark, reason="Prova", actor=SYSTEM, past_confirmed=True
    )
    return change.id


def _send(page: Page, button: str, *, first: bool = False) -> None:
    """Press a button, as the server sees it whatever the browser would have said first; then look."""
    for form in page.locator("form").all():
        form.evaluate("form => form.noValidate = true")
    found = page.get_by_role("main").get_by_role("button", name=button)
    (found.first if first else found).click()
    expect(page.get_by_role("main").locator(WRONG).first).to_be_visible()
    _look(page)


WRONG = "[aria-invalid=true], [role=alert], .field-error, .alert-danger"


def _look(page: Page, act: Callable[[Page], None] = assert_accessible) -> None:
    """The rules on the page as it stands, everything unfolded, at each size of the window."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for fold in page.locator("main details").all():
        fold.evaluate("fold => fold.open = true")
    for size in SIZES:
        page.set_viewport_size(size)
        act(page)
    page.set_viewport_size(SIZES[0])
