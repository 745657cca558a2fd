"""Working days have tables of their own: the rules of each ambito and its closings, taken over from the parameters."""

import json
import uuid
from datetime import date

import sqlalchemy as sa
import yaml
from alembic import op

from engine.clock import SystemClock
from engine.storage.append_only import install_guards

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NAMES = ("patrono", "sabato_festivo", "chiusure")
REASON = "Ripreso da com'era prima di avere un calendario"


def upgrade() -> None:
    """Make the tables; patrons of ambiti, parameters and files that said otherwise become rules and closings."""
    op.create_table(
        "regola_calendario",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("ambito", sa.String(length=160), nullable=False),
        sa.Column("sabato_festivo", sa.Boolean(), nullable=True),
        sa.Column("patrono_nome", sa.String(length=80), nullable=False),
        sa.Column("patrono_giorno", sa.String(length=5), nullable=False),
        sa.Column("motivo", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regola_calendario")),
    )
    op.create_index("ix_regola_calendario_ambito", "regola_calendario", ["ambito", "id"], unique=False)
    op.create_table(
        "chiusura",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ambito", sa.String(length=160), nullable=False),
        sa.Column("dal", sa.Date(), nullable=False),
        sa.Column("al", sa.Date(), nullable=False),
        sa.Column("motivo", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.Column("tolta_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tolta_da", sa.String(length=80), nullable=True),
        sa.Column("tolta_motivo", sa.Text(), nullable=True),
        sa.CheckConstraint("al >= dal", name=op.f("ck_chiusura_al_dopo_dal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chiusura")),
    )
    op.create_index("ix_chiusura_ambito", "chiusura", ["ambito", "al"], unique=False)
    _take_over(op.get_bind())
    install_guards(op.get_bind())
    op.drop_column("ambito", "patrono_nome")
    op.drop_column("ambito", "patrono_giorno")


def downgrade() -> None:
    """Drop the tables; the patrons go back to the ambiti, the rest is gone."""
    op.add_column(
        "ambito", sa.Column("patrono_nome", sa.String(length=80), server_default="", nullable=False)
    )
    op.add_column(
        "ambito", sa.Column("patrono_giorno", sa.String(length=5), server_default="", nullable=False)
    )
    op.execute(
        "UPDATE ambito SET "
        "patrono_nome = coalesce((SELECT r.patrono_nome FROM regola_calendario r WHERE r.id = "
        "(SELECT max(n.id) FROM regola_calendario n WHERE n.ambito = ambito.path)), ''), "
        "patrono_giorno = coalesce((SELECT r.patrono_giorno FROM regola_calendario r WHERE r.id = "
        "(SELECT max(n.id) FROM regola_calendario n WHERE n.ambito = ambito.path)), '')"
    )
    op.drop_table("chiusura")
    op.drop_table("regola_calendario")


def _take_over(connection: sa.Connection) -> None:
    rules: dict[str, dict[str, object]] = {}
    closed: dict[str, set[date]] = {}
    for path, name, day in connection.execute(
        sa.text("SELECT path, patrono_nome, patrono_giorno FROM ambito WHERE patrono_giorno <> ''")
    ):
        rules.setdefault(path, {}).update(patrono_nome=name, patrono_giorno=day)
    for content in connection.execute(sa.text(_FILES)).scalars():
        for name, value in _of_file(bytes(content)):
            _note(rules, closed, "", name, value)
    for scope, name, value in connection.execute(sa.text(_CHANGED)):
        _note(rules, closed, scope, name, json.loads(bytes(value)))
    now = SystemClock().now()
    rule = sa.table(
        "regola_calendario",
        *(sa.column(name) for name in ("ambito", "patrono_nome", "patrono_giorno", "motivo", "actor_id")),
        sa.column("sabato_festivo", sa.Boolean),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    for scope, found in sorted(rules.items()):
        values = {"patrono_nome": "", "patrono_giorno": "", "sabato_festivo": None} | found
        who = {"ambito": scope, "motivo": REASON, "at": now, "actor_id": "sistema"}
        connection.execute(sa.insert(rule).values(**values, **who))
    closing = sa.table(
        "chiusura",
        *(sa.column(name) for name in ("id", "ambito", "motivo", "created_by")),
        *(sa.column(name, sa.Date) for name in ("dal", "al")),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    for scope, days in sorted(closed.items()):
        for day in sorted(days):
            row = {"id": uuid.uuid4().hex, "ambito": scope, "dal": day, "al": day, "motivo": REASON}
            connection.execute(sa.insert(closing).values(**row, created_at=now, created_by="sistema"))
    connection.execute(
        sa.text("DELETE FROM parameter WHERE name IN ('patrono', 'sabato_festivo', 'chiusure')")
    )


_FILES = """
SELECT r.content FROM definition_resource r JOIN definition d ON d.id = r.definition_id
WHERE r.kind = 'parameters' AND d.state = 'active'
AND d.version = (SELECT max(n.version) FROM definition n WHERE n.key = d.key) ORDER BY d.deployed_at
"""
_CHANGED = """
SELECT scope, name, value FROM parameter
WHERE name IN ('patrono', 'sabato_festivo', 'chiusure') ORDER BY changed_at
"""


def _of_file(content: bytes) -> list[tuple[str, object]]:
    try:
        declared = yaml.safe_load(content.decode("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError):
        return []
    if not isinstance(declared, dict):
        return []
    bodies = [(name, declared.get(name)) for name in NAMES]
    return [(name, body.get("valore")) for name, body in bodies if isinstance(body, dict)]


def _note(
    rules: dict[str, dict[str, object]], closed: dict[str, set[date]], scope: str, name: str, value: object
) -> None:
    """The last word counts; what cannot be read (nothing could be computed with it either) is left out."""
    try:
        if name == "sabato_festivo":
            if scope or value is True or rules.get(""):
                rules.setdefault(scope, {})["sabato_festivo"] = bool(value)
        elif name == "patrono" and value:
            date.fromisoformat(f"2000-{value}")
            rules.setdefault(scope, {}).update(patrono_nome="", patrono_giorno=str(value))
        elif name == "chiusure" and isinstance(value, list):
            days = (day if isinstance(day, str | date) else next(iter(day.values())) for day in value)
            closed.setdefault(scope, set()).update(date.fromisoformat(str(day)) for day in days)
    except (ValueError, TypeError, AttributeError, StopIteration):
        return
