"""Tables of the budget. The caps are CHECK constraints, so that no program can exceed them.

`movimento` and `movimento_riga` are the journal; they are append-only. Each row of the journal moves a positive
amount from one ledger account (`avere`) to another (`dare`), so every entry sums to zero. The amounts in `plafond`,
`conto` and `voce` are balances of the journal, updated in the transaction that adds the entry.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from engine.storage.append_only import append_only
from engine.storage.metadata import metadata
from engine.storage.tables.columns import one_of
from engine.storage.types import UtcDateTime
from modules.budget.model import Categoria, Mastro, StatoConto, StatoVoce, TipoMovimento


def _cents(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


plafond = Table(
    "plafond",
    metadata,
    Column(
        "titolare", String(80), primary_key=True
    ),  # the person, or the first instance of a chain of reopened ones
    Column("tetto", BigInteger, nullable=False),
    _cents("impegnato"),  # over all the accounts of this person
    CheckConstraint("impegnato >= 0 AND impegnato <= tetto", name="impegnato_entro_il_tetto"),
)

conto = Table(
    "conto",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("instance_id", String(32), nullable=False),
    Column("titolare", ForeignKey(plafond.c.titolare), nullable=False, index=True),
    Column("stato", String(16), nullable=False),
    Column("tetto", BigInteger, nullable=False),
    _cents("previsto"),
    _cents("impegnato"),
    _cents("liquidato"),
    _cents("restituito"),
    Column("movimenti", Integer, nullable=False, server_default="0"),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    UniqueConstraint("instance_id", "titolare"),
    CheckConstraint("previsto >= 0 AND previsto <= tetto", name="previsto_entro_il_tetto"),
    CheckConstraint("impegnato + restituito <= tetto", name="impegnato_entro_il_tetto"),
    CheckConstraint("liquidato >= 0 AND liquidato <= impegnato", name="liquidato_entro_impegnato"),
    CheckConstraint("restituito >= 0", name="restituito_non_negativo"),
    one_of("stato", *StatoConto),
)

voce = Table(
    "voce",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("conto_id", ForeignKey(conto.c.id), nullable=False),
    Column("ordine", Integer, nullable=False),
    Column("categoria", String(40), nullable=False),
    Column("fornitore", String(200), nullable=False, server_default=""),
    Column("descrizione", String(200), nullable=False, server_default=""),
    Column("stato", String(16), nullable=False),
    Column("fuori_piano", Boolean, nullable=False, server_default=false()),
    _cents("previsto"),
    _cents("impegnato"),
    _cents("liquidato"),
    _cents("anticipato"),
    UniqueConstraint("conto_id", "ordine"),
    CheckConstraint("previsto >= 0", name="previsto_non_negativo"),
    CheckConstraint("liquidato >= 0 AND liquidato <= impegnato", name="liquidato_entro_impegnato"),
    CheckConstraint("anticipato >= 0 AND anticipato <= liquidato", name="anticipato_entro_liquidato"),
    one_of("stato", *StatoVoce),
    one_of("categoria", *Categoria),
)

movimento = append_only(
    Table(
        "movimento",
        metadata,
        Column("id", String(32), primary_key=True),
        Column("conto_id", ForeignKey(conto.c.id), nullable=False),
        Column("numero", Integer, nullable=False),
        Column("tipo", String(16), nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Column("actor_id", String(80), nullable=False),
        Column("element_id", String(160), nullable=False, server_default=""),
        Column("fornitore", String(200), nullable=False, server_default=""),
        Column("motivo", Text, nullable=False, server_default=""),
        Column("giustificativo", Text, nullable=False, server_default=""),
        Column("impronta", String(64)),  # of a payment: the same proof is not paid twice
        UniqueConstraint("conto_id", "numero"),
        UniqueConstraint("conto_id", "impronta"),
        CheckConstraint(
            "tipo <> 'liquidazione' OR length(trim(giustificativo)) > 0", name="pagato_con_giustificativo"
        ),
        one_of("tipo", *TipoMovimento),
    )
)

movimento_riga = append_only(
    Table(
        "movimento_riga",
        metadata,
        Column("movimento_id", ForeignKey(movimento.c.id), primary_key=True),
        Column("riga", Integer, primary_key=True),
        Column("voce_id", ForeignKey(voce.c.id)),
        Column("dare", String(16), nullable=False),
        Column("avere", String(16), nullable=False),
        Column("importo", BigInteger, nullable=False),
        CheckConstraint("importo > 0", name="importo_positivo"),
        CheckConstraint("dare <> avere", name="dare_diverso_da_avere"),
        one_of("dare", *Mastro),
        one_of("avere", *Mastro),
        Index("ix_movimento_riga_voce", "voce_id"),
    )
)
