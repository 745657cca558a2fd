"""The plan of a budget: reads its lines from a form, puts it in force, commits it.

A plan is always given whole, so giving it twice changes nothing. Category and supplier identify a line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from engine.errors import BusinessError, ExecutionFailed
from engine.localization import Message, message
from modules.budget.accounts import Account, Line, add_line, include_in_plan, lines_of
from modules.budget.ledger import Change, Entry, refuse_unless_open, write_entry
from modules.budget.model import (
    MAX_TEXT,
    Balance,
    Cause,
    PlanItem,
    TipoMovimento,
    euro,
    read_categoria,
    to_cents,
)


def read_items(voci: Sequence[Any]) -> tuple[PlanItem, ...]:
    """Lines as a form gives them: ``[{categoria, importo, fornitore, descrizione}, …]``.

    Raises ExecutionFailed naming the line that does not hold; other keys of a line are ignored.
    """
    return tuple(
        _read_item(entry, message("BUDGET_ITEM", number=number)) for number, entry in enumerate(voci, start=1)
    )


def read_text(value: Any, field: Message) -> str:
    """A short text on one line; None is empty. ExecutionFailed beyond 200 characters; `field` says where it was."""
    text = " ".join(str(value).split()) if value is not None else ""
    if len(text) > MAX_TEXT:
        raise ExecutionFailed("BUDGET_TEXT_TOO_LONG", code="TESTO_TROPPO_LUNGO", field=field, limit=MAX_TEXT)
    return text


def same_supplier(one: str, other: str) -> bool:
    """Whether two suppliers are the same; capitals and spaces do not matter."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def put_plan(
    connection: Connection, account: Account, items: Sequence[PlanItem], motivo: str, cause: Cause
) -> Balance:
    """Make `items` the whole plan in force. It commits nothing and keeps what is paid.

    Raises BusinessError BUDGET_SUPERATO when plan, payments and commitments outside the plan exceed what the
    person may still have.
    """
    refuse_unless_open(account, spending=False)
    lines = lines_of(connection, account.id)
    pairs, untouched = _match(items, lines)
    _refuse_over_the_cap(account, pairs, untouched)
    changes: list[Change] = []
    for item, line in pairs:
        if item is not None and line is None and item.categoria is not None:
            line = add_line(
                connection, account, item.categoria, item.fornitore, item.descrizione, planned=True
            )
        if line is None:
            continue
        if item is not None and line.fuori_piano:
            include_in_plan(connection, line)
        planned = item.cents if item is not None else 0
        if planned != line.previsto:
            changes.append(Change(line, previsto=planned - line.previsto))
    if not changes:
        return account.balance
    return write_entry(connection, account, Entry(TipoMovimento.PREVISIONE, changes, motivo=motivo), cause)


def commit_plan(connection: Connection, account: Account, cause: Cause) -> Balance:
    """Commit every planned line up to the plan, but not less than what is paid.

    Raises BusinessError BUDGET_SOSPESO, BUDGET_CHIUSO, BUDGET_SUPERATO.
    """
    refuse_unless_open(account, spending=True)
    planned = [line for line in lines_of(connection, account.id) if not line.fuori_piano]
    deltas = [(line, max(line.previsto, line.liquidato) - line.impegnato) for line in planned]
    changes = [Change(line, impegnato=delta) for line, delta in deltas if delta]
    if not changes:
        return account.balance
    return write_entry(connection, account, Entry(TipoMovimento.IMPEGNO, changes), cause)


def _read_item(entry: Any, item: Message) -> PlanItem:
    if not isinstance(entry, Mapping):
        raise ExecutionFailed(
            "BUDGET_ITEM_NOT_A_CONTEXT", code="VOCE_NON_VALIDA", item=item, value=str(entry)[:60]
        )
    for key in ("categoria", "importo"):
        if entry.get(key) in (None, ""):
            raise ExecutionFailed("BUDGET_ITEM_VALUE_MISSING", code="VOCE_NON_VALIDA", item=item, name=key)
    return PlanItem(
        read_categoria(str(entry["categoria"]), item),
        read_text(entry.get("fornitore"), message("BUDGET_ITEM_SUPPLIER", item=item)),
        read_text(entry.get("descrizione"), message("BUDGET_ITEM_DESCRIPTION", item=item)),
        to_cents(entry["importo"], item),
    )


def _match(
    items: Sequence[PlanItem], lines: Sequence[Line]
) -> tuple[list[tuple[PlanItem | None, Line | None]], list[Line]]:
    """Pairs of plan item and line (None where one is missing), and the lines outside the plan."""
    free = list(lines)
    pairs: list[tuple[PlanItem | None, Line | None]] = []
    for item in items:
        line = next(
            (
                line
                for line in free
                if line.categoria == item.categoria and same_supplier(line.fornitore, item.fornitore)
            ),
            None,
        )
        if line is not None:
            free.remove(line)
        pairs.append((item, line))
    pairs += [(None, line) for line in free if not line.fuori_piano]
    return pairs, [line for line in free if line.fuori_piano]


def _refuse_over_the_cap(
    account: Account, pairs: Sequence[tuple[PlanItem | None, Line | None]], untouched: Sequence[Line]
) -> None:
    total = sum(
        max(item.cents if item is not None else 0, line.liquidato if line is not None else 0)
        for item, line in pairs
    ) + sum(line.impegnato for line in untouched)
    limit = account.balance.impegnato + account.headroom
    if total > limit:
        amounts = {"amount": euro(total), "cap": euro(limit), "excess": euro(total - limit)}
        if limit == account.balance.tetto:
            raise BusinessError("BUDGET_SUPERATO", message("PLAN_OVER_CAP", **amounts))
        raise BusinessError("BUDGET_SUPERATO", message("PLAN_OVER_SHARED_CAP", **amounts))
