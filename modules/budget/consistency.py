"""The consistency check of the ledger."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from engine.history.consistency import consistency_check
from engine.storage.tables import instance
from modules.budget import service as budget
from modules.budget.model import to_euros


@consistency_check("bilanci e movimenti")
def ledgers(connection: Connection) -> Iterator[str]:
    """Each account equals its journal, and liquidato ≤ impegnato ≤ tetto."""
    for instance_id, number in connection.execute(select(instance.c.id, instance.c.number)).all():
        for found in budget.statements(connection, instance_id):
            journal = budget.balance_from_journal(connection, instance_id, found.titolare)
            kept = (found.previsto, found.impegnato, found.liquidato)
            written = (journal.previsto, journal.impegnato, journal.liquidato)
            if kept != tuple(to_euros(cents) for cents in written):
                yield f"pratica n. {number}: il conto non è la somma dei movimenti"
            elif not found.liquidato <= found.impegnato <= found.tetto:
                yield f"pratica n. {number}: liquidato, impegnato e tetto non sono in ordine"
            else:
                yield ""
