"""The first schema."""

import sqlalchemy as sa
from alembic import op

from engine.storage.append_only import install_guards

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "task_candidate",
    "movimento_riga",
    "draft",
    "voce",
    "timer",
    "task",
    "subscription",
    "participant",
    "nucleo_membro",
    "notifica",
    "movimento",
    "incident",
    "event",
    "documento",
    "comment",
    "caso_soggetto",
    "attachment",
    "nucleo",
    "instance",
    "incarico",
    "definition_resource",
    "conto",
    "comune",
    "appartenenza",
    "utente",
    "registro_anagrafe",
    "plafond",
    "persona",
    "parameter",
    "outbox",
    "organizzazione",
    "definition",
    "counter",
    "ambito",
)
"""In an order that leaves no reference dangling."""


def upgrade() -> None:
    """Create every table, its indexes and the triggers of those that are only added to."""

    op.create_table(
        "ambito",
        sa.Column("path", sa.String(length=160), nullable=False),
        sa.Column("nome", sa.String(length=160), nullable=False),
        sa.Column("padre", sa.String(length=160), nullable=True),
        sa.Column("patrono_nome", sa.String(length=80), server_default="", nullable=False),
        sa.Column("patrono_giorno", sa.String(length=5), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["padre"], ["ambito.path"], name=op.f("fk_ambito_padre_ambito")),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_ambito")),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "definition",
        sa.Column("id", sa.String(length=160), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("starters", sa.LargeBinary(), nullable=False),
        sa.Column("called", sa.LargeBinary(), nullable=False),
        sa.Column("deployed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deployed_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint("state IN ('active', 'retired')", name=op.f("ck_definition_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_definition")),
        sa.UniqueConstraint("key", "version", name=op.f("uq_definition_key_version")),
    )
    op.create_table(
        "organizzazione",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("nome", sa.String(length=200), nullable=False),
        sa.Column("tipo", sa.String(length=40), server_default="", nullable=False),
        sa.Column("ambito", sa.String(length=160), server_default="", nullable=False),
        sa.Column("email", sa.String(length=254), server_default="", nullable=False),
        sa.Column("telefono", sa.String(length=40), server_default="", nullable=False),
        sa.Column("attiva", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizzazione")),
        sa.UniqueConstraint("nome", name=op.f("uq_organizzazione_nome")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name=op.f("ck_outbox_state_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index("ix_outbox_due", "outbox", ["state", "due_at"], unique=False)
    op.create_table(
        "parameter",
        sa.Column("definition_key", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("definition_key", "name", "scope", name=op.f("pk_parameter")),
    )
    op.create_table(
        "persona",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("codice_fiscale", sa.String(length=16), nullable=True),
        sa.Column("codice_base", sa.String(length=16), nullable=True),
        sa.Column("motivo_senza_cf", sa.String(length=200), server_default="", nullable=False),
        sa.Column("cognome", sa.String(length=80), nullable=False),
        sa.Column("nome", sa.String(length=80), nullable=False),
        sa.Column("chiave", sa.String(length=200), nullable=False),
        sa.Column("ricerca", sa.String(length=200), nullable=False),
        sa.Column("omonimo", sa.Integer(), server_default="0", nullable=False),
        sa.Column("data_nascita", sa.Date(), nullable=True),
        sa.Column("comune_residenza", sa.String(length=120), server_default="", nullable=False),
        sa.Column("telefono", sa.String(length=40), server_default="", nullable=False),
        sa.Column("email", sa.String(length=254), server_default="", nullable=False),
        sa.Column("condizione_lavorativa", sa.String(length=40), server_default="", nullable=False),
        sa.Column("ammortizzatore", sa.String(length=40), server_default="", nullable=False),
        sa.Column("svantaggio_l68", sa.Boolean(), nullable=True),
        sa.Column("svantaggio_l381", sa.Boolean(), nullable=True),
        sa.Column("informativa_consegnata_il", sa.Date(), nullable=True),
        sa.Column("ambito", sa.String(length=160), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.CheckConstraint(
            "codice_fiscale IS NOT NULL OR length(trim(motivo_senza_cf)) > 0",
            name=op.f("ck_persona_cf_o_motivo"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persona")),
        sa.UniqueConstraint("codice_fiscale", name=op.f("uq_persona_codice_fiscale")),
    )
    op.create_index(op.f("ix_persona_codice_base"), "persona", ["codice_base"], unique=False)
    op.create_index("ix_persona_nascita", "persona", ["data_nascita", "chiave"], unique=False)
    op.create_index("ix_persona_ricerca", "persona", ["ricerca"], unique=False)
    op.create_index(
        "uq_persona_senza_cf",
        "persona",
        ["chiave", "data_nascita", "omonimo"],
        unique=True,
        postgresql_where=sa.text("codice_fiscale IS NULL AND data_nascita IS NOT NULL"),
        sqlite_where=sa.text("codice_fiscale IS NULL AND data_nascita IS NOT NULL"),
    )
    op.create_table(
        "plafond",
        sa.Column("titolare", sa.String(length=80), nullable=False),
        sa.Column("tetto", sa.BigInteger(), nullable=False),
        sa.Column("impegnato", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "impegnato >= 0 AND impegnato <= tetto", name=op.f("ck_plafond_impegnato_entro_il_tetto")
        ),
        sa.PrimaryKeyConstraint("titolare", name=op.f("pk_plafond")),
    )
    op.create_table(
        "registro_anagrafe",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("oggetto", sa.String(length=24), nullable=False),
        sa.Column("oggetto_id", sa.String(length=80), nullable=False),
        sa.Column("azione", sa.String(length=40), nullable=False),
        sa.Column("dati", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registro_anagrafe")),
        info={"append_only": True},
    )
    op.create_index(
        "ix_registro_anagrafe_oggetto", "registro_anagrafe", ["oggetto", "oggetto_id", "id"], unique=False
    )
    op.create_table(
        "utente",
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("nome", sa.String(length=160), nullable=False),
        sa.Column("email", sa.String(length=254), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("attivo", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("lingua", sa.String(length=5), server_default="it", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("credentials", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("lingua IN ('it', 'en')", name=op.f("ck_utente_lingua_known")),
        sa.CheckConstraint("username = lower(username)", name=op.f("ck_utente_username_minuscolo")),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_utente")),
    )
    op.create_table(
        "appartenenza",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("ruolo", sa.String(length=80), nullable=False),
        sa.Column("ambito", sa.String(length=160), server_default="", nullable=False),
        sa.Column("dal", sa.Date(), nullable=False),
        sa.Column("al", sa.Date(), nullable=True),
        sa.CheckConstraint("al IS NULL OR al >= dal", name=op.f("ck_appartenenza_al_dopo_dal")),
        sa.ForeignKeyConstraint(
            ["username"], ["utente.username"], name=op.f("fk_appartenenza_username_utente")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appartenenza")),
    )
    op.create_index("ix_appartenenza_ruolo", "appartenenza", ["ruolo", "ambito"], unique=False)
    op.create_index(
        "uq_appartenenza_in_corso",
        "appartenenza",
        ["username", "ruolo", "ambito"],
        unique=True,
        postgresql_where=sa.text("al IS NULL"),
        sqlite_where=sa.text("al IS NULL"),
    )
    op.create_table(
        "comune",
        sa.Column("nome", sa.String(length=120), nullable=False),
        sa.Column("ambito", sa.String(length=160), nullable=False),
        sa.ForeignKeyConstraint(["ambito"], ["ambito.path"], name=op.f("fk_comune_ambito_ambito")),
        sa.PrimaryKeyConstraint("nome", name=op.f("pk_comune")),
    )
    op.create_index(op.f("ix_comune_ambito"), "comune", ["ambito"], unique=False)
    op.create_table(
        "conto",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("titolare", sa.String(length=80), nullable=False),
        sa.Column("stato", sa.String(length=16), nullable=False),
        sa.Column("tetto", sa.BigInteger(), nullable=False),
        sa.Column("previsto", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("impegnato", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("liquidato", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("restituito", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("movimenti", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("stato IN ('aperto', 'sospeso', 'chiuso')", name=op.f("ck_conto_stato_known")),
        sa.CheckConstraint("impegnato + restituito <= tetto", name=op.f("ck_conto_impegnato_entro_il_tetto")),
        sa.CheckConstraint(
            "liquidato >= 0 AND liquidato <= impegnato", name=op.f("ck_conto_liquidato_entro_impegnato")
        ),
        sa.CheckConstraint(
            "previsto >= 0 AND previsto <= tetto", name=op.f("ck_conto_previsto_entro_il_tetto")
        ),
        sa.CheckConstraint("restituito >= 0", name=op.f("ck_conto_restituito_non_negativo")),
        sa.ForeignKeyConstraint(["titolare"], ["plafond.titolare"], name=op.f("fk_conto_titolare_plafond")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conto")),
        sa.UniqueConstraint("instance_id", "titolare", name=op.f("uq_conto_instance_id_titolare")),
    )
    op.create_index(op.f("ix_conto_titolare"), "conto", ["titolare"], unique=False)
    op.create_table(
        "definition_resource",
        sa.Column("definition_id", sa.String(length=160), nullable=False),
        sa.Column("path", sa.String(length=240), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "kind IN ('bpmn', 'dmn', 'form', 'parameters', 'readme')",
            name=op.f("ck_definition_resource_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["definition.id"], name=op.f("fk_definition_resource_definition_id_definition")
        ),
        sa.PrimaryKeyConstraint("definition_id", "path", name=op.f("pk_definition_resource")),
    )
    op.create_table(
        "incarico",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("ruolo", sa.String(length=80), nullable=False),
        sa.Column("dal", sa.DateTime(timezone=True), nullable=False),
        sa.Column("al", sa.DateTime(timezone=True), nullable=True),
        sa.Column("nominato_da", sa.String(length=80), nullable=False),
        sa.Column("revocato_da", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["username"], ["utente.username"], name=op.f("fk_incarico_username_utente")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incarico")),
    )
    op.create_index("ix_incarico_caso", "incarico", ["instance_id", "dal"], unique=False)
    op.create_index(op.f("ix_incarico_username"), "incarico", ["username"], unique=False)
    op.create_index(
        "uq_incarico_in_corso",
        "incarico",
        ["instance_id", "ruolo", "username"],
        unique=True,
        postgresql_where=sa.text("al IS NULL"),
        sqlite_where=sa.text("al IS NULL"),
    )
    op.create_table(
        "instance",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("definition_id", sa.String(length=160), nullable=False),
        sa.Column("definition_key", sa.String(length=120), nullable=False),
        sa.Column("business_key", sa.String(length=160), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=True),
        sa.Column("phase", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("linked_from", sa.String(length=32), nullable=True),
        sa.Column("run_state", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(length=80), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("incidents", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'suspended', 'completed', 'cancelled')", name=op.f("ck_instance_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["definition.id"], name=op.f("fk_instance_definition_id_definition")
        ),
        sa.ForeignKeyConstraint(
            ["linked_from"], ["instance.id"], name=op.f("fk_instance_linked_from_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
        sa.UniqueConstraint("number", name=op.f("uq_instance_number")),
    )
    op.create_index("ix_instance_business_key", "instance", ["business_key"], unique=False)
    op.create_index(op.f("ix_instance_definition_id"), "instance", ["definition_id"], unique=False)
    op.create_index(op.f("ix_instance_linked_from"), "instance", ["linked_from"], unique=False)
    op.create_index("ix_instance_scope_state", "instance", ["scope", "state", "number"], unique=False)
    op.create_index(op.f("ix_instance_subject"), "instance", ["subject"], unique=False)
    op.create_table(
        "nucleo",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("denominazione", sa.String(length=160), nullable=False),
        sa.Column("referente_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["referente_id"], ["persona.id"], name=op.f("fk_nucleo_referente_id_persona")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nucleo")),
        sa.UniqueConstraint("referente_id", name=op.f("uq_nucleo_referente_id")),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=True),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_attachment_instance_id_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_instance_id"), "attachment", ["instance_id"], unique=False)
    op.create_table(
        "caso_soggetto",
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("persona_id", sa.String(length=32), nullable=False),
        sa.Column("nucleo_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["nucleo_id"], ["nucleo.id"], name=op.f("fk_caso_soggetto_nucleo_id_nucleo")),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["persona.id"], name=op.f("fk_caso_soggetto_persona_id_persona")
        ),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_caso_soggetto")),
    )
    op.create_index(op.f("ix_caso_soggetto_persona_id"), "caso_soggetto", ["persona_id"], unique=False)
    op.create_table(
        "comment",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("task_id", sa.String(length=32), nullable=True),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_comment_instance_id_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index(op.f("ix_comment_instance_id"), "comment", ["instance_id"], unique=False)
    op.create_table(
        "documento",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("protocol_year", sa.Integer(), nullable=False),
        sa.Column("protocol_number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("element_id", sa.String(length=160), nullable=False),
        sa.Column("replaces", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "(version = 1) = (replaces IS NULL)", name=op.f("ck_documento_replaces_the_one_before")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_documento_sha256_whole")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_documento_version_positive")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_documento_instance_id_instance")
        ),
        sa.ForeignKeyConstraint(["replaces"], ["documento.id"], name=op.f("fk_documento_replaces_documento")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documento")),
        sa.UniqueConstraint(
            "instance_id", "kind", "version", name=op.f("uq_documento_instance_id_kind_version")
        ),
        sa.UniqueConstraint(
            "protocol_year", "protocol_number", name=op.f("uq_documento_protocol_year_protocol_number")
        ),
        sa.UniqueConstraint("replaces", name=op.f("uq_documento_replaces")),
        info={"append_only": True},
    )
    op.create_table(
        "event",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("instance_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("element_id", sa.String(length=160), nullable=True),
        sa.Column("element_name", sa.Text(), nullable=True),
        sa.Column("definition_id", sa.String(length=160), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_event_instance_id_instance")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        info={"append_only": True},
    )
    op.create_index("ix_event_instance", "event", ["instance_id", "id"], unique=False)
    op.create_index("ix_event_kind", "event", ["kind", "id"], unique=False)
    op.create_table(
        "incident",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=True),
        sa.Column("token", sa.String(length=48), nullable=True),
        sa.Column("outbox_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("element_id", sa.String(length=160), nullable=False),
        sa.Column("element_name", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('operation', 'expression', 'timer', 'outbox', 'error')",
            name=op.f("ck_incident_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'retried', 'resolved', 'gone')", name=op.f("ck_incident_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_incident_instance_id_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(op.f("ix_incident_instance_id"), "incident", ["instance_id"], unique=False)
    op.create_index("ix_incident_state", "incident", ["state", "created_at"], unique=False)
    op.create_table(
        "movimento",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conto_id", sa.String(length=32), nullable=False),
        sa.Column("numero", sa.Integer(), nullable=False),
        sa.Column("tipo", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("element_id", sa.String(length=160), server_default="", nullable=False),
        sa.Column("fornitore", sa.String(length=200), server_default="", nullable=False),
        sa.Column("motivo", sa.Text(), server_default="", nullable=False),
        sa.Column("giustificativo", sa.Text(), server_default="", nullable=False),
        sa.Column("impronta", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "tipo <> 'liquidazione' OR length(trim(giustificativo)) > 0",
            name=op.f("ck_movimento_pagato_con_giustificativo"),
        ),
        sa.CheckConstraint(
            "tipo IN ('apertura', 'previsione', 'impegno', 'liquidazione', 'storno', 'restituzione', 'sospensione', 'ripresa', 'chiusura')",
            name=op.f("ck_movimento_tipo_known"),
        ),
        sa.ForeignKeyConstraint(["conto_id"], ["conto.id"], name=op.f("fk_movimento_conto_id_conto")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movimento")),
        sa.UniqueConstraint("conto_id", "impronta", name=op.f("uq_movimento_conto_id_impronta")),
        sa.UniqueConstraint("conto_id", "numero", name=op.f("uq_movimento_conto_id_numero")),
        info={"append_only": True},
    )
    op.create_table(
        "notifica",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("recipient", sa.String(length=80), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=True),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_notifica_instance_id_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifica")),
        sa.UniqueConstraint("recipient", "key", name=op.f("uq_notifica_recipient_key")),
    )
    op.create_index("ix_notifica_recipient", "notifica", ["recipient", "id"], unique=False)
    op.create_index(
        "ix_notifica_unread",
        "notifica",
        ["recipient"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "nucleo_membro",
        sa.Column("nucleo_id", sa.String(length=32), nullable=False),
        sa.Column("persona_id", sa.String(length=32), nullable=False),
        sa.Column("ordine", sa.Integer(), nullable=False),
        sa.Column("relazione", sa.String(length=60), server_default="", nullable=False),
        sa.Column("dal", sa.Date(), nullable=False),
        sa.Column("al", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["nucleo_id"], ["nucleo.id"], name=op.f("fk_nucleo_membro_nucleo_id_nucleo")),
        sa.ForeignKeyConstraint(
            ["persona_id"], ["persona.id"], name=op.f("fk_nucleo_membro_persona_id_persona")
        ),
        sa.PrimaryKeyConstraint("nucleo_id", "persona_id", name=op.f("pk_nucleo_membro")),
    )
    op.create_index("ix_nucleo_membro_persona", "nucleo_membro", ["persona_id"], unique=False)
    op.create_table(
        "participant",
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_participant_instance_id_instance")
        ),
        sa.PrimaryKeyConstraint("instance_id", "actor_id", "role", name=op.f("pk_participant")),
    )
    op.create_index("ix_participant_actor", "participant", ["actor_id", "instance_id"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=True),
        sa.Column("token", sa.String(length=48), nullable=True),
        sa.Column("definition_id", sa.String(length=160), nullable=True),
        sa.Column("element_id", sa.String(length=160), nullable=False),
        sa.Column("message", sa.String(length=160), nullable=False),
        sa.Column("correlation_key", sa.String(length=240), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'suspended', 'ended')", name=op.f("ck_subscription_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["definition_id"], ["definition.id"], name=op.f("fk_subscription_definition_id_definition")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_subscription_instance_id_instance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    op.create_index("ix_subscription_instance", "subscription", ["instance_id", "state"], unique=False)
    op.create_index(
        "ix_subscription_message", "subscription", ["message", "correlation_key", "state"], unique=False
    )
    op.create_table(
        "task",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("definition_id", sa.String(length=160), nullable=False),
        sa.Column("element_id", sa.String(length=160), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("form_id", sa.String(length=160), nullable=True),
        sa.Column("process_id", sa.String(length=160), nullable=False),
        sa.Column("scope", sa.String(length=160), nullable=False),
        sa.Column("assignee", sa.String(length=80), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_order", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_runs", sa.Boolean(), nullable=False),
        sa.Column("follow_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_by", sa.String(length=80), nullable=True),
        sa.Column("not_by", sa.Text(), nullable=True),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'suspended', 'completed', 'cancelled')", name=op.f("ck_task_state_known")
        ),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_task_instance_id_instance")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("instance_id", "token", name=op.f("uq_task_instance_id_token")),
    )
    op.create_index("ix_task_assignee", "task", ["assignee", "state", "due_order", "id"], unique=False)
    op.create_index("ix_task_instance", "task", ["instance_id", "state"], unique=False)
    op.create_index("ix_task_state_due", "task", ["state", "due_order", "id"], unique=False)
    op.create_table(
        "timer",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("instance_id", sa.String(length=32), nullable=False),
        sa.Column("token", sa.String(length=48), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("element_id", sa.String(length=160), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.Column("remaining_seconds", sa.BigInteger(), nullable=True),
        sa.Column("suspended_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repetition", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('event', 'retry', 'overdue')", name=op.f("ck_timer_kind_known")),
        sa.CheckConstraint(
            "state IN ('waiting', 'suspended', 'fired', 'cancelled', 'failed')",
            name=op.f("ck_timer_state_known"),
        ),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_timer_instance_id_instance")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
    )
    op.create_index("ix_timer_due", "timer", ["state", "due_at", "id"], unique=False)
    op.create_index("ix_timer_instance", "timer", ["instance_id", "state"], unique=False)
    op.create_table(
        "voce",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("conto_id", sa.String(length=32), nullable=False),
        sa.Column("ordine", sa.Integer(), nullable=False),
        sa.Column("categoria", sa.String(length=40), nullable=False),
        sa.Column("fornitore", sa.String(length=200), server_default="", nullable=False),
        sa.Column("descrizione", sa.String(length=200), server_default="", nullable=False),
        sa.Column("stato", sa.String(length=16), nullable=False),
        sa.Column("fuori_piano", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("previsto", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("impegnato", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("liquidato", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("anticipato", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "categoria IN ('formazione', 'intrapresa', 'sostegno_psicologico', 'sostegno_reddito', 'conciliazione', 'mobilita', 'volontariato', 'altro')",
            name=op.f("ck_voce_categoria_known"),
        ),
        sa.CheckConstraint(
            "stato IN ('previsto', 'impegnato', 'liquidato', 'stornato')", name=op.f("ck_voce_stato_known")
        ),
        sa.CheckConstraint(
            "anticipato >= 0 AND anticipato <= liquidato", name=op.f("ck_voce_anticipato_entro_liquidato")
        ),
        sa.CheckConstraint(
            "liquidato >= 0 AND liquidato <= impegnato", name=op.f("ck_voce_liquidato_entro_impegnato")
        ),
        sa.CheckConstraint("previsto >= 0", name=op.f("ck_voce_previsto_non_negativo")),
        sa.ForeignKeyConstraint(["conto_id"], ["conto.id"], name=op.f("fk_voce_conto_id_conto")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voce")),
        sa.UniqueConstraint("conto_id", "ordine", name=op.f("uq_voce_conto_id_ordine")),
    )
    op.create_table(
        "draft",
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_draft_task_id_task"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "actor_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "movimento_riga",
        sa.Column("movimento_id", sa.String(length=32), nullable=False),
        sa.Column("riga", sa.Integer(), nullable=False),
        sa.Column("voce_id", sa.String(length=32), nullable=True),
        sa.Column("dare", sa.String(length=16), nullable=False),
        sa.Column("avere", sa.String(length=16), nullable=False),
        sa.Column("importo", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "avere IN ('fondo', 'disponibile', 'impegnato', 'liquidato', 'programma', 'previsto')",
            name=op.f("ck_movimento_riga_avere_known"),
        ),
        sa.CheckConstraint(
            "dare IN ('fondo', 'disponibile', 'impegnato', 'liquidato', 'programma', 'previsto')",
            name=op.f("ck_movimento_riga_dare_known"),
        ),
        sa.CheckConstraint("dare <> avere", name=op.f("ck_movimento_riga_dare_diverso_da_avere")),
        sa.CheckConstraint("importo > 0", name=op.f("ck_movimento_riga_importo_positivo")),
        sa.ForeignKeyConstraint(
            ["movimento_id"], ["movimento.id"], name=op.f("fk_movimento_riga_movimento_id_movimento")
        ),
        sa.ForeignKeyConstraint(["voce_id"], ["voce.id"], name=op.f("fk_movimento_riga_voce_id_voce")),
        sa.PrimaryKeyConstraint("movimento_id", "riga", name=op.f("pk_movimento_riga")),
        info={"append_only": True},
    )
    op.create_index("ix_movimento_riga_voce", "movimento_riga", ["voce_id"], unique=False)
    op.create_table(
        "task_candidate",
        sa.Column("task_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.CheckConstraint("kind IN ('role', 'user')", name=op.f("ck_task_candidate_kind_known")),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_task_candidate_task_id_task"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "kind", "name", name=op.f("pk_task_candidate")),
    )
    op.create_index("ix_task_candidate_name", "task_candidate", ["kind", "name", "task_id"], unique=False)

    install_guards(op.get_bind())


def downgrade() -> None:
    """Drop every table."""
    for table in TABLES:
        op.drop_table(table)
