"""Forms in a real browser: accessible, quicker with JavaScript, whole without it, never losing a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.accessibility import assert_accessible
from tests.web.forms.gallery_app import Gallery

OpenBrowser = Callable[..., Page]


@pytest.fixture
def gallery() -> Gallery:
    return Gallery()


@pytest.fixture
def address(gallery: Gallery) -> Iterator[str]:
    with gallery.served() as url:
        yield url


def answer(page: Page, label: str) -> None:
    """Press the words next to a box, as people do."""
    page.locator("label", has_text=label).first.click()


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_every_component_is_accessible(
    open_browser: OpenBrowser, address: str, phone: bool, photograph: Callable[[Page, str], None]
) -> None:
    page = open_browser(phone=phone)
    if phone:
        page.set_viewport_size({"width": 360, "height": 740})
    page.goto(address)
    assert_accessible(page)
    photograph(page, f"modulo-{'telefono' if phone else 'computer'}")
    answer(page, "Altro")
    answer(page, "Si misura con un indicatore")
    expect(page.get_by_label("Quale altra condizione?")).to_be_visible()
    page.get_by_label("Nuova voce").fill("tanto")
    page.get_by_role("button", name="Completa").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert_accessible(page)
    photograph(page, f"modulo-errori-{'telefono' if phone else 'computer'}")
    page.get_by_role("link", name="Nuova voce").click()
    expect(page.get_by_label("Nuova voce")).to_be_focused()
    expect(page.get_by_label("Nuova voce")).to_have_value("tanto")


def test_a_form_that_may_only_be_read_is_accessible(page: Page, gallery: Gallery, address: str) -> None:
    gallery.locked = True
    page.goto(address)
    assert_accessible(page)


def test_conditions_follow_the_answers_without_losing_the_place(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Cognome").fill("Prova")
    page.get_by_label("Nuova voce").fill("12,5")
    page.get_by_label("Bisogni raccontati").fill("casa")
    expect(page.get_by_text("Dopo questa voce restano 47,5 €.")).to_be_visible()
    expect(page.get_by_label("Bisogni raccontati")).to_be_focused()
    answer(page, "Altro")
    page.get_by_label("Quale altra condizione?").fill("stagionale")
    answer(page, "Inoccupato")
    expect(page.get_by_label("Quale altra condizione?")).to_have_count(0)
    answer(page, "Altro")
    expect(page.get_by_label("Quale altra condizione?")).to_have_value("stagionale")
    expect(page.get_by_label("Cognome")).to_have_value("Prova")
    expect(page.get_by_label("Bisogni raccontati")).to_have_value("casa")


def test_rows_come_and_go_without_leaving_the_page(page: Page, gallery: Gallery, address: str) -> None:
    page.goto(address)
    page.get_by_label("Obiettivo").fill("primo")
    page.get_by_role("button", name="Aggiungi una riga").click()
    second = page.locator("[name='obiettivi[1].testo']")
    expect(second).to_be_focused()
    second.fill("secondo")
    page.get_by_role("button", name="Togli Obiettivi, riga 1").click()
    expect(page.locator("[name='obiettivi[1].testo']")).to_have_count(0)
    expect(page.locator("[name='obiettivi[0].testo']")).to_have_value("secondo")
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1


def test_a_tag_list_can_be_filtered_by_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    search = page.get_by_label("Cerca fra le voci")
    search.fill("CONTABILITA")
    expect(page.locator("label", has_text="Cucina")).to_be_hidden()
    search.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_text("Scelte: Contabilità")).to_be_visible()
    search.fill("")
    expect(page.locator("label", has_text="Cucina")).to_be_visible()


def test_a_file_too_big_is_told_at_once(page: Page, address: str) -> None:
    page.goto(address)
    files = page.get_by_label("Giustificativo")
    files.set_input_files({"name": "nota.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(page.get_by_text("Il file «nota.txt» non è del tipo giusto")).to_be_visible()
    expect(files).to_have_value("")
    files.set_input_files({"name": "grande.pdf", "mimeType": "application/pdf", "buffer": b"x" * 1_100_000})
    expect(page.get_by_text("Il file «grande.pdf» è troppo grande")).to_be_visible()
    files.set_input_files({"name": "nota.pdf", "mimeType": "application/pdf", "buffer": b"x"})
    expect(page.get_by_text("troppo grande")).to_have_count(0)


def test_the_draft_keeps_itself(page: Page, gallery: Gallery, address: str) -> None:
    page.clock.install(time="2016-01-28T10:32:00+01:00")
    page.goto(address)
    page.get_by_label("Nuova voce").fill("dodici")
    page.clock.run_for(3_500)
    expect(page.get_by_text("Bozza salvata alle 10:32")).to_be_visible()
    assert gallery.draft is not None
    assert gallery.draft["importo"] == ["dodici"]
    page.reload()
    expect(page.get_by_label("Nuova voce")).to_have_value("dodici")


def test_leaving_the_page_keeps_the_draft(page: Page, gallery: Gallery, address: str) -> None:
    page.goto(address)
    page.get_by_label("Cognome").fill("Prova")
    page.goto(address + "accesso")
    page.goto(address)
    expect(page.get_by_label("Cognome")).to_have_value("Prova")


def test_a_lost_session_loses_nothing(page: Page, gallery: Gallery, address: str) -> None:
    gallery.draft = {"cognome": ["Prova"], "obiettivi[0].testo": ["di ieri"]}
    page.goto(address)
    gallery.signed_in = False
    page.get_by_label("Obiettivo").fill("primo")
    page.get_by_role("button", name="Aggiungi una riga").click()
    page.locator("[name='obiettivi[1].testo']").fill("secondo")
    answer(page, "Altro")
    page.get_by_label("Quale altra condizione?").fill("stagionale")
    page.get_by_role("button", name="Completa").click()
    expect(page.get_by_text("La sessione è finita.")).to_be_visible()
    assert gallery.draft["obiettivi[0].testo"] == ["di ieri"]
    expect(page.locator("[name='obiettivi[1].testo']")).to_have_value("secondo")
    page.get_by_role("link", name="Accedi di nuovo").click()
    gallery.signed_in = True
    page.goto(address)
    expect(page.locator("[name='obiettivi[1].testo']")).to_have_value("secondo")
    expect(page.get_by_label("Quale altra condizione?")).to_have_value("stagionale")
    expect(page.get_by_text("Ho rimesso quello che avevi scritto")).to_be_visible()
    expect(page.get_by_text("Bozza salvata alle")).to_be_visible()
    expect(page.get_by_label("Cognome")).to_have_value("Prova")
    assert page.evaluate("localStorage.length") == 0
    assert gallery.draft["obiettivi[0].testo"] == ["primo"]


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
def test_the_whole_form_by_hand(
    open_browser: OpenBrowser, gallery: Gallery, address: str, javascript: bool
) -> None:
    page = open_browser(javascript=javascript)
    page.goto(address)
    page.get_by_label("Cognome").fill("Prova")
    page.get_by_label("Nome", exact=False).nth(1).fill("Ada")
    page.get_by_label("Data di nascita").fill("1976-02-10")
    answer(page, "Altro")
    if not javascript:
        page.get_by_role("button", name="Aggiorna").last.click()
    page.get_by_label("Quale altra condizione?").fill("stagionale")
    page.get_by_label("Comune di residenza").select_option("Crema")
    for label in ("Diurni", "Domiciliari", "Cucina", "L'informativa"):
        answer(page, label)
    page.get_by_label("Obiettivo").fill("Trovare un corso")
    page.get_by_label("Nuova voce").fill("60,00")
    page.get_by_label("Giorno").fill("2016-03-29")
    page.get_by_label("Ora", exact=True).fill("09:00")
    page.get_by_role("button", name="Completa").click()
    expect(page.locator("form")).to_have_count(0)
    assert gallery.values is not None
    assert gallery.values["interventi"] == ["diurni", "domiciliari"]
    assert gallery.values["competenze"] == ["cucina"]
    assert gallery.values["importo"] == Decimal("60.00")
    assert gallery.values["incontro"].isoformat() == "2016-03-29T09:00:00+02:00"
    assert gallery.values["condizione_altro"] == "stagionale"


def test_enter_does_not_send_the_form(page: Page, gallery: Gallery, address: str) -> None:
    page.goto(address)
    page.get_by_label("Cognome").fill("Prova")
    with page.expect_response(address):
        page.get_by_label("Cognome").press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("Cognome")).to_have_value("Prova")


def test_on_paper_answers_are_text(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Bisogni raccontati").fill("una\ncasa")
    page.get_by_label("Data di nascita").fill("1976-02-10")
    answer(page, "Diurni")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.get_by_label("Bisogni raccontati")).to_be_hidden()
    expect(page.get_by_text("una casa")).to_be_visible()
    expect(page.get_by_text("10/02/1976")).to_be_visible()
    expect(page.locator(".campo-carta", has_text="Diurni")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


def test_rows_added_in_a_hurry_all_come(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Bisogni raccontati").fill("una casa")
    add = page.get_by_role("button", name="Aggiungi una riga").first
    before = page.locator(".riga").count()
    add.dblclick()
    expect(page.locator(".riga")).to_have_count(before + 2)


def test_what_is_typed_while_the_form_is_redrawn_stays(page: Page, address: str) -> None:
    held: list[Route] = []
    page.goto(address)
    page.route(address, lambda route: held.append(route))
    with page.expect_request(address):
        page.get_by_role("button", name="Aggiungi una riga").click()
    page.get_by_label("Obiettivo").fill("scritto nel frattempo")
    for route in held:
        route.continue_()
    expect(page.locator("[name='obiettivi[1].testo']")).to_be_focused()
    expect(page.locator("[name='obiettivi[0].testo']")).to_have_value("scritto nel frattempo")


def test_without_the_network_the_answers_stay_on_the_page(page: Page, gallery: Gallery, address: str) -> None:
    page.goto(address)
    page.get_by_label("Cognome").fill("Prova")
    page.context.set_offline(True)
    page.get_by_role("button", name="Completa").click()
    expect(page.get_by_text("la rete non risponde")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Completa").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Cognome")).to_have_value("Prova")
