"""An operation of an example: asks the garage for a seat in the car that brings people to a visit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.errors import BusinessError
from engine.service_tasks import DeliveryContext, OperationContext, OutboxMessage, operation, outbox_handler

GARAGE: dict[str, Mapping[str, Any]] = {}


@operation(
    "trasporto.prenota",
    title="Prenota un posto in auto",
    description="Chiede un posto all'autorimessa per il giorno della visita. Risultato: giorni_mancanti.",
    errors={"GIORNO_PASSATO": "Il giorno della visita è già passato"},
)
def prenota(context: OperationContext, *, giorno: date, posti: int = 1) -> dict[str, Any]:
    """Book for a day that is still to come; the request leaves after the commit, once for each case."""
    if giorno < context.today:
        raise BusinessError("GIORNO_PASSATO", f"Il {giorno:%d/%m/%Y} è già passato")
    context.record("trasporto.prenotato", {"giorno": giorno.isoformat(), "posti": posti})
    context.enqueue(
        "autorimessa",
        {"giorno": giorno.isoformat(), "posti": posti},
        key=f"autorimessa:{context.instance.id}",
    )
    return {"giorni_mancanti": (giorno - context.today).days}


@outbox_handler("autorimessa")
def chiedi(message: OutboxMessage, environment: DeliveryContext) -> None:
    """Tell the garage. A delivery may be repeated: the same key is the same booking."""
    GARAGE.setdefault(message.key, message.payload)
