"""A Patto per l'Autonomia from «Nuova pratica» to the interview after six months, through the pages alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.story import Story
from tests.live_site import LiveSite


@pytest.mark.timeout(600)
def test_walk_the_patto_per_l_autonomia(office: LiveSite, open_browser) -> None:
    story = Story("patto_autonomia/a_fino_alla_conclusione.scenarios.yaml", office, open_browser)
    story.play()
    expect(story.case.locator(".page-head .phase")).to_have_text("Concluso")
