"""The operation `notifiche.avvisa`, which notifies users and the person of an instance."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from engine.access import SYSTEM
from engine.errors import ExecutionFailed
from engine.service_tasks import OperationContext, operation
from engine.storage import new_id
from engine.temporal import in_rome
from modules.notifications import delivery  # noqa: F401  (registers the outbox handlers)
from modules.notifications.events import EVENTS, find_event

TOPIC = "notifiche.avvisa"


@operation(
    TOPIC,
    title="Avvisa",
    description="Avvisa con la campanella e con un'e-mail gli utenti indicati, chi ha i ruoli indicati (se qualcuno è "
    "stato nominato per quel ruolo nel caso, solo lui) o, senza indicazioni, tutti i partecipanti al caso; con "
    "«persona» anche "
    "la persona, per e-mail. L'e-mail non contiene dati del caso. Un avviso sfavorevole alla persona parte "
    "solo se "
    f"«confermato_da» dice chi lo ha confermato. Eventi: {', '.join(EVENTS)}.",
)
def avvisa(
    context: OperationContext,
    *,
    evento: str,
    ruoli: list[Any] | str | None = None,
    utenti: list[Any] | str | None = None,
    persona: bool = False,
    confermato_da: str | None = None,
    compito: str = "",
    termine: date | datetime | str | None = None,
) -> dict[str, Any]:
    """Enqueue the notification; it is sent after the commit. Lists can be texts with commas between the names."""
    event = find_event(evento, TOPIC)
    if persona and not event.for_person:
        allowed = [one.id for one in EVENTS.values() if one.for_person]
        raise ExecutionFailed("NOTIFICATION_EVENT_NOT_FOR_PERSON", event=evento, known=allowed)
    confirmed = (confermato_da or "").strip()
    if persona and event.is_adverse and confirmed in ("", SYSTEM.id):
        raise ExecutionFailed("NOTIFICATION_NOT_CONFIRMED", event=evento)
    roles, users = _names(ruoli), _names(utenti)
    key = f"notify:{context.instance.id}:{new_id()}"
    context.enqueue(
        "notify",
        {
            "event": event.id,
            "instance_id": context.instance.id,
            "roles": roles,
            "users": users,
            "person": persona,
            "task": compito,
            "due": _due_text(termine),
        },
        key,
    )
    context.record(
        "notice.queued",
        {
            "event": event.id,
            "roles": roles,
            "users": users,
            "person": persona,
            "confirmed_by": confirmed or None,
        },
    )
    return {"evento": event.id, "chiave": key}


def _names(value: list[Any] | str | None) -> list[str]:
    found = value.split(",") if isinstance(value, str) else [str(item) for item in value or ()]
    return [name.strip() for name in found if name.strip()]


def _due_text(value: date | datetime | str | None) -> str:
    if isinstance(value, datetime):
        return f"{in_rome(value):%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return value or ""
