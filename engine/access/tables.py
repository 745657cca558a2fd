"""Tables of accounts, memberships, scopes (ambiti) with their comuni, and the audit register."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    true,
)

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.tables.columns import text_column, unique_where
from engine.storage.types import ROW_NUMBER, Json, UtcDateTime

ambito = Table(
    "ambito",
    metadata,
    Column("path", String(160), primary_key=True),
    Column("nome", String(160), nullable=False),
    Column("padre", ForeignKey("ambito.path")),
)

comune = Table(
    "comune",
    metadata,
    Column("nome", String(120), primary_key=True),
    Column("ambito", ForeignKey(ambito.c.path), nullable=False, index=True),
)


utente = Table(
    "utente",
    metadata,
    Column("username", String(80), primary_key=True),
    Column("nome", String(160), nullable=False),
    text_column("email", 254),
    Column("password_hash", Text),
    Column("attivo", Boolean, nullable=False, server_default=true()),
    Column("lingua", String(5), nullable=False, server_default="it"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_login_at", UtcDateTime),
    Column("credentials", Integer, nullable=False, server_default="1"),  # grows: older sessions end
    CheckConstraint("lingua IN ('it', 'en')", name="lingua_known"),
    CheckConstraint("username = lower(username)", name="username_minuscolo"),
)

appartenenza = Table(
    "appartenenza",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("username", ForeignKey(utente.c.username), nullable=False),
    Column("ruolo", String(80), nullable=False),  # a role of processes/ruoli.yaml
    text_column("ambito", 160),  # a scope; empty covers every ambito
    Column("dal", Date, nullable=False),
    Column("al", Date),
    CheckConstraint("al IS NULL OR al >= dal", name="al_dopo_dal"),
    unique_where("uq_appartenenza_in_corso", "al IS NULL", "username", "ruolo", "ambito"),
    Index("ix_appartenenza_ruolo", "ruolo", "ambito"),
)

calendario_privato = Table(
    "calendario_privato",
    metadata,
    Column("username", ForeignKey(utente.c.username), primary_key=True),
    Column("impronta", String(64), nullable=False, unique=True),  # SHA-256 of the secret in its address
    Column("created_at", UtcDateTime, nullable=False),
)


registro_anagrafe = append_only(
    Table(
        "registro_anagrafe",
        metadata,
        Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
        Column("at", UtcDateTime, nullable=False),
        Column("actor_id", String(80), nullable=False),
        Column("oggetto", String(24), nullable=False),
        Column("oggetto_id", String(80), nullable=False),
        Column("azione", String(40), nullable=False),
        Column("dati", Json, nullable=False),
        Index("ix_registro_anagrafe_oggetto", "oggetto", "oggetto_id", "id"),
    )
)
