"""The audit register: append-only log of changes to persons, accounts, scopes and organisations, without passwords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from engine.access.models import AuditEntry
from engine.access.tables import registro_anagrafe


@dataclass(frozen=True)
class ChangedBy:
    """The author of a change: who makes it, and when (UTC)."""

    actor_id: str
    at: datetime


def record_change(
    connection: Connection,
    by: ChangedBy,
    oggetto: str,
    oggetto_id: str,
    azione: str,
    dati: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry to the audit register."""
    connection.execute(
        insert(registro_anagrafe).values(
            at=by.at,
            actor_id=by.actor_id,
            oggetto=oggetto,
            oggetto_id=oggetto_id,
            azione=azione,
            dati=dict(dati or {}),
        )
    )


def changes_of(
    connection: Connection, oggetto: str, oggetto_id: str, limit: int = 100
) -> tuple[AuditEntry, ...]:
    """The entries about an object, the newest first. `oggetto`: persona, nucleo, utente, ambito, organizzazione."""
    table = registro_anagrafe.c
    query = (
        select(table.at, table.actor_id, table.oggetto, table.oggetto_id, table.azione, table.dati)
        .where(table.oggetto == oggetto, table.oggetto_id == oggetto_id)
        .order_by(table.id.desc())
        .limit(limit)
    )
    return tuple(AuditEntry(*row) for row in connection.execute(query))
