"""What the tests of the pages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.people import Desk, Office


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    """A furnished office on a database of its own."""
    opened = Office.open(sqlite_url)
    yield opened
    opened.engine.close()


@pytest.fixture
def anna(office: Office) -> Desk:
    """Anna, assistente sociale of the Ambito Cremasco, signed in."""
    return office.desk("anna")
