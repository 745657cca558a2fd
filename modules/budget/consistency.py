"""The consistency check of the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from engine.history.consistency import consistency_check
from engine.localization import Message, message
from engine.storage.tables import instance
from modules.budget import service as budget
from modules.budget.model import to_euros


@consistency_check(message("CONSISTENCY_LEDGERS"))
def check_ledgers(connection: Connection) -> Iterator[Message | None]:
    """Each account equals its journal, and liquidato ≤ impegnato ≤ tetto."""
    for instance_id, number in connection.execute(select(instance.c.id, instance.c.number)).all():
        for statement in budget.statements(connection, instance_id):
            journal = budget.balance_from_journal(connection, instance_id, statement.titolare)
            account = (statement.previsto, statement.impegnato, statement.liquidato)
            sums = (journal.previsto, journal.impegnato, journal.liquidato)
            if account != tuple(to_euros(cents) for cents in sums):
                yield message("CONSISTENCY_ACCOUNT_DIFFERS", number=number)
            elif not statement.liquidato <= statement.impegnato <= statement.tetto:
                yield message("CONSISTENCY_AMOUNTS_OUT_OF_ORDER", number=number)
            else:
                yield None
