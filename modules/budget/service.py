"""Public interface of the budget: statements of accounts, residual of a person, balance computed from the journal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from modules.budget.accounts import Account, accounts_of, lines_of
from modules.budget.model import (
    Balance,
    Categoria,
    Mastro,
    Statement,
    StatementLine,
    StatementMovement,
    TipoMovimento,
    to_euros,
)
from modules.budget.rendering import statement_csv, statement_html
from modules.budget.tables import conto, movimento, movimento_riga, plafond, voce

__all__ = [
    "balance_from_journal",
    "residual_of",
    "statement",
    "statement_csv",
    "statement_html",
    "statements",
]


def statement(connection: Connection, instance_id: str, titolare: str | None = None) -> Statement | None:
    """The statement of the first account of a patto, or of that of `titolare`; None without account."""
    found = [a for a in accounts_of(connection, instance_id) if titolare is None or a.titolare == titolare]
    return _statement(connection, found[0]) if found else None


def statements(connection: Connection, instance_id: str) -> tuple[Statement, ...]:
    """One statement for each account of the patto, in the order of opening."""
    return tuple(_statement(connection, account) for account in accounts_of(connection, instance_id))


def residual_of(connection: Connection, titolare: str, tetto: Decimal = Decimal(2000)) -> Decimal:
    """The euros that can still be committed for a person over all their patti, with the given cap."""
    used = connection.execute(
        select(plafond.c.impegnato).where(plafond.c.titolare == titolare)
    ).scalar_one_or_none()
    return max(Decimal("0.00"), (tetto - to_euros(used or 0)).quantize(Decimal("0.01")))


def balance_from_journal(connection: Connection, instance_id: str, titolare: str | None = None) -> Balance:
    """The balance computed from the journal; it must equal the one stored in the account."""
    query = (
        select(
            movimento.c.tipo,
            movimento_riga.c.dare,
            movimento_riga.c.avere,
            func.sum(movimento_riga.c.importo).label("importo"),
        )
        .join_from(conto, movimento, movimento.c.conto_id == conto.c.id)
        .join(movimento_riga, movimento_riga.c.movimento_id == movimento.c.id)
        .where(conto.c.instance_id == instance_id)
        .group_by(movimento.c.tipo, movimento_riga.c.dare, movimento_riga.c.avere)
    )
    if titolare is not None:
        query = query.where(conto.c.titolare == titolare)
    ledger = dict.fromkeys(Mastro, 0)
    opened = 0
    for tipo, dare, avere, importo in connection.execute(query):
        ledger[Mastro(dare)] += int(importo)
        ledger[Mastro(avere)] -= int(importo)
        opened += int(importo) if tipo == TipoMovimento.APERTURA else 0
    return Balance(
        tetto=opened,
        previsto=ledger[Mastro.PREVISTO],
        impegnato=ledger[Mastro.IMPEGNATO] + ledger[Mastro.LIQUIDATO],
        liquidato=ledger[Mastro.LIQUIDATO],
        restituito=opened + ledger[Mastro.FONDO],
    )


def _statement(connection: Connection, account: Account) -> Statement:
    balance = account.balance
    return Statement(
        instance_id=account.instance_id,
        titolare=account.titolare,
        stato=account.stato,
        tetto=to_euros(balance.tetto),
        previsto=to_euros(balance.previsto),
        impegnato=to_euros(balance.impegnato),
        liquidato=to_euros(balance.liquidato),
        residuo=to_euros(balance.residuo),
        restituito=to_euros(balance.restituito),
        opened_at=account.opened_at,
        closed_at=account.closed_at,
        voci=tuple(
            StatementLine(
                line.categoria,
                line.fornitore,
                line.descrizione,
                line.stato,
                to_euros(line.previsto),
                to_euros(line.impegnato),
                to_euros(line.liquidato),
            )
            for line in lines_of(connection, account.id)
        ),
        movimenti=_movements(connection, account),
    )


def _movements(connection: Connection, account: Account) -> tuple[StatementMovement, ...]:
    """The entries with their amounts: for a plan the change of the plan, for others the money moved."""
    row = movimento_riga.c
    plan = case(
        (row.dare == Mastro.PREVISTO, row.importo), (row.avere == Mastro.PREVISTO, -row.importo), else_=0
    )
    money = case(
        (row.dare.in_((Mastro.PREVISTO, Mastro.PROGRAMMA)), 0),
        (movimento.c.tipo != TipoMovimento.IMPEGNO, row.importo),
        (row.dare == Mastro.IMPEGNATO, row.importo),
        else_=-row.importo,
    )
    amount = case((movimento.c.tipo == TipoMovimento.PREVISIONE, plan), else_=money)
    query = (
        select(
            movimento,
            func.coalesce(func.sum(amount), 0).label("importo"),
            func.min(voce.c.categoria).label("prima"),
            func.max(voce.c.categoria).label("ultima"),
        )
        .outerjoin_from(movimento, movimento_riga, row.movimento_id == movimento.c.id)
        .outerjoin(voce, voce.c.id == row.voce_id)
        .where(movimento.c.conto_id == account.id)
        .group_by(*movimento.c)
        .order_by(movimento.c.numero)
    )
    return tuple(_movement(found) for found in connection.execute(query))


def _movement(row: Row[Any]) -> StatementMovement:
    one_category = row.prima is not None and row.prima == row.ultima
    return StatementMovement(
        number=row.numero,
        at=row.at,
        tipo=TipoMovimento(row.tipo),
        importo=to_euros(int(row.importo)),
        categoria=Categoria(row.prima).label if one_category else "",
        fornitore=row.fornitore,
        motivo=row.motivo,
        giustificativo=row.giustificativo,
        actor_id=row.actor_id,
    )
