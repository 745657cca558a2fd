"""The ledger: opens accounts and writes entries of the journal together with the balances.

`write_entry` is the only function that changes amounts. The caller has locked the account (`lock_account`);
balances change with ``UPDATE … WHERE`` statements that check the caps, and the entry is added to the journal.
Locks are always taken in the order account, plafond; opening locks the plafond before the account exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, insert, update

from engine.errors import BusinessError
from engine.localization import message
from engine.storage.sql.insert_once import insert_once
from engine.storage.types import new_id
from modules.budget.accounts import Account, Line, find_account, lock_account
from modules.budget.model import Balance, Cause, Mastro, StatoConto, StatoVoce, TipoMovimento, euro
from modules.budget.tables import conto, movimento, movimento_riga, plafond, voce

_SPENDING = frozenset({TipoMovimento.IMPEGNO, TipoMovimento.LIQUIDAZIONE})


@dataclass(frozen=True)
class Change:
    """A change of a line, in cents."""

    line: Line
    previsto: int = 0
    impegnato: int = 0
    liquidato: int = 0
    anticipato: int = 0


@dataclass(frozen=True)
class Entry:
    """An entry of the journal to write. `returned` is the amount that goes back to the fund."""

    tipo: TipoMovimento
    changes: Sequence[Change] = ()
    returned: int = 0
    motivo: str = ""
    giustificativo: str = ""
    fornitore: str = ""
    impronta: str | None = None


def open_account(
    connection: Connection, instance_id: str, titolare: str, *, tetto: int, plafond_tetto: int, cause: Cause
) -> Account:
    """Open the account of a person in a patto, or return the existing one.

    Its cap is what the person has left: `tetto` less the commitments of all their patti.
    """
    found = find_account(connection, instance_id, titolare)
    if found is not None:
        return found
    insert_once(connection, plafond, {"titolare": titolare, "tetto": plafond_tetto, "impegnato": 0})
    raised = case((plafond.c.tetto < plafond_tetto, plafond_tetto), else_=plafond.c.tetto)
    committed: int = connection.execute(
        update(plafond)
        .where(plafond.c.titolare == titolare)
        .values(tetto=raised)
        .returning(plafond.c.impegnato)
    ).scalar_one()
    residual = max(0, tetto - committed)
    account_id = new_id()
    values = {
        "id": account_id,
        "instance_id": instance_id,
        "titolare": titolare,
        "stato": StatoConto.APERTO,
        "tetto": residual,
        "opened_at": cause.at,
    }
    if insert_once(connection, conto, values):
        rows = [(None, Mastro.DISPONIBILE, Mastro.FONDO, residual)] if residual else []
        _journal(connection, account_id, Entry(TipoMovimento.APERTURA), rows, cause)
    return lock_account(connection, instance_id, titolare)


def write_entry(connection: Connection, account: Account, entry: Entry, cause: Cause) -> Balance:
    """Write an entry and update the balances of a locked account; the new balance.

    Raises BusinessError BUDGET_SOSPESO, BUDGET_CHIUSO or BUDGET_SUPERATO; the caller undoes the rest.
    """
    refuse_unless_open(account, spending=entry.tipo in _SPENDING)
    committed = sum(change.impegnato for change in entry.changes)
    if committed > account.headroom:
        raise cap_exceeded(account, committed)
    balance = _update_account(connection, account, entry, committed)
    if committed and not _update_plafond(connection, account.titolare, committed):
        raise cap_exceeded(
            find_account(connection, account.instance_id, account.titolare) or account, committed
        )
    for change in entry.changes:
        _update_line(connection, change)
    rows = [row for change in entry.changes for row in _rows(change)]
    if entry.returned:
        rows.append((None, Mastro.FONDO, Mastro.DISPONIBILE, entry.returned))
    _journal(connection, account.id, entry, rows, cause)
    return balance


def set_state(
    connection: Connection, account: Account, stato: StatoConto, entry: Entry, cause: Cause
) -> None:
    """Set the state of a locked account and write the entry of the journal."""
    closed = {"closed_at": cause.at} if stato is StatoConto.CHIUSO else {}
    connection.execute(update(conto).where(conto.c.id == account.id).values(stato=stato, **closed))
    _journal(connection, account.id, entry, [], cause)


def refuse_unless_open(account: Account, *, spending: bool) -> None:
    """Raise BUDGET_CHIUSO on a closed account and, for spending, BUDGET_SOSPESO on a suspended one."""
    if account.stato is StatoConto.CHIUSO:
        raise BusinessError("BUDGET_CHIUSO", message("ACCOUNT_CLOSED"))
    if spending and account.stato is StatoConto.SOSPESO:
        raise BusinessError("BUDGET_SOSPESO", message("ACCOUNT_SUSPENDED"))


def cap_exceeded(account: Account, wanted: int) -> BusinessError:
    """The error BUDGET_SUPERATO for a commitment of `wanted` cents; its sentence says how much is left."""
    balance = account.balance
    amounts = {
        "amount": euro(wanted),
        "left": euro(account.headroom),
        "cap": euro(balance.tetto),
        "committed": euro(balance.impegnato),
    }
    if account.headroom == balance.residuo:
        return BusinessError("BUDGET_SUPERATO", message("COMMITMENT_OVER_CAP", **amounts))
    return BusinessError("BUDGET_SUPERATO", message("COMMITMENT_OVER_SHARED_CAP", **amounts))


def _update_account(connection: Connection, account: Account, entry: Entry, committed: int) -> Balance:
    planned = sum(change.previsto for change in entry.changes)
    paid = sum(change.liquidato for change in entry.changes)
    allowed = (
        conto.c.stato == StatoConto.APERTO if entry.tipo in _SPENDING else conto.c.stato != StatoConto.CHIUSO
    )
    row = connection.execute(
        update(conto)
        .where(
            conto.c.id == account.id,
            allowed,
            conto.c.impegnato + committed + conto.c.restituito + entry.returned <= conto.c.tetto,
            conto.c.liquidato + paid <= conto.c.impegnato + committed,
        )
        .values(
            previsto=conto.c.previsto + planned,
            impegnato=conto.c.impegnato + committed,
            liquidato=conto.c.liquidato + paid,
            restituito=conto.c.restituito + entry.returned,
        )
        .returning(conto.c.tetto, conto.c.previsto, conto.c.impegnato, conto.c.liquidato, conto.c.restituito)
    ).one_or_none()
    if row is None:
        raise cap_exceeded(account, committed)
    return Balance(*row)


def _update_plafond(connection: Connection, titolare: str, committed: int) -> bool:
    result = connection.execute(
        update(plafond)
        .where(plafond.c.titolare == titolare, plafond.c.impegnato + committed <= plafond.c.tetto)
        .values(impegnato=plafond.c.impegnato + committed)
    )
    return result.rowcount == 1


def _update_line(connection: Connection, change: Change) -> None:
    line = change.line
    planned = line.previsto + change.previsto
    committed = line.impegnato + change.impegnato
    paid = line.liquidato + change.liquidato
    connection.execute(
        update(voce)
        .where(voce.c.id == line.id)
        .values(
            previsto=planned,
            impegnato=committed,
            liquidato=paid,
            anticipato=line.anticipato + change.anticipato,
            stato=_state(planned, committed, paid),
        )
    )


def _state(planned: int, committed: int, paid: int) -> StatoVoce:
    if committed:
        return StatoVoce.LIQUIDATO if paid == committed else StatoVoce.IMPEGNATO
    return StatoVoce.PREVISTO if planned else StatoVoce.STORNATO


_JournalRow = tuple[str | None, Mastro, Mastro, int]


def _rows(change: Change) -> Iterable[_JournalRow]:
    moves = (
        (change.previsto, Mastro.PREVISTO, Mastro.PROGRAMMA),
        (change.impegnato, Mastro.IMPEGNATO, Mastro.DISPONIBILE),
        (change.liquidato, Mastro.LIQUIDATO, Mastro.IMPEGNATO),
    )
    for cents, dare, avere in moves:
        if cents > 0:
            yield change.line.id, dare, avere, cents
        elif cents < 0:
            yield change.line.id, avere, dare, -cents


def _journal(
    connection: Connection, account_id: str, entry: Entry, rows: Sequence[_JournalRow], cause: Cause
) -> None:
    numero: int = connection.execute(
        update(conto)
        .where(conto.c.id == account_id)
        .values(movimenti=conto.c.movimenti + 1)
        .returning(conto.c.movimenti)
    ).scalar_one()
    entry_id = new_id()
    connection.execute(
        insert(movimento).values(
            id=entry_id,
            conto_id=account_id,
            numero=numero,
            tipo=entry.tipo,
            at=cause.at,
            actor_id=cause.actor_id,
            element_id=cause.element_id,
            fornitore=entry.fornitore,
            motivo=entry.motivo,
            giustificativo=entry.giustificativo,
            impronta=entry.impronta,
        )
    )
    if rows:
        connection.execute(
            insert(movimento_riga),
            [
                {
                    "movimento_id": entry_id,
                    "riga": i,
                    "voce_id": line,
                    "dare": dare,
                    "avere": avere,
                    "importo": cents,
                }
                for i, (line, dare, avere, cents) in enumerate(rows, start=1)
            ],
        )
