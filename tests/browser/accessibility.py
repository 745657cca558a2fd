"""The accessibility rules that every page must pass: WCAG 2.2, levels A and AA, as axe reads them."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


def violations(page: Page) -> list[str]:
    """Every violation on the page as it stands, as `rule (impact): what to do, at which elements`."""
    found: dict[str, Any] = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}\n    "
        + "\n    ".join(
            f"{' '.join(map(str, node['target']))}: {node['html'][:160]}" for node in rule["nodes"]
        )
        for rule in found["violations"]
    ]


def assert_accessible(page: Page) -> None:
    """Fail with every violation of the page, and when the page can only be read by scrolling sideways."""
    wrong = violations(page)
    assert not wrong, f"{page.url}\n" + "\n".join(wrong)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 1, f"{page.url}: {wider} pixels wider than the window of {page.viewport_size}"
