"""Tables of the working calendars: the rules of each scope and its closing days."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    String,
    Table,
    Text,
)

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.types import ROW_NUMBER, UtcDateTime

regola_calendario = append_only(
    Table(
        "regola_calendario",
        metadata,
        Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        Column("ambito", String(160), nullable=False),  # a scope; empty: above all scopes
        Column("sabato_festivo", Boolean),  # null: as in the scope above
        Column("patrono_nome", String(80), nullable=False),
        Column("patrono_giorno", String(5), nullable=False),  # MM-DD; empty: as in the scope above
        Column("motivo", Text, nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Column("actor_id", String(80), nullable=False),
        Index("ix_regola_calendario_ambito", "ambito", "id"),
    )
)
"""The last row of a scope is in force; the earlier ones are its history."""


chiusura = Table(
    "chiusura",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("ambito", String(160), nullable=False),
    Column("dal", Date, nullable=False),
    Column("al", Date, nullable=False),  # the last day, included
    Column("motivo", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("tolta_at", UtcDateTime),  # when the closing was revoked
    Column("tolta_da", String(80)),
    Column("tolta_motivo", Text),
    CheckConstraint("al >= dal", name="al_dopo_dal"),
    Index("ix_chiusura_ambito", "ambito", "al"),
)
