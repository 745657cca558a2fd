"""Tables of persons, households, instance subjects, assignments and organisations.

A person is stored once: the codice fiscale is unique; without it, name and birth date are.
"""

from __future__ import annotations

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
    true,
)

from engine.access.tables import utente
from engine.storage.metadata import metadata
from engine.storage.tables.columns import text_column, unique_where
from engine.storage.types import ROW_NUMBER, UtcDateTime

organizzazione = Table(
    "organizzazione",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("nome", String(200), nullable=False, unique=True),
    text_column("tipo", 40),
    text_column("ambito", 160),
    text_column("email", 254),
    text_column("telefono", 40),
    Column("attiva", Boolean, nullable=False, server_default=true()),
)


persona = Table(
    "persona",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("codice_fiscale", String(16), unique=True),
    Column("codice_base", String(16), index=True),  # before omocodia
    text_column("motivo_senza_cf", 200),
    Column("cognome", String(80), nullable=False),
    Column("nome", String(80), nullable=False),
    Column("chiave", String(200), nullable=False),  # names.person_key
    Column("ricerca", String(200), nullable=False),  # words of the name, one space before each
    Column("omonimo", Integer, nullable=False, server_default="0"),  # 1, 2… for confirmed namesakes
    Column("data_nascita", Date),
    text_column("comune_residenza", 120),
    text_column("telefono", 40),
    text_column("email", 254),
    text_column("condizione_lavorativa", 40),
    text_column("ammortizzatore", 40),
    Column("svantaggio_l68", Boolean),
    Column("svantaggio_l381", Boolean),
    Column("informativa_consegnata_il", Date),
    text_column("ambito", 160),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(80), nullable=False),
    CheckConstraint("codice_fiscale IS NOT NULL OR length(trim(motivo_senza_cf)) > 0", name="cf_o_motivo"),
    unique_where(
        "uq_persona_senza_cf",
        "codice_fiscale IS NULL AND data_nascita IS NOT NULL",
        "chiave",
        "data_nascita",
        "omonimo",
    ),
    Index("ix_persona_nascita", "data_nascita", "chiave"),
    Index("ix_persona_ricerca", "ricerca"),
)


nucleo = Table(
    "nucleo",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("denominazione", String(160), nullable=False),
    Column("referente_id", ForeignKey(persona.c.id), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(80), nullable=False),
)


nucleo_membro = Table(
    "nucleo_membro",
    metadata,
    Column("nucleo_id", ForeignKey(nucleo.c.id), primary_key=True),
    Column("persona_id", ForeignKey(persona.c.id), primary_key=True),
    Column("ordine", Integer, nullable=False),
    text_column("relazione", 60),
    Column("dal", Date, nullable=False),
    Column("al", Date),
    Index("ix_nucleo_membro_persona", "persona_id"),
)


caso_soggetto = Table(
    "caso_soggetto",
    metadata,
    Column("instance_id", String(32), primary_key=True),
    Column("persona_id", ForeignKey(persona.c.id), nullable=False, index=True),
    Column("nucleo_id", ForeignKey(nucleo.c.id)),
)


incarico = Table(
    "incarico",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column("instance_id", String(32), nullable=False),
    Column("username", ForeignKey(utente.c.username), nullable=False, index=True),
    Column("ruolo", String(80), nullable=False),
    Column("dal", UtcDateTime, nullable=False),
    Column("al", UtcDateTime),
    Column("nominato_da", String(80), nullable=False),
    Column("revocato_da", String(80)),
    unique_where("uq_incarico_in_corso", "al IS NULL", "instance_id", "ruolo", "username"),
    Index("ix_incarico_caso", "instance_id", "dal"),
)
