"""The operations of the budget that a service task can call: `budget.apri`, `prevedi`, `impegna`, `liquida`…

The engine calls each inside a savepoint: a BusinessError undoes everything the operation wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.errors import ExecutionFailed
from engine.service_tasks import OperationContext, operation
from modules.budget import plan, spending
from modules.budget.model import Balance, PlanItem, to_cents
from modules.budget.request import (
    ADVANCE_DEFAULT,
    advance_percent,
    category_of,
    cause_of,
    locked,
    locked_accounts,
    locked_or_none,
    open_for,
    supplier_of,
)

_SUPERATO = "Il tetto del budget della persona non basta; il messaggio dice quanto resta"
_SOSPESO = "Il patto è sospeso: non si impegna e non si paga"
_CHIUSO = "Il conto è già chiuso e il residuo è tornato al fondo"
_RESULT = (
    " Risultato: tetto, previsto, impegnato, liquidato, residuo, restituito (numeri in euro). "
    "«persona» serve solo se il patto ha più conti, uno per persona."
)


@operation(
    "budget.apri",
    title="Apre il conto del budget",
    description=(
        "Apre il conto del budget di welfare personale della persona in questo patto; se c'è già lo usa. "
        "Il tetto è il parametro tetto_budget (2.000,00 € se manca); «tetto» può solo abbassarlo. "
        "Se la persona ha già impegnato o speso in altri patti, anche quello da cui questo è riaperto, "
        "il conto parte dal solo residuo." + _RESULT
    ),
)
def apri(
    context: OperationContext, *, persona: str | None = None, tetto: Decimal | None = None
) -> dict[str, Any]:
    """Open the account of the subject (or of `persona`) of this instance."""
    return open_for(context, persona, tetto).balance.as_result()


@operation(
    "budget.prevedi",
    title="Prevede le voci del budget",
    description=(
        "Mette in vigore il piano intero delle voci di spesa: un elenco di contesti con categoria, importo, "
        "fornitore, descrizione. Sostituisce il piano precedente, non impegna nulla e non tocca il pagato. "
        "Apre il conto, se il diagramma non lo ha ancora fatto." + _RESULT
    ),
    errors={"BUDGET_SUPERATO": _SUPERATO, "BUDGET_CHIUSO": _CHIUSO},
)
def prevedi(
    context: OperationContext, *, voci: list[Any], motivo: str = "", persona: str | None = None
) -> dict[str, Any]:
    """Put a plan in force."""
    items = plan.read_items(voci)
    account = open_for(context, persona, None)
    return plan.put_plan(context.connection, account, items, motivo, cause_of(context)).as_result()


@operation(
    "budget.impegna",
    title="Impegna il budget",
    description=(
        "Senza «voci» e senza «importo» porta gli impegni al piano in vigore (due volte non cambia nulla). "
        "Con «voci», oppure con «importo», «categoria» e «fornitore», aggiunge quegli impegni: "
        "prima sulle voci previste che li aspettano, il resto come voci fuori piano." + _RESULT
    ),
    errors={"BUDGET_SUPERATO": _SUPERATO, "BUDGET_SOSPESO": _SOSPESO, "BUDGET_CHIUSO": _CHIUSO},
)
def impegna(
    context: OperationContext,
    *,
    voci: list[Any] | None = None,
    importo: Decimal | None = None,
    categoria: str = "",
    fornitore: str = "",
    motivo: str = "",
    persona: str | None = None,
) -> dict[str, Any]:
    """Commit the plan, or the given lines, or one amount."""
    if voci is not None and importo is not None:
        raise ExecutionFailed("COMMITMENT_ITEMS_AND_AMOUNT")
    if importo is not None:
        cents = to_cents(importo, "budget.impegna")
        items: tuple[PlanItem, ...] = (PlanItem(category_of(categoria), supplier_of(fornitore), "", cents),)
    else:
        items = plan.read_items(voci or ())
    account = locked(context, persona)
    if importo is None and voci is None:
        return plan.commit_plan(context.connection, account, cause_of(context)).as_result()
    if not items:
        return account.balance.as_result()
    balance = spending.commit_items(context.connection, account, items, motivo, cause_of(context))
    return balance.as_result()


@operation(
    "budget.liquida",
    title="Liquida una spesa",
    description=(
        "Paga una spesa già impegnata nella categoria (e per il fornitore, se indicato). Serve il "
        "giustificativo: numero del documento o allegati. Con «saldo» le voci pagate si chiudono e "
        "ciò che avanza torna disponibile; con «anticipo» si paga prima, al massimo la percentuale di "
        "ogni voce che dice il parametro anticipo_massimo (50)." + _RESULT
    ),
    errors={
        "BUDGET_SOSPESO": _SOSPESO,
        "BUDGET_CHIUSO": _CHIUSO,
        "IMPEGNO_INSUFFICIENTE": "Si vuole pagare più di quanto è impegnato",
        "GIUSTIFICATIVO_MANCANTE": "Nessun giustificativo della spesa",
        "GIUSTIFICATIVO_GIA_USATO": "Lo stesso giustificativo ha già pagato la stessa spesa",
        "ANTICIPO_SUPERATO": "L'anticipo supera la quota ammessa della voce",
    },
)
def liquida(
    context: OperationContext,
    *,
    importo: Decimal,
    categoria: str = "",
    fornitore: str = "",
    giustificativo: Any = None,
    motivo: str = "",
    saldo: bool = False,
    anticipo: bool = False,
    persona: str | None = None,
) -> dict[str, Any]:
    """Pay, with a proof."""
    payment = spending.Payment(
        cents=to_cents(importo, "budget.liquida"),
        categoria=category_of(categoria),
        fornitore=supplier_of(fornitore),
        giustificativo=proof_text(giustificativo),
        motivo=motivo,
        settle=saldo,
        advance=anticipo,
        advance_percent=advance_percent(context) if anticipo else ADVANCE_DEFAULT,
    )
    account = locked(context, persona)
    return spending.pay(context.connection, account, payment, cause_of(context)).as_result()


@operation(
    "budget.storna",
    title="Storna gli impegni",
    description=(
        "Annulla gli impegni non ancora pagati: tutti, oppure quelli della categoria, del fornitore, "
        "dell'importo indicati. Le somme pagate restano. È permessa anche quando il patto è sospeso; "
        "se il conto non c'è non fa nulla." + _RESULT
    ),
    errors={
        "IMPEGNO_INSUFFICIENTE": "Si vuole stornare più di quanto è impegnato e non pagato",
        "BUDGET_CHIUSO": _CHIUSO,
    },
)
def storna(
    context: OperationContext,
    *,
    motivo: str,
    importo: Decimal | None = None,
    categoria: str = "",
    fornitore: str = "",
    persona: str | None = None,
) -> dict[str, Any]:
    """Reverse commitments."""
    if not motivo.strip():
        raise ExecutionFailed("REVERSAL_REASON_MISSING", code="MOTIVO_MANCANTE")
    cents = None if importo is None else to_cents(importo, "budget.storna")
    account = locked_or_none(context, persona)
    if account is None:
        return _NO_BALANCE.as_result()
    return spending.reverse(
        context.connection,
        account,
        cents=cents,
        categoria=category_of(categoria),
        fornitore=supplier_of(fornitore),
        motivo=motivo,
        cause=cause_of(context),
    ).as_result()


@operation(
    "budget.chiudi",
    title="Chiude il conto del budget",
    description=(
        "Storna ciò che non è stato pagato, restituisce al fondo il residuo e chiude il conto. Chiamata di "
        "nuovo, o senza conto, non fa nulla. «residuo» e «restituito» dicono quanto è tornato al fondo."
        + _RESULT
    ),
)
def chiudi(context: OperationContext, *, motivo: str = "", persona: str | None = None) -> dict[str, Any]:
    """Close every account of the patto, or that of `persona`; the result is the sum of their balances."""
    total = _NO_BALANCE
    for account in locked_accounts(context, persona):
        total = total.plus(spending.close(context.connection, account, motivo, cause_of(context)))
    return total.as_result()


@operation(
    "budget.sospendi",
    title="Blocca la spesa",
    description="Blocca impegni e pagamenti finché il patto è sospeso. Gli storni restano permessi."
    + _RESULT,
)
def sospendi(context: OperationContext, *, motivo: str = "", persona: str | None = None) -> dict[str, Any]:
    """Suspend spending on every account of the patto, or on that of `persona`."""
    total = _NO_BALANCE
    for account in locked_accounts(context, persona):
        spending.suspend(context.connection, account, motivo, cause_of(context))
        total = total.plus(account.balance)
    return total.as_result()


@operation(
    "budget.riprendi",
    title="Sblocca la spesa",
    description="Permette di nuovo impegni e pagamenti dopo una sospensione." + _RESULT,
)
def riprendi(context: OperationContext, *, motivo: str = "", persona: str | None = None) -> dict[str, Any]:
    """Resume spending on every account of the patto, or on that of `persona`."""
    total = _NO_BALANCE
    for account in locked_accounts(context, persona):
        spending.resume(context.connection, account, motivo, cause_of(context))
        total = total.plus(account.balance)
    return total.as_result()


_NO_BALANCE = Balance(0, 0, 0, 0)


def proof_text(value: Any) -> str:
    """The proof of a payment as one text: a document's number or names of attachments."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, Mapping):
        keys = ("nome", "filename", "name", "numero", "id")
        return next((text for key in keys if (text := proof_text(value.get(key)))), "")
    if isinstance(value, list | tuple):
        return ", ".join(text for text in map(proof_text, value) if text)
    return " ".join(str(value).split())[:2000]
