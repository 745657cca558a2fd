"""Plays a scenario file through the pages: each step by the colleague who does it, in a browser of their own.

The same file is played by the simulation, which checks everything; here what the pages show is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from playwright.sync_api import Page, expect

from engine.simulation.scenario_parser import File, Step, read_scenarios
from tests.browser.accessibility import assert_accessible
from tests.browser.colleague import Colleague
from tests.live_site import ROOT, LiveSite
from web.words import phase_label

LOOKER = "carla"
"""The coordinatore, who looks at the case from outside while the others work."""


class Story:
    """A scenario on its way. `play` goes on; between one call and the next the test looks around."""

    def __init__(self, file: str, site: LiveSite, open_browser: Callable[[], Page]) -> None:
        """`file` lies below processes/; `open_browser` gives a new browser for each colleague."""
        self.scenario = read_scenarios(ROOT / "processes" / file)[0]
        self.site = site
        self.case_address = ""
        self._open_browser = open_browser
        self._colleagues: dict[str, Colleague] = {}
        self._checked: set[str] = set()
        self._left = list(self.scenario.steps)
        self._to(self.scenario.start)

    def colleague(self, username: str) -> Colleague:
        """The colleague, signed in."""
        if username not in self._colleagues:
            self._colleagues[username] = Colleague(self._open_browser(), self.site.url, username).sign_in()
        return self._colleagues[username]

    @property
    def case(self) -> Page:
        """The page of the case as the coordinatore sees it now."""
        looker = self.colleague(LOOKER)
        looker.visit(self.case_address)
        return looker.page

    @property
    def first(self) -> Mapping[str, Any]:
        """What the scenario begins with: who opens the case, with which answers."""
        return dict(self.scenario.steps[0].content)

    def play(self, *, until: str = "") -> Mapping[str, Any]:
        """Go on, to the end or until the next step is to complete the task `until`; gives what to write in it."""
        while self._left:
            step = self._left[0]
            if until and step.kind == "completa" and step.content["compito"] == until:
                return dict(step.content["valori"])
            self._step(self._left.pop(0))
        assert not until, f"«{until}» is never completed in {self.scenario.file}"
        return {}

    def _step(self, step: Step) -> None:
        body = step.content
        if step.kind == "avvia":
            self._start(body)
        elif step.kind == "completa":
            self._open(body)
            self.colleague(body["come"]).complete(with_files(body["valori"]))
        elif step.kind == "fino_a":
            self._to(body)
        elif step.kind == "messaggio":
            self._tell(body)
        elif step.kind == "verifica":
            self._look(body)
        else:
            assert step.kind in ("attendi", "nota"), f"no page does «{step.kind}» yet"
        self.site.engine.run_due()

    def open(self, task: str, username: str) -> Colleague:
        """The colleague in front of a task of the case."""
        return self._open({"compito": task, "come": username})

    def _open(self, body: Mapping[str, Any]) -> Colleague:
        colleague = self.colleague(body["come"])
        colleague.open_task(body["compito"])
        kind = body["compito"].partition(" – ")[0]
        if kind not in self._checked:
            self._checked.add(kind)
            assert_accessible(colleague.page)
        return colleague

    def _start(self, body: Mapping[str, Any]) -> None:
        definition = self.site.engine.repository.latest(self.scenario.process)
        colleague = self.colleague(body["come"])
        colleague.open_new_case(definition.name, self.scenario.scope, body["valori"])
        values = body["valori"]
        looker = self.colleague(LOOKER)
        looker.find_case(values.get("cognome") or values["nome_nucleo"])
        self.case_address = looker.page.url.removeprefix(self.site.url)

    def _tell(self, body: Mapping[str, Any]) -> None:
        colleague = self.colleague(body["come"])
        colleague.visit(self.case_address)
        page = colleague.page
        page.get_by_role("link", name=body["nome"], exact=True).click()
        for name, value in body["valori"].items():
            field = page.locator(f'[name="{name}"]')
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        page.get_by_role("button", name="Registra").click()
        expect(page.get_by_text("Comunicazione registrata")).to_be_visible()

    def _to(self, moment: datetime) -> None:
        """Move the clock from one due moment to the next, as the days pass."""
        engine, clock = self.site.engine, self.site.clock
        engine.run_due()
        while (due := engine.next_due()) is not None and due <= moment:
            clock.set(max(due, clock.now()))
            engine.run_due()
        clock.set(moment)
        engine.run_due()

    def _look(self, body: Mapping[str, Any]) -> None:
        """What of a `verifica` the page of the case shows."""
        seen = body.keys() & {"stato", "compiti", "bilancio", "documenti"}
        if not seen:
            return
        page = self.case
        if "stato" in body:
            expect(page.locator(".page-head .phase")).to_have_text(phase_label(body["stato"]))
        for task in body.get("compiti", ()):
            tasks = page.get_by_role("region", name="Compiti aperti")
            expect(tasks.get_by_role("link", name=task, exact=True).first).to_be_visible()
        for name in body.get("bilancio", {}).keys() & {"impegnato", "liquidato", "residuo"}:
            amount = page.get_by_role("region", name="Budget di welfare personale").locator(".amounts div")
            expect(amount.filter(has_text=name.capitalize()).locator("dd")).to_have_text(
                euros(body["bilancio"][name])
            )
        for document in body.get("documenti", ()):
            kind, _, version = document.rpartition(" v")
            listed = page.get_by_role("region", name="Documenti").get_by_role("listitem")
            expect(
                listed.filter(has_text=f"versione {version}").filter(has_text=TITLES[kind])
            ).to_be_visible()


TITLES = {"contratto": "Patto", "rendiconto": "Rendiconto"}


def euros(amount: int) -> str:
    """Whole euros as the pages write them."""
    return f"{amount:,}".replace(",", ".") + ",00\u00a0€"


def with_files(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with each `!allegato` as the name of a file to choose."""
    return {key: value.name if isinstance(value, File) else value for key, value in values.items()}
