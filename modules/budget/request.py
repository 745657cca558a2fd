"""Reads the inputs of a budget operation: the account they refer to, its cap, who acts, and the parameters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.errors import ExecutionFailed
from engine.localization import message
from engine.service_tasks import OperationContext
from modules.budget import ledger, plan
from modules.budget.accounts import Account, accounts_of, find_account, lock_account
from modules.budget.model import Categoria, Cause, read_categoria, to_cents

CAP_PARAMETER = "tetto_budget"
CAP_DEFAULT = Decimal(2000)
ADVANCE_PARAMETER = "anticipo_massimo"
ADVANCE_DEFAULT = 50
"""Per cent of a line that may be paid ahead."""


def cause_of(context: OperationContext) -> Cause:
    """The actor of this step, the moment and the element, as the journal stores them."""
    return Cause(context.actor.id, context.now, context.element_id)


def category_of(text: str) -> Categoria | None:
    """The category named, None for any."""
    return read_categoria(text) if text.strip() else None


def supplier_of(text: str) -> str:
    """The supplier on one line."""
    return plan.read_text(text, message("BUDGET_FIELD_SUPPLIER"))


def open_for(context: OperationContext, persona: str | None, tetto: Decimal | None) -> Account:
    """The account of the instance, opened when there is none, and locked."""
    parameter = message("BUDGET_FIELD_PARAMETER", name=CAP_PARAMETER)
    in_force = to_cents(_parameter(context, CAP_PARAMETER, CAP_DEFAULT), parameter)
    wanted = in_force if tetto is None else to_cents(tetto, message("BUDGET_FIELD_CAP"))
    if wanted > in_force:
        raise ExecutionFailed(
            "CAP_ABOVE_PARAMETER", code="TETTO_NON_VALIDO", cap=tetto, parameter=CAP_PARAMETER
        )
    holder = _holder(context, persona)
    ledger.open_account(
        context.connection,
        context.instance.id,
        holder,
        tetto=wanted,
        plafond_tetto=in_force,
        cause=cause_of(context),
    )
    return lock_account(context.connection, context.instance.id, holder)


def locked(context: OperationContext, persona: str | None) -> Account:
    """The account that the service task refers to, locked; ExecutionFailed when it was never opened."""
    return lock_account(context.connection, context.instance.id, persona or _subject_among_several(context))


def locked_or_none(context: OperationContext, persona: str | None) -> Account | None:
    """The account that the service task refers to, locked; None when it was never opened."""
    titolare = persona or _subject_among_several(context)
    if find_account(context.connection, context.instance.id, titolare) is None:
        return None
    return lock_account(context.connection, context.instance.id, titolare)


def locked_accounts(context: OperationContext, persona: str | None) -> list[Account]:
    """Every account of the instance (or that of `persona`), locked in a fixed order."""
    holders = sorted(account.titolare for account in accounts_of(context.connection, context.instance.id))
    return [
        lock_account(context.connection, context.instance.id, holder)
        for holder in holders
        if persona is None or holder == persona
    ]


def advance_percent(context: OperationContext) -> int:
    """The share of a line that may be paid ahead, from 0 to 100."""
    value = _parameter(context, ADVANCE_PARAMETER, ADVANCE_DEFAULT)
    try:
        percent = int(Decimal(str(value)))
    except (ArithmeticError, ValueError) as problem:
        raise ExecutionFailed(
            "PERCENT_NOT_A_NUMBER", parameter=ADVANCE_PARAMETER, value=repr(value)[:40]
        ) from problem
    if not 0 <= percent <= 100:
        raise ExecutionFailed("PERCENT_OUT_OF_RANGE", parameter=ADVANCE_PARAMETER, percent=percent)
    return percent


def _holder(context: OperationContext, persona: str | None) -> str:
    """The person given, else the subject of the instance, else the holder in the instance that was reopened."""
    instance = context.instance
    if persona or instance.subject:
        return str(persona or instance.subject)
    if instance.linked_from:
        before = find_account(context.connection, instance.linked_from)
        if before is not None:
            return before.titolare
    return f"caso:{instance.id}"


def _subject_among_several(context: OperationContext) -> str | None:
    holders = [account.titolare for account in accounts_of(context.connection, context.instance.id)]
    subject = context.instance.subject
    return subject if len(holders) > 1 and subject in holders else None


def _parameter(context: OperationContext, name: str, default: Any) -> Any:
    try:
        return context.parameter(name)
    except ExecutionFailed:
        return default
