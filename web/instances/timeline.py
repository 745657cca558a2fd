"""The history of an instance as sentences: who did what, when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from engine.access import SYSTEM, Actor
from engine.history.models import Event
from web import choices, current
from web.words import phase_label

PAGE = 500
MAX_EVENTS = 10_000


@dataclass(frozen=True)
class Line:
    """One line of the history. `tone`: plain, good, alarm or quiet; `address`: of the form that was sent, if any."""

    at: datetime
    who: str
    sentence: str
    detail: str
    tone: str
    address: str = ""


SENTENCES: dict[str, tuple[Any, str]] = {
    "instance.started": (_("Pratica aperta"), "good"),
    "instance.suspended": (_("Pratica sospesa"), "alarm"),
    "instance.resumed": (_("Pratica ripresa"), "good"),
    "instance.cancel_reason": (_("Pratica annullata"), "alarm"),
    "instance.completed": (_("Pratica conclusa"), "good"),
    "instance.reopened": (_("Pratica riaperta con una nuova, collegata"), "good"),
    "task.created": (_("Nuovo compito: %(name)s"), "quiet"),
    "task.claimed": (_("Preso in carico: %(name)s"), "plain"),
    "task.released": (_("Rilasciato al gruppo: %(name)s"), "plain"),
    "task.handed_over": (_("Affidato a %(to)s: %(name)s"), "plain"),
    "task.completed": (_("Completato: %(name)s"), "good"),
    "task.cancelled": (_("Un compito non serve più"), "quiet"),
    "timer.fired": (_("Scadenza scattata: %(name)s"), "plain"),
    "deadline.changed": (_("Scadenza spostata: %(label)s"), "plain"),
    "deadline.moved_by_hand": (_("Scadenza spostata a mano: %(name)s"), "plain"),
    "message.received": (_("Comunicazione ricevuta: %(message)s"), "plain"),
    "phase.changed": (_("Ora è: %(phase)s"), "good"),
    "decision.made": (_("Tabella consultata: %(name)s"), "plain"),
    "operation.called": (_("Fatto dal sistema: %(name)s"), "quiet"),
    "operation.refused": (_("Non possibile: %(name)s"), "alarm"),
    "operation.failed": (_("Non riuscito: %(name)s"), "alarm"),
    "incident.opened": (_("Incidente: %(name)s"), "alarm"),
    "incident.retried": (_("Incidente: nuovo tentativo"), "plain"),
    "incident.resolved": (_("Incidente chiuso"), "good"),
    "attachment.added": (_("Allegato aggiunto: %(filename)s"), "plain"),
    "participant.added": (_("%(actor)s entra come %(role)s"), "plain"),
    "participant.ended": (_("%(actor)s lascia il ruolo di %(role)s"), "plain"),
    "document.issued": (_("Documento emesso, protocollo %(protocol)s"), "good"),
}
"""The sentence and the tone of each kind of event. A kind that is not here is the engine's own business."""


def lines(instance_id: str, actor: Actor) -> list[Line]:
    """The whole history of an instance that this person may see, oldest first."""
    events = list(_all(instance_id, actor))
    mentioned = {
        name for event in events for name in (event.actor_id, event.data.get("to"), event.data.get("actor"))
    }
    names = {**choices.names(mentioned - {SYSTEM.id}), SYSTEM.id: str(_("Sistema"))}
    sent = current.engine().submissions.ids_by_task(instance_id, actor)
    return [_line(event, names, sent) for event in events if event.kind in SENTENCES]


def _all(instance_id: str, actor: Actor) -> list[Event]:
    found: list[Event] = []
    after: str | None = ""
    while after is not None and len(found) < MAX_EVENTS:
        page, after = current.engine().history.timeline(instance_id, actor, after=after, limit=PAGE)
        found += page
    return found


def _line(event: Event, names: Mapping[str, str], sent: Mapping[str | None, int]) -> Line:
    sentence, tone = SENTENCES[event.kind]
    data = event.data
    words = {
        "label": data.get("label", ""),
        "name": event.element_name or event.element_id or "",
        "to": names.get(str(data.get("to")), str(data.get("to") or "")),
        "actor": names.get(str(data.get("actor")), str(data.get("actor") or "")),
        "role": _role(str(data.get("role") or "")),
        "message": data.get("message", ""),
        "phase": phase_label(str(data.get("phase") or data.get("to") or "")),
        "filename": data.get("filename", ""),
        "protocol": data.get("protocol", ""),
    }
    return Line(
        event.at,
        names.get(event.actor_id, event.actor_id),
        str(sentence) % words,
        _detail(event),
        tone,
        _address(event, sent),
    )


def _address(event: Event, sent: Mapping[str | None, int]) -> str:
    """The address of the form that an event is about: what completed a task or started the instance."""
    if event.kind not in ("task.completed", "instance.started"):
        return ""
    submission_id = sent.get(event.data.get("task") if event.kind == "task.completed" else None)
    if submission_id is None:
        return ""
    return url_for("instances.submission", instance_id=event.instance_id, submission_id=submission_id)


def _detail(event: Event) -> str:
    data = event.data
    parts = [data.get("reason"), data.get("note"), data.get("sentence"), *(data.get("evidence") or ())]
    return " · ".join(str(part) for part in parts if part)


def _role(role: str) -> str:
    return current.engine().permissions.labels([role])[0] if role else gettext("partecipante")
