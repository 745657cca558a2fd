"""The check that every page goes through notices what it is there for."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import assert_accessible, violations

GOOD = '<!doctype html><html lang="it"><title>Prova</title><main><h1>Prova</h1><p>Testo.</p></main></html>'


def test_a_plain_page_passes(page: Page) -> None:
    page.set_content(GOOD)
    assert_accessible(page)


def test_an_unlabelled_field_is_found(page: Page) -> None:
    page.set_content(GOOD.replace("<p>Testo.</p>", '<input name="cognome">'))
    assert any(violation.startswith("label") for violation in violations(page))


def test_a_page_wider_than_the_phone_is_found(open_browser: object) -> None:
    assert callable(open_browser)
    page: Page = open_browser(phone=True)
    page.set_content(GOOD.replace("<title>", '<meta name="viewport" content="width=device-width"><title>'))
    assert_accessible(page)
    page.evaluate("document.querySelector('p').style.width = '900px'")
    with pytest.raises(AssertionError, match="wider than the window"):
        assert_accessible(page)
