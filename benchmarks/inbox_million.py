"""The inbox and the search over a million open tasks: milliseconds in the service, and of whole HTTP requests.

`python -m benchmarks.inbox_million --tasks 1000000` is the full measure, on PostgreSQL; without options 50 000 tasks,
on PostgreSQL and on SQLite. `--explain` prints the plans of the first page.
"""

from __future__ import annotations

import argparse
import http.client
import re
import statistics
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text

import modules
from benchmarks._service import MEASURED, NOW, PASSWORD, furnish, load, service
from engine.access import Actor, accounts
from engine.access.actors import actor as colleague
from engine.clock import VirtualClock
from engine.engine import Engine
from engine.instances.queries import InstanceFilter
from engine.settings import Settings
from engine.tasks.models import InboxFilter
from tests import postgres_server
from tests.live_site import ServerProcess

ROOT = Path(__file__).resolve().parent.parent
SHORT, FULL = 50_000, 1_000_000
TARGETS = {"service": 10.0, "HTTP": 50.0}


def main(arguments: list[str] | None = None) -> int:
    """Prints a table of medians and 95th percentiles; 1 when the first or the hundredth page is over its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=SHORT)
    parser.add_argument("--users", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--sqlite", action="store_true", help="only on SQLite")
    chosen = parser.parse_args(arguments if arguments is not None else [])
    missed = 0
    if not chosen.sqlite:
        options = {
            "shared_buffers": "2GB" if chosen.tasks > SHORT else "256MB",
            "max_wal_size": "8GB",
            "autovacuum": "off",
        }
        with postgres_server.running(fsync=True, options=options) as server:
            missed += _measure("PostgreSQL", server.url, chosen)
    if chosen.sqlite or chosen.tasks <= SHORT:
        with tempfile.TemporaryDirectory() as folder:
            missed += _measure("SQLite", f"sqlite:///{folder}/patti.db", chosen)
    return int(missed > 0)


def _measure(name: str, url: str, chosen: Any) -> int:
    settings = Settings(database_url=url, processes_folder=str(ROOT / "processes"), embedded_jobs=False)
    modules.load()
    engine = Engine.open(settings, clock=VirtualClock(NOW))
    try:
        began = time.perf_counter()
        definitions = furnish(engine, ROOT / "processes")
        load(engine, service(chosen.tasks, chosen.users, definitions))
        print(
            f"{name}: {chosen.tasks:,} open tasks loaded in {time.perf_counter() - began:.0f} s", flush=True
        )
        missed = 0
        for username in MEASURED:
            missed += _service(engine, username, chosen.rounds)
        return missed + _pages(url, chosen.rounds)
    finally:
        engine.close()


def _service(engine: Engine, username: str, rounds: int) -> int:
    with engine.database.read() as connection:
        actor = accounts.actor_for(connection, username, date(2026, 3, 2))
    assert actor is not None
    inbox = engine.inbox
    counts = inbox.counts(actor)
    print(f"\n{username}: {counts}")
    missed = 0
    for what, work in _questions(engine, actor):
        missed += _row("service", what, work, rounds)
    return missed


def _questions(engine: Engine, actor: Actor) -> list[tuple[str, Callable[[], object]]]:
    inbox, instances = engine.inbox, engine.instances
    hundredth = _after(engine, actor, 99)

    def page(after: str | None = None, **asked: Any) -> Callable[[], object]:
        wanted = InboxFilter(**{"box": "todo", **asked})
        return lambda: inbox.page(actor, wanted, after)

    return [
        ("first page and counts", lambda: (inbox.page(actor, InboxFilter("todo")), inbox.counts(actor))),
        (
            "hundredth page and counts",
            lambda: (inbox.page(actor, InboxFilter("todo"), hundredth), inbox.counts(actor)),
        ),
        ("first page", page()),
        ("hundredth page", page(hundredth)),
        ("counts", lambda: inbox.counts(actor)),
        *((f"box {box}", page(box=box)) for box in ("mine", "groups", "all")),
        *((f"sort {sort}", page(sort=sort)) for sort in ("created", "priority")),
        *((f"due {due}", page(due=due)) for due in ("overdue", "today", "soon")),
        ("due soon, sort created", page(due="soon", sort="created")),
        ("one process", page(process=engine.repository.list()[0].key)),
        ("one scope", page(scope="ambito1/zona1", box="all")),
        ("person, common surname", page(person="b", box="all")),
        ("person, full name", page(person=_name(engine), box="all")),
        ("person, unknown", page(person="qqqq", box="all")),
        ("text in the name", page(text="approva spesa")),
        ("text, unknown", page(text="qqqq", box="all")),
        ("search tasks by name", lambda: inbox.search_tasks(_KNOWN[0], actor)),
        ("search cases by name", lambda: instances.search(_KNOWN[0], actor)),
        ("search cases by number", lambda: instances.search("4321", actor)),
        ("search cases, two letters", lambda: instances.search("br", actor)),
        ("list of cases", lambda: instances.list(actor)),
        ("list of cases, completed", lambda: instances.list(actor, InstanceFilter(state="completed"))),
        ("list of cases, none visible", lambda: instances.list(NOBODY)),
    ]


NOBODY = colleague("nessuno", "Nessuno", ["assistente_sociale"], "altrove")
"""Somebody in whose ambito there is no case."""
_KNOWN = ["", ""]


def _name(engine: Engine) -> str:
    with engine.database.read() as connection:
        query = "SELECT title FROM instance WHERE scope = 'ambito1/zona1' AND number > 100 LIMIT 1"
        _KNOWN[0] = str(connection.execute(text(query)).scalar_one())
    return _KNOWN[0]


def _after(engine: Engine, actor: Actor, pages: int) -> str | None:
    after, wanted = None, InboxFilter("todo")
    for _ in range(pages):
        after = engine.inbox.page(actor, wanted, after).next or after
    return after


def _row(kind: str, what: str, work: Callable[[], object], rounds: int) -> int:
    took = []
    for number in range(rounds + 5):
        began = time.perf_counter()
        work()
        if number >= 5:
            took.append((time.perf_counter() - began) * 1000)
    middle, high = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    target = TARGETS[kind] if "page and counts" in what else None
    verdict = "" if target is None else f"   target {target:g} ms: {'met' if high <= target else 'MISSED'}"
    print(f"  {kind:8} {what:28} p50 {middle:7.2f} ms   p95 {high:7.2f} ms{verdict}", flush=True)
    return int(bool(target and high > target))


# -- whole requests ----------------------------------------------------------------------------------------------------


class _Browser:
    """One connection kept open, one cookie."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._cookies: dict[str, str] = {}

    def ask(self, method: str, address: str, **fields: str) -> str:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = urllib.parse.urlencode(fields) if fields else None
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, address, body, headers)
        answer = self._connection.getresponse()
        content = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        if answer.status >= 400:
            raise RuntimeError(f"{address}: {answer.status} {content[:300]}")
        return content


def _pages(url: str, rounds: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(
            Path(folder),
            database_url=url,
            embedded_jobs="false",
            secret_key="for measures",
            log_level="WARNING",
        )
        server.start("--server", "waitress")
        try:
            browser = _Browser(server.port)
            token = re.search(r'name="csrf_token" value="([^"]+)"', browser.ask("GET", "/accedi"))
            assert token
            browser.ask("POST", "/accedi", utente="operatrice", password=PASSWORD, csrf_token=token[1])
            return _requests(browser, rounds)
        finally:
            server.stop()


def _requests(browser: _Browser, rounds: int) -> int:
    address = "/compiti"
    for _ in range(99):
        following = re.search(r'rel="next" href="([^"]+)"', browser.ask("GET", address))
        if following is None:
            break
        address = following[1].replace("&amp;", "&")
    hundredth, missed = address, 0
    for what, wanted in (
        ("first page and counts", "/compiti"),
        ("hundredth page and counts", hundredth),
        ("box all", "/compiti?casella=all"),
        ("search", "/cerca?q=" + urllib.parse.quote(_KNOWN[0])),
        ("list of cases", "/pratiche"),
    ):
        missed += _row("HTTP", what, partial(browser.ask, "GET", wanted), rounds)
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
