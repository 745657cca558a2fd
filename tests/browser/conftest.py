"""A browser and a running site for the tests that look at pages as people do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect, sync_playwright

from engine.clock import VirtualClock
from engine.settings import Settings
from tests.browser import find_chromium, offices
from tests.databases import Databases
from tests.live_site import ROOT, LiveSite, serve

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 15_000
PICTURE_MS = 60_000
START = datetime(2016, 1, 28, 10, tzinfo=ZoneInfo("Europe/Rome"))
"""When the fictitious stories begin: a Thursday morning."""
BUSY = datetime(2016, 6, 15, 10, tzinfo=ZoneInfo("Europe/Rome"))
"""A working day with many cases open: a Wednesday morning."""
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser: a neighbour that shares the machine, and so has a second try.

    The summary names each test that needed it (RERUN); two failures are a failure.
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Remember that a test failed: its pages are photographed before they close."""
    report = yield
    if call.when == "setup":
        item.stash[FAILED] = False
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window. Fails, never skips, where there is none."""
    path = find_chromium.find()
    if path is None:
        pytest.fail(find_chromium.HOW_TO, pytrace=False)
    arguments = ["--disable-dev-shm-usage"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium refuses its sandbox to root
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=arguments, env={**os.environ, "LANGUAGE": "it"}
        )
        yield browser
        browser.close()


OpenBrowser = Callable[..., Page]


@pytest.fixture
def open_browser(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[OpenBrowser]:
    """Call it for a new browser with its own cookies: `open_browser(phone=True, javascript=False)`.

    An error in a page's own scripts fails the test; pages of a failed test are photographed in build/browser.
    """
    contexts: list[BrowserContext] = []
    pages: list[Page] = []
    errors: list[str] = []

    def new(*, phone: bool = False, language: str = "it", javascript: bool = True) -> Page:
        context = chromium.new_context(
            viewport=PHONE if phone else DESKTOP,
            has_touch=phone,
            is_mobile=phone,
            locale="it-IT" if language == "it" else "en-GB",
            timezone_id="Europe/Rome",
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{page.url}: {error}"))
        contexts.append(context)
        pages.append(page)
        return page

    yield new
    if request.node.stash.get(FAILED, False):
        folder = request.config.rootpath / "build" / "browser"
        folder.mkdir(parents=True, exist_ok=True)
        name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)
        for number, page in enumerate(pages):
            page.screenshot(path=folder / f"{name}-{number}.png", full_page=True)
    for context in contexts:
        context.close()
    assert not errors, "Scripts of the pages failed:\n" + "\n".join(errors)


@pytest.fixture
def page(open_browser: OpenBrowser) -> Page:
    """One desktop browser in Italian."""
    return open_browser()


Photograph = Callable[..., None]


@pytest.fixture
def photograph(request: pytest.FixtureRequest) -> Photograph:
    """Call it with a page and a name to keep its picture in docs/images; without `--screenshots` nothing is taken.

    The whole page, or with `whole=False` what the window shows; a Locator gives the picture of that part alone.
    """
    kept = request.config.getoption("--screenshots")
    folder = request.config.rootpath / "docs" / "images"

    def take(shown: Page | Locator, name: str, *, whole: bool = True) -> None:
        file = folder / f"{name}.png"
        if not kept:
            return
        if isinstance(shown, Page):
            shown.screenshot(path=file, full_page=whole, animations="disabled", timeout=PICTURE_MS)
        else:
            shown.screenshot(path=file, animations="disabled", timeout=PICTURE_MS)

    return take


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    """Settings of a site for a test: a database of its own, the real processes, sign-in as often as one likes."""
    return Settings(
        database_url=sqlite_url,
        processes_folder=str(ROOT / "processes"),
        secret_key="for tests only",
        login_rate="1000 per minute",
        embedded_jobs=False,
    )


@pytest.fixture
def site(settings: Settings) -> Iterator[LiveSite]:
    """A running site on an empty database, whose clock stands at START until the test moves it."""
    with serve(settings, VirtualClock(START)) as live:
        yield live


@pytest.fixture(scope="session")
def furnished(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the real processes and the colleagues of the demonstration, made once: passwords take time."""
    return offices.furnished(databases, tmp_path_factory.mktemp("furnished"), START)


@pytest.fixture(scope="session")
def furnished_with_cases(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the cases of the demonstration, each at its point on BUSY."""
    return offices.with_cases(furnished, tmp_path_factory.mktemp("busy"), BUSY)


@pytest.fixture
def office(furnished: Path, tmp_path: Path, settings: Settings) -> Iterator[LiveSite]:
    """A running site with processes and colleagues and no case yet; the clock stands at START."""
    with offices.open_copy(furnished, tmp_path, settings, START) as live:
        yield live


@pytest.fixture
def busy_office(furnished_with_cases: Path, tmp_path: Path, settings: Settings) -> Iterator[LiveSite]:
    """A running site with the cases of the demonstration; the clock stands at BUSY."""
    with offices.open_copy(furnished_with_cases, tmp_path, settings, BUSY) as live:
        yield live
