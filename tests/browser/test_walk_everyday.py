"""What happens on any day: two people on one task, a lost session, no mouse, no JavaScript, another language, paper."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.colleague import Colleague
from tests.browser.conftest import Photograph
from tests.browser.form_filling import fill_form
from tests.live_site import LiveSite

SignIn = Callable[..., Colleague]

CONTACT = "Primo contatto con la persona"
CONTACTED = {"contatto_il": date(2016, 6, 15), "contatto_modo": "telefono", "esito_contatto": "prosegue"}
SITTING = "Seduta della commissione"
SAT = {
    "data_seduta": date(2016, 6, 15),
    "presenti": [{"nome": "Gina Scenario"}, {"nome": "Hugo Campione"}, {"nome": "Ines Saggio"}],
    "esito_commissione": "approva",
}


@pytest.fixture
def sign_in(busy_office: LiveSite, open_browser: Callable[..., Page]) -> SignIn:
    """Call it for a colleague signed in at the busy office: `sign_in("anna", phone=True)`."""

    def enter(username: str, **browser: bool) -> Colleague:
        return Colleague(open_browser(**browser), busy_office.url, username).sign_in()

    return enter


def test_walk_a_busy_morning(sign_in: SignIn, photograph: Photograph) -> None:
    anna = sign_in("anna")
    expect(anna.rows()).not_to_have_count(0)
    anna.page.get_by_role("link", name="Anche dei colleghi").click()
    expect(anna.rows("Seduta della commissione")).to_be_visible()
    assert_accessible(anna.page)
    photograph(anna.page, "compiti", whole=False)
    anna.page.get_by_text("Filtra e ordina").click()
    anna.page.get_by_label("Persona", exact=True).fill("campioni")
    anna.page.get_by_role("button", name="Applica").click()
    expect(anna.rows()).to_have_count(1)


def test_walk_to_the_first_page(busy_office: LiveSite, page: Page, photograph: Photograph) -> None:
    page.goto(busy_office.url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    photograph(page, "accesso", whole=False)


def test_walk_the_inbox_on_a_telephone(sign_in: SignIn, photograph: Photograph) -> None:
    dario = sign_in("dario", phone=True)
    assert_accessible(dario.page)
    photograph(dario.page, "compiti-telefono", whole=False)


def test_walk_with_things_to_correct(sign_in: SignIn, photograph: Photograph) -> None:
    dario = sign_in("dario")
    dario.open_task("Correggi il piano di spesa", "Fantasia")
    dario.page.locator('[name="voci_budget[0].importo"]').fill("tanto")
    dario.page.locator('[name="voci_budget[1].importo"]').fill("-5")
    dario.press_complete()
    expect(dario.page.get_by_role("alert")).to_contain_text("Ci sono 2 cose da correggere")
    photograph(dario.page, "compito-con-errori", whole=False)
    dario.page.get_by_role("alert").get_by_role("link").first.click()
    expect(dario.page.locator('[name="voci_budget[0].importo"]')).to_be_focused()
    expect(dario.page.locator('[name="voci_budget[0].importo"]')).to_have_value("tanto")


def test_walk_into_a_page_for_others(sign_in: SignIn, caplog: pytest.LogCaptureFixture) -> None:
    luca = sign_in("luca")
    with caplog.at_level(logging.WARNING, logger="web"):
        luca.visit("/amministrazione/utenti")
    luca.title("Non puoi farlo")
    assert_accessible(luca.page)
    assert any("luca" in line.getMessage() for line in caplog.records)
    luca.page.get_by_role("link", name="Vai ai tuoi compiti").click()
    luca.title("Compiti")


def test_walk_two_people_on_one_task(sign_in: SignIn, photograph: Photograph) -> None:
    gina, hugo = sign_in("gina"), sign_in("hugo")
    for one in (gina, hugo):
        one.open_task(SITTING, "Campioni")
    reason = "Va definito chi accompagna la persona al laboratorio."
    fill_form(hugo.page, {**SAT, "esito_commissione": "rinvia", "motivazione": reason})
    gina.complete(SAT)
    hugo.press_complete()
    hugo.title("Compito già completato")
    expect(hugo.page.get_by_text("è stato completato da Gina Scenario")).to_be_visible()
    expect(hugo.page.get_by_role("region", name="Quello che avevi scritto")).to_contain_text(reason)
    assert_accessible(hugo.page)
    photograph(hugo.page, "compito-gia-completato", whole=False)
    hugo.page.get_by_role("button", name="Aggiungi come nota").click()
    expect(hugo.page.get_by_text("Nota aggiunta.")).to_be_visible()
    hugo.page.get_by_role("link", name="Vai alla pratica").click()
    expect(hugo.page.get_by_role("region", name="Note").get_by_text(reason)).to_be_visible()


def test_walk_a_session_lost_in_a_long_form(sign_in: SignIn) -> None:
    dario = sign_in("dario")
    dario.open_task("Lettura di bisogni e risorse", "Ipotesi")
    told = "Un laboratorio di cucina con l'oratorio, due mattine alla settimana."
    members = [{"nome": "Dario Inventato"}, {"nome": "Anna Prova"}]
    dario.page.context.clear_cookies()
    dario.page.get_by_label("opportunità").fill(told)
    dario.press_complete()
    dario.page.get_by_role("link", name="Accedi di nuovo").click()
    dario.give_password()
    dario.title("Lettura di bisogni e risorse")
    expect(dario.page.get_by_label("opportunità")).to_have_value(told)
    dario.complete(
        {
            "componenti_microequipe": members,
            "bisogni": [{"area": "lavoro", "gravita": 3}],
            "risorse": [{"area": "reti", "descrizione": "La cucina dell'oratorio cerca aiuto"}],
        }
    )


def test_walk_press_twice_on_complete(sign_in: SignIn) -> None:
    anna = sign_in("anna")
    anna.open_task(CONTACT, "Finti")
    fill_form(anna.page, CONTACTED)
    anna.page.get_by_role("button", name="Completa il compito").dblclick()
    expect(anna.page.get_by_text("è completato")).to_be_visible()
    anna.find_case("Finti Tea")
    history = anna.page.get_by_role("region", name="Storia").get_by_role("listitem")
    expect(history.filter(has_text=f"Completato: {CONTACT}")).to_have_count(1)


def test_walk_with_the_keyboard_alone(busy_office: LiveSite, page: Page) -> None:
    page.goto(busy_office.url)
    keys = page.keyboard
    _tab_to(page, page.get_by_label("Nome utente"))
    keys.type("anna")
    keys.press("Tab")
    keys.type("quattro gatti sul tetto")
    keys.press("Enter")
    _tab_to(page, page.locator(".task-row").filter(has_text="Finti").get_by_role("link", name=CONTACT))
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1, name=CONTACT)).to_be_visible()
    _tab_to(page, page.locator('[name="contatto_il"]'))
    keys.type("06062016")  # the same day whether the browser asks for day or month first
    _tab_to(page, page.locator('[name="contatto_modo"]'))
    keys.press("ArrowDown")
    _tab_to(page, page.locator('[name="esito_contatto"][value="prosegue"]'))
    keys.press("Space")
    _tab_to(page, page.get_by_role("button", name="Completa il compito"))
    keys.press("Enter")
    expect(page.get_by_text(f"Fatto: «{CONTACT}» è completato.")).to_be_visible()


def test_walk_without_javascript(sign_in: SignIn) -> None:
    anna = sign_in("anna", javascript=False)
    page = anna.page
    anna.open_task(CONTACT, "Finti")
    anna.press_complete()
    page.get_by_role("alert").get_by_role("link", name="Data del contatto").click()
    page.get_by_label("Data del contatto").fill("2016-06-15")
    page.get_by_label("Come", exact=False).first.select_option("telefono")
    page.get_by_text("Sì, prosegue").click()
    anna.press_complete()
    expect(page.get_by_text(f"Fatto: «{CONTACT}» è completato.")).to_be_visible()


def test_walk_in_english(sign_in: SignIn, photograph: Photograph) -> None:
    anna = sign_in("anna")
    page = anna.page
    page.locator("summary", has_text="IT").click()
    page.get_by_role("button", name="English").click()
    anna.title("Tasks")
    page.get_by_role("link", name=CONTACT).first.click()
    expect(page.get_by_role("button", name="Complete the task")).to_be_visible()
    page.get_by_role("button", name="Complete the task").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    photograph(page, "compito-in-inglese", whole=False)


def test_walk_the_search_box(sign_in: SignIn, photograph: Photograph) -> None:
    anna = sign_in("anna")
    page = anna.page
    box = page.get_by_role("searchbox", name="Cerca persone, pratiche e compiti")
    box.fill("campioni")
    box.press("Enter")
    expect(
        page.get_by_role("region", name="Persone").get_by_role("link", name="Campioni Lia")
    ).to_be_visible()
    expect(
        page.get_by_role("region", name="Pratiche").get_by_role("link", name="Campioni Lia")
    ).to_be_visible()
    expect(page.get_by_role("region", name="Compiti").get_by_role("link", name=SITTING)).to_be_visible()
    assert_accessible(page)
    photograph(page, "ricerca", whole=False)


def test_walk_take_give_back_and_hand_over(sign_in: SignIn) -> None:
    gina, ines = sign_in("gina"), sign_in("ines")
    gina.open_task(SITTING, "Campioni")
    gina.page.get_by_role("button", name="Prendi in carico").click()
    expect(gina.page.get_by_text("Compito preso in carico")).to_be_visible()
    ines.go_to("Compiti")
    expect(ines.rows(SITTING, "Campioni")).to_have_count(0)
    gina.page.get_by_role("button", name="Rilascia al gruppo").click()
    expect(gina.page.get_by_text("Compito rilasciato")).to_be_visible()
    ines.go_to("Compiti")
    ines.rows(SITTING, "Campioni").get_by_role("button", name="Prendi").click()
    ines.page.get_by_role("link", name="Affida a un collega").click()
    assert_accessible(ines.page)
    ines.page.get_by_label("A chi").select_option("hugo")
    ines.page.get_by_label("Che cosa deve sapere").fill("Mercoledì non ci sono.")
    ines.page.get_by_role("button", name="Affida", exact=True).click()
    expect(ines.page.get_by_text("affidato")).to_be_visible()
    hugo = sign_in("hugo")
    hugo.page.get_by_role("link", name="Assegnati a me").click()
    expect(hugo.rows(SITTING, "Campioni")).to_be_visible()


def test_walk_a_case_on_paper(sign_in: SignIn, photograph: Photograph) -> None:
    anna = sign_in("anna")
    anna.find_case("Schizzi")
    anna.page.emulate_media(media="print")
    expect(anna.page.get_by_role("search")).to_be_hidden()
    expect(anna.page.get_by_role("heading", name="Perché è fermo?")).to_be_visible()
    anna.page.set_viewport_size({"width": 794, "height": 1123})
    photograph(anna.page, "pratica-stampata", whole=False)


def _tab_to(page: Page, field: Locator, most: int = 80) -> None:
    """Press Tab until the field has the focus."""
    field.wait_for()
    for _ in range(most):
        if field.evaluate("field => field === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(field).to_be_focused()
