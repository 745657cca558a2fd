"""The pages over a world: who is signed in is given, not typed, so that no test waits for password hashes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from engine.access import SYSTEM, accounts
from engine.simulation import World
from engine.temporal import day_in_rome
from tests.form_answers import posted
from tests.pages import pages_over
from web.auth import STAMP


class Pages:
    """The web application on the world's engine."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app: Flask = pages_over(world.engine, world.settings)

    def desk(self, username: str) -> Desk:
        """The browser of a colleague who has signed in."""
        with self.world.engine.database.read() as connection:
            found = accounts.signed_in(connection, username, day_in_rome(self.world.now))
        assert found is not None, username
        client = self.app.test_client()
        with client.session_transaction() as session:
            session.update({"_user_id": username, "_fresh": True, STAMP: found.stamp})
        return Desk(self, client)


@dataclass
class Desk:
    """One signed-in browser."""

    pages: Pages
    client: FlaskClient
    token: str = ""

    def get(self, address: str, **headers: str) -> TestResponse:
        """Open an address."""
        answer = self.client.get(address, headers=headers)
        if answer.mimetype == "text/html" and (
            found := re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
        ):
            self.token = found[1]
        return answer

    def post(self, address: str, fields: Mapping[str, Any] | None = None) -> TestResponse:
        """Send a form, with the CSRF token of a page."""
        if not self.token:
            self.get("/profilo")
        return self.client.post(address, data={"csrf_token": self.token, **(fields or {})})

    def complete(self, task_id: str, values: Mapping[str, Any]) -> TestResponse:
        """Complete a task with these values, as its page would post them."""
        engine = self.pages.world.engine
        task = engine.inbox.task(task_id, SYSTEM)
        assert task.form_id is not None
        form = engine.repository.form(task.definition_id, task.form_id)
        return self.post(f"/compiti/{task_id}", posted(form, values))
