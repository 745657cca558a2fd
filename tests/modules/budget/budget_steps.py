"""Steps on the budget of a case, as the tests say them, and the check that journal, balances and lines agree."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from engine.errors import BusinessError
from engine.storage import Database
from modules.budget import service
from modules.budget.model import Balance
from modules.budget.tables import conto
from tests.modules.service_task_contexts import Context, call, instance


def line(importo: str, categoria: str = "formazione", fornitore: str = "") -> dict[str, Any]:
    return {"categoria": categoria, "fornitore": fornitore, "importo": Decimal(importo)}


def do(database: Database, topic: str, case: str = "caso1", **inputs: Any) -> dict[str, Any]:
    """One step of a case, in a transaction of its own."""
    parameters = inputs.pop("parameters", {})
    subject = inputs.pop("subject", "persona1")
    linked = inputs.pop("linked_from", None)
    with database.begin() as work:
        ref = instance(case, subject=subject, linked_from=linked)
        return call(Context(work.connection, ref, parameters), topic, **inputs)


def refused(database: Database, topic: str, **inputs: Any) -> BusinessError:
    with pytest.raises(BusinessError) as caught:
        do(database, topic, **inputs)
    return caught.value


def agrees(database: Database, case: str = "caso1", subject: str = "persona1") -> Balance:
    """The balance kept in the account, after checking that the journal and the lines tell the same."""
    with database.read() as connection:
        row = connection.execute(
            select(
                conto.c.tetto, conto.c.previsto, conto.c.impegnato, conto.c.liquidato, conto.c.restituito
            ).where(conto.c.instance_id == case, conto.c.titolare == subject)
        ).one()
        from_journal = service.balance_from_journal(connection, case, subject)
        assert tuple(row) == (
            from_journal.tetto,
            from_journal.previsto,
            from_journal.impegnato,
            from_journal.liquidato,
            from_journal.restituito,
        )
        statement = service.statement(connection, case, subject)
        assert statement is not None
        assert sum(item.impegnato for item in statement.voci) == statement.impegnato
        assert sum(item.liquidato for item in statement.voci) == statement.liquidato
        assert sum(item.previsto for item in statement.voci) == statement.previsto
        return from_journal
