"""Tables of people. A person is there once: the codice fiscale is unique; without it, name and birth date are."""

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
    text,
    true,
)

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.tables import BIG
from engine.storage.types import Json, UtcDateTime


def _text(name: str, size: int) -> Column[str]:
    return Column(name, String(size), nullable=False, server_default="")


def _unique_where(name: str, condition: str, *columns: str) -> Index:
    return Index(name, *columns, unique=True, postgresql_where=text(condition), sqlite_where=text(condition))


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

organizzazione = Table(
    "organizzazione",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("nome", String(200), nullable=False, unique=True),
    _text("tipo", 40),
    _text("ambito", 160),
    _text("email", 254),
    _text("telefono", 40),
    Column("attiva", Boolean, nullable=False, server_default=true()),
)

persona = Table(
    "persona",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("codice_fiscale", String(16), unique=True),
    Column("codice_base", String(16), index=True),  # before omocodia
    _text("motivo_senza_cf", 200),
    Column("cognome", String(80), nullable=False),
    Column("nome", String(80), nullable=False),
    Column("chiave", String(200), nullable=False),  # names.person_key
    Column("ricerca", String(200), nullable=False),  # words of the name, one space before each
    Column("omonimo", Integer, nullable=False, server_default="0"),  # 1, 2… for confirmed namesakes
    Column("data_nascita", Date),
    _text("comune_residenza", 120),
    _text("telefono", 40),
    _text("email", 254),
    _text("condizione_lavorativa", 40),
    _text("ammortizzatore", 40),
    Column("svantaggio_l68", Boolean),
    Column("svantaggio_l381", Boolean),
    Column("informativa_consegnata_il", Date),
    _text("ambito", 160),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(80), nullable=False),
    CheckConstraint("codice_fiscale IS NOT NULL OR length(trim(motivo_senza_cf)) > 0", name="cf_o_motivo"),
    _unique_where(
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
    _text("relazione", 60),
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

utente = Table(
    "utente",
    metadata,
    Column("username", String(80), primary_key=True),
    Column("nome", String(160), nullable=False),
    _text("email", 254),
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
    _text("ambito", 160),  # a scope; empty covers every ambito
    Column("dal", Date, nullable=False),
    Column("al", Date),
    CheckConstraint("al IS NULL OR al >= dal", name="al_dopo_dal"),
    _unique_where("uq_appartenenza_in_corso", "al IS NULL", "username", "ruolo", "ambito"),
    Index("ix_appartenenza_ruolo", "ruolo", "ambito"),
)

calendario_privato = Table(
    "calendario_privato",
    metadata,
    Column("username", ForeignKey(utente.c.username), primary_key=True),
    Column("impronta", String(64), nullable=False, unique=True),  # SHA-256 of the secret in its address
    Column("created_at", UtcDateTime, nullable=False),
)

incarico = Table(
    "incarico",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("instance_id", String(32), nullable=False),
    Column("username", ForeignKey(utente.c.username), nullable=False, index=True),
    Column("ruolo", String(80), nullable=False),
    Column("dal", UtcDateTime, nullable=False),
    Column("al", UtcDateTime),
    Column("nominato_da", String(80), nullable=False),
    Column("revocato_da", String(80)),
    _unique_where("uq_incarico_in_corso", "al IS NULL", "instance_id", "ruolo", "username"),
    Index("ix_incarico_caso", "instance_id", "dal"),
)

registro_anagrafe = append_only(
    Table(
        "registro_anagrafe",
        metadata,
        Column("id", BIG, primary_key=True, autoincrement=True),
        Column("at", UtcDateTime, nullable=False),
        Column("actor_id", String(80), nullable=False),
        Column("oggetto", String(24), nullable=False),
        Column("oggetto_id", String(80), nullable=False),
        Column("azione", String(40), nullable=False),
        Column("dati", Json, nullable=False),
        Index("ix_registro_anagrafe_oggetto", "oggetto", "oggetto_id", "id"),
    )
)

regola_calendario = append_only(
    Table(
        "regola_calendario",
        metadata,
        Column("id", BIG, primary_key=True, autoincrement=True),
        Column("ambito", String(160), nullable=False),  # a scope; empty stands above every ambito
        Column("sabato_festivo", Boolean),  # none: as the ambito above
        Column("patrono_nome", String(80), nullable=False),
        Column("patrono_giorno", String(5), nullable=False),  # MM-DD; empty: as the ambito above
        Column("motivo", Text, nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Column("actor_id", String(80), nullable=False),
        Index("ix_regola_calendario_ambito", "ambito", "id"),
    )
)
"""The last row of an ambito is in force; those before it are its history."""

chiusura = Table(
    "chiusura",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("ambito", String(160), nullable=False),
    Column("dal", Date, nullable=False),
    Column("al", Date, nullable=False),  # the last day, closed too
    Column("motivo", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(80), nullable=False),
    Column("tolta_at", UtcDateTime),  # taken back: the offices are open after all
    Column("tolta_da", String(80)),
    Column("tolta_motivo", Text),
    CheckConstraint("al >= dal", name="al_dopo_dal"),
    Index("ix_chiusura_ambito", "ambito", "al"),
)
