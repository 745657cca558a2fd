"""What the audit register holds about an object, for tests: the product writes it, and no page reads it yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.access.tables import registro_anagrafe


def changes_of(
    connection: Connection, oggetto: str, oggetto_id: str, limit: int = 100
) -> Sequence[Row[Any, Any, Any, Any, Any, Any]]:
    """The entries about an object, the newest first. `oggetto`: persona, nucleo, utente, ambito, organizzazione."""
    table = registro_anagrafe.c
    query = (
        select(table.at, table.actor_id, table.oggetto, table.oggetto_id, table.azione, table.dati)
        .where(table.oggetto == oggetto, table.oggetto_id == oggetto_id)
        .order_by(table.id.desc())
        .limit(limit)
    )
    return connection.execute(query).all()
