"""A database server that was restarted meanwhile: the next piece of work finds a living connection."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.storage import Database
from engine.storage import database as module
from tests import postgres_server


def test_a_connection_that_was_cut_while_idle_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres_server.running() as server:
        database = Database(server.url, pool_size=1)
        try:
            with database.read() as connection:
                first = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with postgres_server.connect(server.folder) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [first])
            monkeypatch.setattr(module, "IDLE_SECONDS", 0.0)
            with database.read() as connection:
                assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != first
        finally:
            database.close()
