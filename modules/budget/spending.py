"""Spending: commits single lines, pays with a proof, reverses what is not paid, closes, suspends, resumes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from engine.errors import BusinessError
from modules.budget.accounts import Account, Line, add_line, find_account, lines_of
from modules.budget.ledger import Change, Entry, over_the_cap, refuse_unless_open, set_state, write_entry
from modules.budget.model import Balance, Categoria, Cause, PlanItem, StatoConto, TipoMovimento, euro
from modules.budget.plan import same_supplier
from modules.budget.tables import movimento


@dataclass(frozen=True)
class Payment:
    """A payment asked for, in cents.

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
    """Commit these amounts: first against planned lines that wait for it, the rest as lines outside the plan.

    Raises BusinessError BUDGET_SOSPESO, BUDGET_CHIUSO, BUDGET_SUPERATO.
    """
    refuse_unless_open(account, spending=True)
    wanted = sum(item.cents for item in items)
    if wanted > account.headroom:
        raise over_the_cap(account, wanted)
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
    """Pay out of what is committed for the category (and supplier).

    Raises BusinessError BUDGET_SOSPESO, BUDGET_CHIUSO, GIUSTIFICATIVO_MANCANTE, GIUSTIFICATIVO_GIA_USATO,
    IMPEGNO_INSUFFICIENTE, ANTICIPO_SUPERATO.
    """
    refuse_unless_open(account, spending=True)
    if not payment.giustificativo:
        raise BusinessError(
            "GIUSTIFICATIVO_MANCANTE",
            f"Per liquidare {euro(payment.cents)} serve il giustificativo della spesa.",
        )
    fingerprint = _fingerprint(payment)
    _refuse_second_time(connection, account, payment, fingerprint)
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
    """Take back commitments that are not paid: `cents` of them, or all when None. Paid sums stay.

    Allowed while suspended. Raises BusinessError IMPEGNO_INSUFFICIENTE (less than asked), BUDGET_CHIUSO.
    """
    refuse_unless_open(account, spending=False)
    lines = [
        line for line in _fitting(lines_of(connection, account.id), categoria, fornitore) if line.da_pagare
    ]
    available = sum(line.da_pagare for line in lines)
    wanted = available if cents is None else cents
    if wanted > available:
        raise _not_committed("stornare", wanted, available, categoria, fornitore)
    parts: list[tuple[Line, int]] = []
    for line in lines:
        part = min(wanted, line.da_pagare)
        if part:
            parts.append((line, part))
            wanted -= part
    return _reverse_lines(connection, account, parts, motivo, cause)


def close(connection: Connection, account: Account, motivo: str, cause: Cause) -> Balance:
    """Reverse what is not paid, give the unspent back to the fund, close. A second time does nothing."""
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
    """Freeze spending. Harmless when frozen or closed."""
    if account.stato is StatoConto.APERTO:
        entry = Entry(TipoMovimento.SOSPENSIONE, motivo=motivo)
        set_state(connection, account, StatoConto.SOSPESO, entry, cause)


def resume(connection: Connection, account: Account, motivo: str, cause: Cause) -> None:
    """Allow spending again. Harmless when not frozen."""
    if account.stato is StatoConto.SOSPESO:
        set_state(connection, account, StatoConto.APERTO, Entry(TipoMovimento.RIPRESA, motivo=motivo), cause)


def _fitting(lines: Iterable[Line], categoria: Categoria | None, fornitore: str) -> list[Line]:
    """The lines of the category (any when None) that this supplier may be paid from, its own lines first."""
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
        raise _not_committed("liquidare", rest, available, payment.categoria, payment.fornitore)
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
            f"Non si possono anticipare {euro(payment.cents)}: l'anticipo arriva al massimo al "
            f"{payment.advance_percent} % di ogni voce, cioè ancora {euro(payment.cents - rest)}.",
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


def _not_committed(
    verb: str, wanted: int, available: int, categoria: Categoria | None, fornitore: str
) -> BusinessError:
    what = f"per «{categoria.label}»" if categoria is not None else "in tutto"
    if fornitore:
        what += f", fornitore «{fornitore}»,"
    return BusinessError(
        "IMPEGNO_INSUFFICIENTE",
        f"Non si possono {verb} {euro(wanted)}: {what} restano impegnati e non pagati {euro(available)}.",
    )


def _fingerprint(payment: Payment) -> str:
    parts = (
        payment.categoria or "",
        payment.fornitore.casefold(),
        str(payment.cents),
        " ".join(payment.giustificativo.split()).casefold(),
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _refuse_second_time(connection: Connection, account: Account, payment: Payment, fingerprint: str) -> None:
    query = select(movimento.c.numero).where(
        movimento.c.conto_id == account.id, movimento.c.impronta == fingerprint
    )
    earlier = connection.execute(query).scalar_one_or_none()
    if earlier is not None:
        raise BusinessError(
            "GIUSTIFICATIVO_GIA_USATO",
            f"Il giustificativo «{payment.giustificativo:.80}» ha già pagato {euro(payment.cents)} "
            f"(movimento {earlier}): la stessa spesa non si paga due volte.",
        )
