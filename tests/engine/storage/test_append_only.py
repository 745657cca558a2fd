"""Tables marked as written once are guarded by the database, also when a migration makes them by hand."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from engine.access.tables import registro_anagrafe
from engine.storage import Database
from engine.storage.append_only import install_guards
from tests.modules.service_task_contexts import NOON


def test_guards_can_be_installed_again_and_put_back(database: Database) -> None:
    row = {
        "at": NOON,
        "actor_id": "anna",
        "oggetto": "prova",
        "oggetto_id": "1",
        "azione": "scritta",
        "dati": {},
    }
    with database.begin() as work:
        work.connection.execute(insert(registro_anagrafe).values(**row))
        if database.is_sqlite:
            work.connection.execute(text("DROP TRIGGER registro_anagrafe_no_delete"))
        else:
            work.connection.execute(text("DROP TRIGGER registro_anagrafe_no_change ON registro_anagrafe"))
        install_guards(work.connection)
        install_guards(work.connection)
    with pytest.raises(IntegrityError, match="non si modificano"), database.begin() as work:
        work.connection.execute(text("DELETE FROM registro_anagrafe"))
