"""Reads and locks the accounts of the budget and their lines. All amounts are in cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from engine.errors import ExecutionFailed
from engine.storage.types import new_id
from modules.budget.model import Balance, Categoria, StatoConto, StatoVoce
from modules.budget.tables import conto, plafond, voce


@dataclass(frozen=True)
class Account:
    """The account of one person in one patto; amounts in cents. `headroom`: what can still be committed."""

    id: str
    instance_id: str
    titolare: str
    stato: StatoConto
    balance: Balance
    headroom: int
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Line:
    """A budget line, amounts in cents. `fuori_piano`: it was committed without being in the plan."""

    id: str
    categoria: Categoria
    fornitore: str
    descrizione: str
    stato: StatoVoce
    fuori_piano: bool
    previsto: int
    impegnato: int
    liquidato: int
    anticipato: int

    @property
    def da_pagare(self) -> int:
        """Committed and not yet paid."""
        return self.impegnato - self.liquidato


def find_account(connection: Connection, instance_id: str, titolare: str | None = None) -> Account | None:
    """The account of a patto, or None. With several accounts `titolare` is needed (ExecutionFailed without)."""
    rows = connection.execute(_accounts(instance_id, titolare).limit(2)).all()
    if len(rows) > 1:
        raise ExecutionFailed("ACCOUNT_AMBIGUOUS", code="CONTO_AMBIGUO")
    return _account(rows[0]) if rows else None


def lock_account(connection: Connection, instance_id: str, titolare: str | None = None) -> Account:
    """The account, with its row locked until the transaction ends. ExecutionFailed when there is none."""
    lock = select(conto.c.id).where(conto.c.instance_id == instance_id).order_by(conto.c.id).with_for_update()
    if titolare is not None:
        lock = lock.where(conto.c.titolare == titolare)
    connection.execute(lock)
    account = find_account(connection, instance_id, titolare)  # read after the lock: commits of others count
    if account is None:
        raise ExecutionFailed("ACCOUNT_NOT_OPENED", code="CONTO_NON_APERTO")
    return account


def accounts_of(connection: Connection, instance_id: str) -> tuple[Account, ...]:
    """Every account of a patto, in the order of opening."""
    query = _accounts(instance_id, None).order_by(conto.c.opened_at, conto.c.titolare)
    return tuple(_account(row) for row in connection.execute(query))


def lines_of(connection: Connection, account_id: str) -> tuple[Line, ...]:
    """The lines of an account, in the order of their creation."""
    query = select(voce).where(voce.c.conto_id == account_id).order_by(voce.c.ordine)
    return tuple(_line(row) for row in connection.execute(query))


def add_line(
    connection: Connection,
    account: Account,
    categoria: Categoria,
    fornitore: str,
    descrizione: str,
    *,
    planned: bool,
) -> Line:
    """Create a line without amounts."""
    last = select(func.coalesce(func.max(voce.c.ordine), 0) + 1).where(voce.c.conto_id == account.id)
    line = Line(new_id(), categoria, fornitore, descrizione, StatoVoce.PREVISTO, not planned, 0, 0, 0, 0)
    connection.execute(
        insert(voce).values(
            id=line.id,
            conto_id=account.id,
            ordine=connection.execute(last).scalar_one(),
            categoria=categoria,
            fornitore=fornitore,
            descrizione=descrizione,
            stato=line.stato,
            fuori_piano=line.fuori_piano,
        )
    )
    return line


def include_in_plan(connection: Connection, line: Line) -> None:
    """Make a line that was committed outside the plan part of it."""
    connection.execute(update(voce).where(voce.c.id == line.id).values(fuori_piano=False))


def _accounts(instance_id: str, titolare: str | None) -> Select[Any]:
    query = (
        select(conto, plafond.c.tetto.label("plafond_tetto"), plafond.c.impegnato.label("plafond_impegnato"))
        .join_from(conto, plafond)
        .where(conto.c.instance_id == instance_id)
    )
    return query if titolare is None else query.where(conto.c.titolare == titolare)


def _account(row: Row[Any]) -> Account:
    balance = Balance(row.tetto, row.previsto, row.impegnato, row.liquidato, row.restituito)
    headroom = max(0, min(balance.residuo - balance.restituito, row.plafond_tetto - row.plafond_impegnato))
    return Account(
        row.id,
        row.instance_id,
        row.titolare,
        StatoConto(row.stato),
        balance,
        headroom,
        row.opened_at,
        row.closed_at,
    )


def _line(row: Row[Any]) -> Line:
    return Line(
        row.id,
        Categoria(row.categoria),
        row.fornitore,
        row.descrizione,
        StatoVoce(row.stato),
        row.fuori_piano,
        row.previsto,
        row.impegnato,
        row.liquidato,
        row.anticipato,
    )
