"""Commits amounts, pays them against a proof, reverses what is not paid; closes, suspends and resumes an account."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from engine.errors import BusinessError
from engine.localization import Message, message
from modules.budget.accounts import Account, Line, add_line, find_account, lines_of
from modules.budget.ledger import Change, Entry, cap_exceeded, refuse_unless_open, set_state, write_entry
from modules.budget.model import Balance, Categoria, Cause, PlanItem, StatoConto, TipoMovimento, euro
from modules.budget.plan import same_supplier
from modules.budget.tables import movimento


@dataclass(frozen=True)
class Payment:
    """A payment to make, in cents.

    `settle` reverses what stays committed on the paid lines; `advance` is a sum paid ahead, at most
    `advance_percent` of a line.
    """

    cents: int
    categoria: Categoria | None
    fornitore: str
    giustificativo: str
    motivo: str = ""
    settle: bool = False
    advance: bool = False
    advance_percent: int = 50


def commit_items(
    connection: Connection, account: Account, items: Sequence[PlanItem], motivo: str, cause: Cause
) -> Balance:
    """Commit these amounts: first on planned lines that are not fully committed, the rest as lines outside the plan.

    Raises BusinessError BUDGET_SOSPESO, BUDGET_CHIUSO, BUDGET_SUPERATO.
    """
    refuse_unless_open(account, spending=True)
    wanted = sum(item.cents for item in items)
    if wanted > account.headroom:
        raise cap_exceeded(account, wanted)
    lines = lines_of(connection, account.id)
    waiting = {line.id: line.previsto - line.impegnato for line in lines if not line.fuori_piano}
    taken: dict[str, int] = {}
    fresh: list[Change] = []
    for item in items:
        rest = item.cents
        for line in _fitting(lines, item.categoria, item.fornitore):
            part = min(rest, max(0, waiting.get(line.id, 0)))
            if part:
                waiting[line.id] -= part
                taken[line.id] = taken.get(line.id, 0) + part
                rest -= part
        if rest:
            categoria = item.categoria or Categoria.ALTRO
            line = add_line(connection, account, categoria, item.fornitore, item.descrizione, planned=False)
            fresh.append(Change(line, impegnato=rest))
    changes = [Change(line, impegnato=taken[line.id]) for line in lines if line.id in taken] + fresh
    supplier = items[0].fornitore if len(items) == 1 else ""
    entry = Entry(TipoMovimento.IMPEGNO, changes, motivo=motivo, fornitore=supplier)
    return write_entry(connection, account, entry, cause)


def pay(connection: Connection, account: Account, payment: Payment, cause: Cause) -> Balance:
    """Pay from the commitments of the category and supplier.

    Raises BusinessError BUDGET_SOSPESO, BUDGET_CHIUSO, GIUSTIFICATIVO_MANCANTE, GIUSTIFICATIVO_GIA_USATO,
    IMPEGNO_INSUFFICIENTE, ANTICIPO_SUPERATO.
    """
    refuse_unless_open(account, spending=True)
    if not payment.giustificativo:
        raise BusinessError(
            "GIUSTIFICATIVO_MANCANTE", message("PAYMENT_PROOF_MISSING", amount=euro(payment.cents))
        )
    fingerprint = _fingerprint(payment)
    _refuse_used_proof(connection, account, payment, fingerprint)
    changes = _share_out(
        _fitting(lines_of(connection, account.id), payment.categoria, payment.fornitore), payment
    )
    entry = Entry(
        TipoMovimento.LIQUIDAZIONE,
        changes,
        motivo=payment.motivo,
        giustificativo=payment.giustificativo,
        fornitore=payment.fornitore,
        impronta=fingerprint,
    )
    balance = write_entry(connection, account, entry, cause)
    if not payment.settle:
        return balance
    paid = {change.line.id for change in changes}
    open_lines = [line for line in lines_of(connection, account.id) if line.id in paid and line.da_pagare]
    return _reverse_lines(
        connection, account, ((line, line.da_pagare) for line in open_lines), "Economia a saldo", cause
    )


def reverse(
    connection: Connection,
    account: Account,
    *,
    cents: int | None,
    categoria: Categoria | None,
    fornitore: str,
    motivo: str,
    cause: Cause,
) -> Balance:
    """Reverse commitments that are not paid: `cents` of them, or all when None. Paid amounts stay.

    It is allowed on a suspended account. Raises BusinessError IMPEGNO_INSUFFICIENTE (less than asked), BUDGET_CHIUSO.
    """
    refuse_unless_open(account, spending=False)
    lines = [
        line for line in _fitting(lines_of(connection, account.id), categoria, fornitore) if line.da_pagare
    ]
    available = sum(line.da_pagare for line in lines)
    wanted = available if cents is None else cents
    if wanted > available:
        part = _part_of_budget(categoria, fornitore)
        raise BusinessError(
            "IMPEGNO_INSUFFICIENTE",
            message("REVERSAL_OVER_COMMITMENT", amount=euro(wanted), part=part, available=euro(available)),
        )
    amounts: list[tuple[Line, int]] = []
    for line in lines:
        cents_of_line = min(wanted, line.da_pagare)
        if cents_of_line:
            amounts.append((line, cents_of_line))
            wanted -= cents_of_line
    return _reverse_lines(connection, account, amounts, motivo, cause)


def close(connection: Connection, account: Account, motivo: str, cause: Cause) -> Balance:
    """Reverse what is not paid, return the residual to the fund and close. Does nothing on a closed account."""
    if account.stato is StatoConto.CHIUSO:
        return account.balance
    balance = reverse(
        connection,
        account,
        cents=None,
        categoria=None,
        fornitore="",
        motivo=motivo or "Chiusura del patto",
        cause=cause,
    )
    if balance.residuo:
        entry = Entry(TipoMovimento.RESTITUZIONE, returned=balance.residuo, motivo=motivo)
        balance = write_entry(connection, account, entry, cause)
    set_state(connection, account, StatoConto.CHIUSO, Entry(TipoMovimento.CHIUSURA, motivo=motivo), cause)
    return balance


def suspend(connection: Connection, account: Account, motivo: str, cause: Cause) -> None:
    """Suspend spending. Does nothing on a suspended or closed account."""
    if account.stato is StatoConto.APERTO:
        entry = Entry(TipoMovimento.SOSPENSIONE, motivo=motivo)
        set_state(connection, account, StatoConto.SOSPESO, entry, cause)


def resume(connection: Connection, account: Account, motivo: str, cause: Cause) -> None:
    """Resume spending. Does nothing on an account that is not suspended."""
    if account.stato is StatoConto.SOSPESO:
        set_state(connection, account, StatoConto.APERTO, Entry(TipoMovimento.RIPRESA, motivo=motivo), cause)


def _fitting(lines: Iterable[Line], categoria: Categoria | None, fornitore: str) -> list[Line]:
    """The lines of the category (None: any) from which this supplier can be paid, its own lines first."""
    fitting = [
        line
        for line in lines
        if (categoria is None or line.categoria == categoria)
        and (not fornitore or not line.fornitore or same_supplier(line.fornitore, fornitore))
    ]
    return sorted(fitting, key=lambda line: not (fornitore and same_supplier(line.fornitore, fornitore)))


def _share_out(lines: Sequence[Line], payment: Payment) -> list[Change]:
    rest = payment.cents
    available = sum(line.da_pagare for line in lines)
    if rest > available:
        part_of_budget = _part_of_budget(payment.categoria, payment.fornitore)
        raise BusinessError(
            "IMPEGNO_INSUFFICIENTE",
            message(
                "PAYMENT_OVER_COMMITMENT", amount=euro(rest), part=part_of_budget, available=euro(available)
            ),
        )
    changes: list[Change] = []
    for line in lines:
        limit = line.da_pagare
        if payment.advance:
            limit = min(limit, max(0, line.impegnato * payment.advance_percent // 100 - line.anticipato))
        part = min(rest, limit)
        if part:
            changes.append(Change(line, liquidato=part, anticipato=part if payment.advance else 0))
            rest -= part
    if rest:
        raise BusinessError(
            "ANTICIPO_SUPERATO",
            message(
                "ADVANCE_OVER_LIMIT",
                amount=euro(payment.cents),
                percent=payment.advance_percent,
                available=euro(payment.cents - rest),
            ),
        )
    return changes


def _reverse_lines(
    connection: Connection, account: Account, parts: Iterable[tuple[Line, int]], motivo: str, cause: Cause
) -> Balance:
    changes = [Change(line, impegnato=-part, previsto=-min(part, line.previsto)) for line, part in parts]
    if not changes:
        current = find_account(connection, account.instance_id, account.titolare)
        return (current or account).balance
    return write_entry(connection, account, Entry(TipoMovimento.STORNO, changes, motivo=motivo), cause)


def _part_of_budget(categoria: Categoria | None, fornitore: str) -> Message:
    part = (
        message("COMMITMENT_PART_CATEGORY", category=categoria.label)
        if categoria is not None
        else message("COMMITMENT_PART_ALL")
    )
    return message("COMMITMENT_PART_SUPPLIER", part=part, supplier=fornitore) if fornitore else part


def _fingerprint(payment: Payment) -> str:
    parts = (
        payment.categoria or "",
        payment.fornitore.casefold(),
        str(payment.cents),
        " ".join(payment.giustificativo.split()).casefold(),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _refuse_used_proof(connection: Connection, account: Account, payment: Payment, fingerprint: str) -> None:
    query = select(movimento.c.numero).where(
        movimento.c.conto_id == account.id, movimento.c.impronta == fingerprint
    )
    earlier = connection.execute(query).scalar_one_or_none()
    if earlier is not None:
        raise BusinessError(
            "GIUSTIFICATIVO_GIA_USATO",
            message(
                "PAYMENT_PROOF_ALREADY_USED",
                proof=payment.giustificativo[:80],
                amount=euro(payment.cents),
                entry=earlier,
            ),
        )
