"""A Patto per l'Autonomia from «Nuova pratica» to the interview after six months, through the pages alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Photograph
from tests.browser.form_filling import fill_form
from tests.browser.scenario_player import Story
from tests.live_site import LiveSite


@pytest.mark.timeout(600)
def test_walk_the_patto_per_l_autonomia(
    office: LiveSite, open_browser: Callable[[], Page], photograph: Photograph
) -> None:
    story = Story("patto_autonomia/a_fino_alla_conclusione.scenarios.yaml", office, open_browser)
    _the_form_of_the_candidacy(story, photograph)
    story.play(until="Primo contatto con la persona")
    _the_case_says_who_is_awaited(story, photograph)

    story.play(until="Progetto e budget")
    story.play(until="Correggi il piano di spesa")
    _the_plan_is_too_dear(story, photograph)

    story.play(until="Seduta della commissione")
    _the_contract_is_a_pdf(story)
    _the_diagram_shows_where_the_case_is(story, photograph)

    story.play(until="Correggi la spesa")
    _a_new_line_does_not_fit(story)

    story.play(until="Valutazione finale")
    _the_budget_is_clear(story, photograph)

    story.play()
    _nothing_is_awaited_any_more(story)


def _the_form_of_the_candidacy(story: Story, photograph: Photograph) -> None:
    anna = story.colleague("anna")
    anna.choose_process("Patto per l'autonomia", story.scenario.scope)
    fill_form(anna.page, story.first["valori"])
    anna.page.evaluate("scrollTo(0, 0)")
    photograph(anna.page, "nuova-pratica", whole=False)


def _the_case_says_who_is_awaited(story: Story, photograph: Photograph) -> None:
    waiting = story.case.get_by_role("region", name="Perché è fermo?")
    expect(waiting).to_contain_text("Primo contatto con la persona")
    expect(waiting).to_contain_text("02/02/2016")
    mine = story.open("Primo contatto con la persona", "anna").page
    expect(mine.get_by_role("region", name="Persona", exact=True)).to_contain_text("SMPZNE76B10D142J")
    photograph(mine, "compito", whole=False)


def _the_plan_is_too_dear(story: Story, photograph: Photograph) -> None:
    """2.150 € have not passed: the page says so, and by how much."""
    page = story.open("Correggi il piano di spesa", "dario").page
    expect(page.get_by_text("Il piano non passa:", exact=True)).to_be_visible()
    form = page.get_by_role("region", name="Modulo")
    expect(form).to_contain_text("2.150,00")
    expect(form).to_contain_text("2.000,00")
    photograph(page, "piano-oltre-il-tetto", whole=False)


def _the_contract_is_a_pdf(story: Story) -> None:
    page = story.colleague("elena").page
    story.colleague("elena").visit(story.case_address)
    with page.expect_download() as download:
        page.get_by_role("region", name="Documenti").get_by_role("link", name="Patto").first.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    assert download.value.suggested_filename.endswith(".pdf")


def _the_diagram_shows_where_the_case_is(story: Story, photograph: Photograph) -> None:
    page = story.case
    diagram = page.get_by_role("region", name="Dove si trova nel processo")
    expect(diagram.locator(".token").first).to_be_visible()
    expect(diagram).to_contain_text("Seduta della commissione")
    photograph(page, "pratica", whole=False)
    photograph(diagram, "pratica-diagramma")


def _a_new_line_does_not_fit(story: Story) -> None:
    page = story.open("Correggi la spesa", "fabio").page
    expect(page.get_by_text("La spesa non è passata:", exact=True)).to_be_visible()
    form = page.get_by_role("region", name="Modulo")
    expect(form).to_contain_text("60,00")


def _the_budget_is_clear(story: Story, photograph: Photograph) -> None:
    page = story.case
    budget = page.get_by_role("region", name="Budget di welfare personale")
    budget.locator("summary").click()
    photograph(budget, "pratica-budget")
    with page.expect_download() as download:
        budget.get_by_role("link", name="Rendiconto CSV").click()
    assert "Liquidato;1940,00" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def _nothing_is_awaited_any_more(story: Story) -> None:
    page = story.case
    expect(page.locator(".page-head .phase")).to_have_text("Concluso")
    expect(page.get_by_role("region", name="Perché è fermo?")).to_contain_text("La pratica è conclusa")
    page.get_by_role("link", name="passi precedenti").click()
    history = page.get_by_role("region", name="Storia")
    expect(history.get_by_role("listitem").last).to_contain_text("Anna Prova")
    expect(history).to_contain_text("Completato: Colloquio dopo sei mesi")
