"""A colleague at work in front of the pages: signs in, looks at the tasks, opens one, fills in the form, goes on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Locator, Page, expect

from cli.demo.command import PASSWORD
from tests.browser.form_filling import fill_form


class Colleague:
    """One person of the demonstration with a browser of their own."""

    def __init__(self, page: Page, url: str, username: str) -> None:
        self.page = page
        self.username = username
        self._url = url

    def sign_in(self) -> Colleague:
        """From the first page, with user name and password."""
        self.page.goto(self._url)
        self.give_password()
        expect(self.page.get_by_role("heading", level=1, name="Compiti")).to_be_visible()
        return self

    def give_password(self) -> None:
        """Fill in the sign-in page on which one is."""
        self.page.get_by_label("Nome utente").fill(self.username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("main").get_by_role("button", name="Accedi").click()

    def visit(self, address: str) -> None:
        """Open an address of the site."""
        self.page.goto(self._url + address)

    def go_to(self, area: str) -> None:
        """Choose an area of the main navigation."""
        self.page.get_by_role("navigation", name="Principale").get_by_role(
            "link", name=area, exact=True
        ).click()

    def title(self, text: str | re.Pattern[str]) -> Locator:
        """The page's main heading, which must be this one."""
        heading = self.page.get_by_role("heading", level=1, name=text)
        expect(heading).to_be_visible()
        return heading

    # -- tasks -----------------------------------------------------------------------------------------------------

    def rows(self, task: str = "", case: str = "") -> Locator:
        """Rows of the list of tasks on the page, those of a task and a case."""
        return self.page.locator(".task-row").filter(has_text=task).filter(has_text=case)

    def open_task(self, task: str, case: str = "") -> None:
        """Find a task in the inbox and open it."""
        self.go_to("Compiti")
        row = self.rows(case=case).filter(has=self.page.get_by_role("link", name=task, exact=True))
        row.first.get_by_role("link", name=task, exact=True).click()
        self.title(task)

    def complete(self, values: Mapping[str, Any]) -> None:
        """Fill in the task on the page and complete it."""
        task = self.page.get_by_role("heading", level=1).inner_text()
        fill_form(self.page, values)
        self.press_complete()
        expect(self.page.get_by_text(f"Fatto: «{task}» è completato.")).to_be_visible()

    def press_complete(self) -> None:
        """Press the button that completes the task."""
        self.page.get_by_role("button", name="Completa il compito").click()

    def do(self, task: str, values: Mapping[str, Any], case: str = "") -> None:
        """Open a task from the inbox and complete it."""
        self.open_task(task, case)
        self.complete(values)

    # -- cases -----------------------------------------------------------------------------------------------------

    def open_new_case(self, process: str, scope: str, values: Mapping[str, Any]) -> None:
        """From «Nuova pratica»: choose process and ambito, fill in the first form, open the case."""
        self.choose_process(process, scope)
        fill_form(self.page, values)
        self.page.get_by_role("button", name="Apri la pratica").click()
        expect(self.page.get_by_text("Aperta la pratica n.")).to_be_visible()

    def choose_process(self, process: str, scope: str) -> None:
        """From «Nuova pratica» to the first form of a process."""
        self.go_to("Nuova pratica")
        tile = self.page.get_by_role("listitem").filter(
            has=self.page.get_by_role("heading", name=process, exact=True)
        )
        tile.get_by_label("Ambito").select_option(scope)
        tile.get_by_role("button", name="Comincia").click()
        self.title(process)

    def find_case(self, text: str) -> None:
        """Through the search box to the page of the first case found."""
        self.page.get_by_role("searchbox", name="Cerca persone, pratiche e compiti").fill(text)
        self.page.get_by_role("button", name="Cerca", exact=True).click()
        self.page.get_by_role("region", name="Pratiche").get_by_role("link").first.click()
        expect(self.page.get_by_role("heading", name="Perché è fermo?")).to_be_visible()
