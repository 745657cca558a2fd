"""People at work over HTTP: each signs in once, completes what is open, and remembers what the server has confirmed."""

from __future__ import annotations

import http.client
import http.cookiejar
import random
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
TIMEOUT = 15


class Browser:
    """One person's browser: cookies, the CSRF token of the last page, no redirects followed."""

    def __init__(self, url: str) -> None:
        self._url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies, _Stay())
        self._token = ""

    def sign_in(self, username: str, password: str) -> None:
        """Sign in; an AssertionError when the answer is not the way onward."""
        self.get("/accedi")
        status = self.post("/accedi", utente=username, password=password)
        assert status == 302, status
        assert self.get("/profilo") == 200

    def get(self, path: str) -> int:
        """Open a page."""
        return self._send(urllib.request.Request(self._url + path))

    def post(self, path: str, **fields: str) -> int:
        """Send a form."""
        data = urllib.parse.urlencode({"csrf_token": self._token, **fields}).encode()
        return self._send(urllib.request.Request(self._url + path, data=data))

    def _send(self, request: urllib.request.Request) -> int:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                status, page = answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                status, page = refusal.code, refusal.read().decode()
        if found := TOKEN.search(page):
            self._token = found[1]
        return int(status)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A redirect is the answer."""


@dataclass
class Confirmed:
    """What the server has said yes to: task → receipt; and the receipts that were sent without an answer."""

    payments: dict[str, str] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    surprises: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Worker(threading.Thread):
    """Completes open tasks until told to stop; a server that does not answer is simply tried again."""

    def __init__(
        self, browser: Browser, open_tasks: Callable[[], Sequence[str]], confirmed: Confirmed, seed: int
    ) -> None:
        super().__init__(daemon=True)
        self._browser = browser
        self._open_tasks = open_tasks
        self._confirmed = confirmed
        self._chance = random.Random(seed)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work."""
        while not self._stopping.is_set():
            tasks = self._open_tasks()
            if not tasks:
                self._stopping.wait(0.05)
                continue
            task, receipt = self._chance.choice(list(tasks)), f"ricevuta {uuid.uuid4().hex}"
            try:
                status = self._browser.post(f"/compiti/{task}", ricevuta=receipt)
            except (OSError, http.client.HTTPException):
                with self._confirmed.lock:
                    self._confirmed.unanswered.add(receipt)
                self._stopping.wait(0.2)
                continue
            with self._confirmed.lock:
                if status == 302:
                    self._confirmed.payments[task] = receipt
                elif status not in (404, 409):
                    self._confirmed.surprises.append(f"{status} for task {task}")

    def stop(self) -> None:
        """Finish what is under way, then stop."""
        self._stopping.set()
        self.join(30)
