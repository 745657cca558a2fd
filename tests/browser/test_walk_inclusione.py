"""A Patto per l'Inclusione Sociale of a family from the report to the interview after six months, on telephones."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Photograph
from tests.browser.scenario_player import Story
from tests.live_site import LiveSite


@pytest.mark.timeout(600)
def test_walk_the_patto_per_l_inclusione(
    office: LiveSite, open_browser: Callable[..., Page], photograph: Photograph
) -> None:
    phone = functools.partial(open_browser, phone=True)
    story = Story("patto_inclusione/b_rientro.scenarios.yaml", office, phone)
    story.play(until="Incontro di monitoraggio")
    page = story.open("Incontro di monitoraggio", "fabio").page
    page.set_viewport_size({"width": 390, "height": 1500})
    photograph(page, "monitoraggio-telefono", whole=False)

    story.play(until="Decisione sul patto sospeso")
    page = story.case
    expect(page.locator(".page-head .phase")).to_have_text("Sospeso")
    expect(page.get_by_text("Conto sospeso")).to_be_visible()
    assert_accessible(page)
    photograph(page, "pratica-telefono", whole=False)

    story.play()
    expect(story.case.locator(".page-head .phase")).to_have_text("Concluso")
    assert_accessible(story.case)
