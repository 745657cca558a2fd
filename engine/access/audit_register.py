"""The register of changes to persons, accounts and ambiti: who, when, what. Written once, never a password in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from engine.access.models import AuditLine
from engine.access.tables import registro_anagrafe


@dataclass(frozen=True)
class By:
    """Who makes a change, and when (UTC)."""

    actor_id: str
    at: datetime


def note(
    connection: Connection,
    by: By,
    oggetto: str,
    oggetto_id: str,
    azione: str,
    dati: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to the register."""
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
) -> tuple[AuditLine, ...]:
    """The newest changes first. `oggetto` is persona, nucleo, utente, ambito or organizzazione."""
    table = registro_anagrafe.c
    query = (
        select(table.at, table.actor_id, table.oggetto, table.oggetto_id, table.azione, table.dati)
        .where(table.oggetto == oggetto, table.oggetto_id == oggetto_id)
        .order_by(table.id.desc())
        .limit(limit)
    )
    return tuple(AuditLine(*row) for row in connection.execute(query))
