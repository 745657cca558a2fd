"""The page of parameters in a browser: the field itself keeps values within the bounds, on a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from tests.browser.accessibility import assert_accessible
from tests.live_site import LiveSite
from tests.web.people import DEFINITIONS, PASSWORD, furnish
from tests.web.test_parameters import FILE, PAGE


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_field_keeps_its_bounds(site: LiveSite, open_browser: Any, phone: bool) -> None:
    furnish(site.engine)
    files = {"prova.bpmn": (DEFINITIONS / "prova.bpmn").read_bytes()}
    files |= {f.name: f.read_bytes() for f in (DEFINITIONS / "prova").iterdir() if "scenarios" not in f.name}
    bundle = DeploymentBundle.from_files({**files, "parametri.yaml": FILE.encode()})
    site.engine.deployments.deploy(bundle, SYSTEM)
    page: Page = open_browser(phone=phone)
    page.goto(site.url + "/accedi")
    page.get_by_label("Nome utente").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Accedi").click()
    page.wait_for_url("**/compiti")
    page.goto(f"{site.url}{PAGE}?processo=prova")
    page.evaluate("document.querySelectorAll('details.fold').forEach(one => one.open = true)")
    assert_accessible(page)
    box = page.locator("#p-firma")
    expect(box).to_contain_text("Si accetta: da 1 a 3650.")
    field = page.locator("#v-firma")
    for value, valid in (("0", False), ("-5", False), ("1000000000", False), ("30", True)):
        field.fill(value)
        assert field.evaluate("one => one.checkValidity()") is valid, value
    page.locator("#r-firma").fill("Delibera 12")
    field.fill("0")
    field.evaluate("one => one.form.noValidate = true")  # as a browser that checks nothing
    box.get_by_role("button", name="Metti in vigore").click()
    expect(page.locator("#e-firma")).to_contain_text("non può essere 0: si accetta da 1 a 3650 giorni")
    page.locator("#v-firma").fill("30")
    page.locator("#p-firma").get_by_role("button", name="Metti in vigore").click()
    expect(page.locator("#p-firma .parameter-value")).to_have_text("30 giorni")
