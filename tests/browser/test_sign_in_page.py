"""The first page that anybody sees."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.live_site import LiveSite


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_it_is_accessible_and_fits_the_window(site: LiveSite, open_browser: Any, phone: bool) -> None:
    page: Page = open_browser(phone=phone)
    page.goto(site.url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("input[type=password]")).to_be_visible()
    assert_accessible(page)


def test_it_can_be_read_in_english(site: LiveSite, open_browser: Any) -> None:
    page: Page = open_browser()
    page.goto(site.url)
    assert page.locator("html").get_attribute("lang") == "it"
    page.locator("summary", has_text="IT").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert_accessible(page)


def test_it_loads_nothing_from_elsewhere(site: LiveSite, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.url, wait_until="networkidle")
    assert asked
    assert [address for address in asked if not address.startswith((site.url, "data:"))] == []


def test_a_wrong_password_is_told_without_saying_which_part_is_wrong(site: LiveSite, page: Page) -> None:
    page.goto(site.url)
    page.get_by_label("Nome utente").fill("nessuno")
    page.get_by_label("Password").fill("sbagliata")
    page.get_by_role("button", name="Accedi").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_value("")
    assert_accessible(page)
