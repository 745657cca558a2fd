"""Clients of the common piece of work: through the services, or through the pages of a running `patti serve`."""

from __future__ import annotations

import http.client
import re
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from benchmarks.common_work.office import (
    FORM_A,
    FORM_B,
    PASSWORD,
    PROCESS,
    SCOPE,
    USER,
    colleague,
    opened,
)
from cli.gc_tuning import tune_garbage_collection
from engine.clock import Clock
from engine.tasks.models import InboxFilter


class Client(Protocol):
    """One who works: `start` gives a handle for `task`, which gives the task to be completed."""

    def start(self) -> str:
        """Start an instance."""

    def task(self, handle: str) -> str:
        """The first task of what `start` gave."""

    def complete_a(self, task: str) -> str:
        """Complete A; the task that follows."""

    def complete_b(self, task: str) -> None:
        """Complete B; the instance has ended."""

    def page(self) -> int:
        """The first page of one's tasks, with its counts; how many are waiting."""

    def close(self) -> None:
        """Let go of everything."""


class Services:
    """Calls the services of an engine of its own."""

    def __init__(
        self, url: str, *, durable: bool = True, clock: Clock | None = None, remembers: bool = True
    ) -> None:
        self.engine = opened(url, durable=durable, clock=clock, remembers=remembers)
        self.actor = colleague(self.engine)
        tune_garbage_collection()

    def start(self) -> str:
        """Start an instance."""
        return self.engine.instances.start(PROCESS, {}, self.actor, SCOPE).id

    def task(self, handle: str) -> str:
        """The first task of what `start` gave."""
        return self.engine.inbox.of_instance(handle, self.actor)[0].id

    def complete_a(self, task: str) -> str:
        """Complete A; the task that follows."""
        return self.engine.tasks.complete(task, FORM_A, self.actor).next_task_ids[0]

    def complete_b(self, task: str) -> None:
        """Complete B; the instance has ended."""
        if not self.engine.tasks.complete(task, FORM_B, self.actor).ended:
            raise AssertionError("the instance goes on")

    def page(self) -> int:
        """The first page of one's tasks, with its counts; how many are waiting."""
        found = self.engine.inbox.page(self.actor, InboxFilter(), limit=100)
        if len(found.items) != 100:
            raise AssertionError(f"{len(found.items)} tasks on the page")
        return self.engine.inbox.counts(self.actor).groups

    def close(self) -> None:
        """Let go of everything."""
        self.engine.close()


class Pages:
    """Posts the forms of the pages over one kept connection, as a browser without JavaScript."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc)
        self._cookies: dict[str, str] = {}
        self._token = ""
        self._get("/accedi")
        self._post("/accedi", {"utente": USER, "password": PASSWORD})
        self._get("/profilo")

    def start(self) -> str:
        """Start an instance; the page of its task."""
        return self._post(f"/nuova-pratica/{PROCESS}", {"ambito": SCOPE})

    def task(self, handle: str) -> str:
        """The page that `start` led to is the task's."""
        return handle

    def complete_a(self, task: str) -> str:
        """Complete A; the page of the task that follows."""
        return self._post(task, {"approva": "true", "nota": str(FORM_A["nota"])})

    def complete_b(self, task: str) -> None:
        """Complete B; the instance has ended."""
        if self._post(task, {"ore": str(FORM_B["ore"])}) != "/compiti":
            raise AssertionError("the instance goes on")

    def page(self) -> int:
        """The page of one's tasks."""
        return len(self._get("/compiti"))

    def close(self) -> None:
        """Let go of everything."""
        self._connection.close()

    def _get(self, address: str) -> str:
        status, _, text = self._ask("GET", address, "", {})
        if status != 200:
            raise AssertionError(f"{address}: {status}")
        if found := re.search(r'name="csrf_token" value="([^"]+)"', text):
            self._token = found[1]
        return text

    def _post(self, address: str, fields: dict[str, str]) -> str:
        body = urlencode({"csrf_token": self._token, **fields})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, place, text = self._ask("POST", address, body, headers)
        if status != 302:
            raise AssertionError(f"{address}: {status}\n{text[-2000:]}")
        return urlsplit(place).path

    def _ask(self, method: str, address: str, body: str, headers: dict[str, str]) -> tuple[int, str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        self._connection.request(method, address, body or None, {**headers, "Cookie": cookies})
        answer = self._connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = line.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        return answer.status, answer.headers.get("Location", ""), text
