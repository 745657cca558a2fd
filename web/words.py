"""Words for people: states, phases, urgencies and roles, in the language of the page."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _

PHASES: dict[str, tuple[Any, str]] = {
    "bozza": (_("Bozza"), "quiet"),
    "candidato": (_("Candidato"), "quiet"),
    "segnalato": (_("Segnalato"), "quiet"),
    "in_analisi": (_("In analisi"), "running"),
    "proposto": (_("Proposto"), "running"),
    "in_commissione": (_("In commissione"), "running"),
    "approvato": (_("Approvato"), "good"),
    "sottoscritto": (_("Sottoscritto"), "good"),
    "attivo": (_("Attivo"), "good"),
    "sospeso": (_("Sospeso"), "attention"),
    "concluso": (_("Concluso"), "ended"),
    "interrotto": (_("Interrotto"), "ended"),
    "abbandonato": (_("Abbandonato"), "ended"),
    "respinto": (_("Respinto"), "ended"),
    "ritirato": (_("Ritirato"), "ended"),
}
"""The domain's states of an instance: label and tone."""

STATES: dict[str, Any] = {
    "active": _("In corso"),
    "suspended": _("Sospesa"),
    "completed": _("Conclusa"),
    "cancelled": _("Annullata"),
    "open": _("Aperto"),
    "retried": _("Ritentato"),
    "resolved": _("Risolto"),
    "gone": _("Superato"),
    "retired": _("Ritirata"),
    "waiting": _("In attesa"),
}
"""States of instances, tasks, incidents and definitions."""

WHY_NOT: dict[str, Any] = {
    "held": _("È in carico a un'altra persona: puoi leggerlo, non completarlo."),
    "role": _("È di chi ha un altro ruolo: puoi leggerlo, non completarlo."),
    "suspended": _("La pratica è sospesa: il compito si potrà fare quando riprende."),
    "completed": _("È già stato completato."),
    "completed_by_me": _("L'hai già completato tu."),
    "cancelled": _("Non serve più: la pratica ha preso un'altra strada."),
}
"""Why a task cannot be worked on, by the engine's code."""

INCIDENT_KINDS: dict[str, Any] = {
    "operation": _("Operazione non riuscita"),
    "expression": _("Espressione non valutabile"),
    "timer": _("Scadenza non scattata"),
    "outbox": _("Invio non riuscito"),
    "error": _("Errore non previsto dal diagramma"),
}


def phase_label(phase: str) -> str:
    """The phase of an instance in words; a phase drawn by an analyst reads as written."""
    known = PHASES.get(phase)
    return str(known[0]) if known else phase.replace("_", " ").capitalize()


def phase_tone(phase: str) -> str:
    """The colour of a phase; the label says the same in words."""
    return PHASES[phase][1] if phase in PHASES else "running"


def state_label(state: str) -> str:
    """The state of an instance, task, incident or definition in words."""
    return str(STATES.get(state, state))


def why_not(code: str) -> str:
    """Why a task cannot be worked on."""
    return str(WHY_NOT.get(code, code))


def incident_label(kind: str) -> str:
    """What kind of thing failed."""
    return str(INCIDENT_KINDS.get(kind, kind))


def scope_label(scope: str) -> str:
    """An ambito in words: ``cremasco/crema`` → ``Cremasco › Crema``; the empty scope covers them all."""
    if not scope:
        return str(_("Tutti gli ambiti"))
    return " › ".join(part.replace("_", " ").replace("-", " ").title() for part in scope.split("/"))
