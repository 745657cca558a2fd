"""Every page in a browser: accessibility at a desk and on a narrow phone, keyboard, lost sessions, two presses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.live_site import LiveSite
from tests.web.people import PASSWORD, Office, furnish

NARROW = {"width": 360, "height": 740}
SHEET = {"bisogni": "Casa e lavoro", "lavoro": "inoccupato"}


class Town:
    """A furnished site with two cases: one at its first task, one before the microequipe."""

    def __init__(self, site: LiveSite) -> None:
        furnish(site.engine)
        self.site = site
        self.office = Office(None, site.engine, site.clock)  # type: ignore[arg-type]
        self.first, self.second = self.office.case(), self.office.case(cognome="Esempio", nome="Pia")
        anna = self.office.actor("anna")
        site.engine.tasks.complete(self.office.task(self.second), SHEET, anna)
        site.engine.tasks.complete(self.office.task(self.second), {}, anna)
        site.engine.comments.comment_instance(self.second, "Ha telefonato.", anna)

    @property
    def task(self) -> str:
        """The first case's open task."""
        return self.office.task(self.first)

    def sign_in(self, page: Page, username: str) -> None:
        """Sign in as a person does."""
        page.goto(self.site.url + "/accedi")
        page.get_by_label("Nome utente").fill(username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Accedi").click()
        page.wait_for_url("**/compiti")


@pytest.fixture
def town(site: LiveSite) -> Town:
    """A furnished site."""
    return Town(site)


def _pages(town: Town) -> dict[str, list[str]]:
    case, task = town.second, town.task
    return {
        "anna": [
            "/compiti", "/compiti?scadenza=overdue", f"/compiti/{task}", f"/compiti/{task}/affida", "/pratiche",
            f"/pratiche/{case}", f"/pratiche/{case}/comunicazioni?messaggio=sostituzione_tutor", "/nuova-pratica",
            "/nuova-pratica/prova?ambito=cremasco", "/cerca?q=es", "/cerca", "/profilo", "/avvisi", "/niente",
            "/amministrazione/",
        ],
        "marta": [f"/compiti/{town.office.task(case)}"],
        "ada": [
            "/amministrazione/", "/amministrazione/incidenti", "/amministrazione/parametri", "/amministrazione/utenti",
            "/amministrazione/utenti/anna", "/amministrazione/utenti/nuovo", "/amministrazione/processi",
        ],
    }  # fmt: skip


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("username", ["anna", "marta", "ada"])
def test_every_page_is_accessible(town: Town, open_browser: Any, username: str, phone: bool) -> None:
    page: Page = open_browser(phone=phone)
    if phone:
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    town.sign_in(page, username)
    for address in _pages(town)[username]:
        page.goto(town.site.url + address)
        if address == f"/pratiche/{town.second}":
            expect(page.locator(".token-note")).to_have_count(1)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for fold in page.locator("main details").all():
            fold.evaluate("element => element.open = true")
        assert_accessible(page)


def test_the_diagram_shows_where_the_case_is(
    town: Town, page: Page, photograph: Callable[[Page, str], None]
) -> None:
    town.sign_in(page, "anna")
    page.goto(f"{town.site.url}/pratiche/{town.second}")
    expect(page.locator('[data-element-id="Task_Valuta"].token')).to_be_visible()
    page.get_by_role("button", name="Ingrandisci il diagramma").click()
    photograph(page, "pagina-pratica")


def test_a_task_is_done_with_the_keyboard_alone(town: Town, page: Page) -> None:
    town.sign_in(page, "anna")
    page.goto(f"{town.site.url}/compiti/{town.task}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Vai al contenuto")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "bisogni":
            break
    page.keyboard.type("Scritto con la tastiera")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Inoccupato")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Completa il compito")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Prepara il colloquio")).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("è completato")


def test_the_menu_opens_and_closes_with_the_keyboard(town: Town, page: Page) -> None:
    town.sign_in(page, "anna")
    menu = page.locator("summary", has_text="Anna Prova")
    menu.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Esci")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Esci")).to_be_hidden()
    expect(menu).to_be_focused()


def test_pressing_twice_completes_once(town: Town, page: Page) -> None:
    town.sign_in(page, "anna")
    page.goto(f"{town.site.url}/compiti/{town.task}")
    page.get_by_label("Bisogni").fill("Casa")
    page.get_by_text("Inoccupato", exact=True).click()
    page.get_by_role("button", name="Completa il compito").dblclick()
    expect(page.get_by_role("heading", level=1, name="Prepara il colloquio")).to_be_visible()
    assert len(town.site.engine.inbox.of_instance(town.first, town.office.actor("anna"))) == 1


def test_a_session_lost_while_typing_loses_nothing(town: Town, page: Page) -> None:
    town.sign_in(page, "anna")
    page.goto(f"{town.site.url}/compiti/{town.task}")
    page.wait_for_load_state("networkidle")  # an answer still on its way would bring the session back
    page.context.clear_cookies()
    page.get_by_label("Bisogni").fill("Un racconto lungo che non si deve perdere")
    page.get_by_role("button", name="Completa il compito").click()
    page.get_by_role("link", name="Accedi di nuovo").click()
    page.get_by_label("Nome utente").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Accedi").click()
    expect(page.get_by_label("Bisogni")).to_have_value("Un racconto lungo che non si deve perdere")


def test_everything_works_without_javascript(town: Town, open_browser: Any) -> None:
    page: Page = open_browser(javascript=False)
    town.sign_in(page, "anna")
    page.goto(f"{town.site.url}/compiti/{town.task}")
    page.get_by_label("Bisogni").fill("Casa")
    page.get_by_text("Inoccupato", exact=True).click()
    page.get_by_role("button", name="Completa il compito").click()
    expect(page.get_by_role("heading", level=1, name="Prepara il colloquio")).to_be_visible()
    page.goto(f"{town.site.url}/pratiche/{town.second}")
    expect(page.get_by_text("Valuta la proposta.")).to_be_visible()


def test_english_pages_are_accessible_too(town: Town, page: Page) -> None:
    town.sign_in(page, "anna")
    page.locator("summary", has_text="IT").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1, name="Tasks")).to_be_visible()
    assert_accessible(page)
