"""The audit register: append-only log of changes to persons, accounts, scopes and organisations, without passwords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

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
