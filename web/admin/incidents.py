"""Incidents: what stopped, in a sentence; try again, or close with a reason."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import Permission
from engine.incidents import IncidentFilter
from engine.instances.selection import Selection
from web import choices, current
from web.access import allowed
from web.admin.views import blueprint
from web.reasons import required_reason
from web.words import INCIDENT_KINDS


@blueprint.get("/incidenti")
@allowed(Permission.INCIDENT_MANAGE)
def incidents() -> Any:
    """Administrators: the open incidents of their scopes, counted by element and listed by page, oldest first."""
    args, service, actor = request.args, current.engine().incidents, current.actor()
    chosen = IncidentFilter(
        kind=args.get("genere", ""),
        element=args.get("elemento", "").strip(),
        definition=args.get("processo", ""),
    )
    found, next_key = service.page(actor, chosen, after=args.get("dopo", ""))
    return render_template(
        "admin/incidents.html",
        incidents=found,
        next_key=next_key,
        groups=service.groups(actor, chosen),
        chosen=chosen,
        kinds=list(INCIDENT_KINDS.items()),
        processes=choices.processes(),
    )


@blueprint.post("/incidenti/ritenta")
@allowed(Permission.CASE_BATCH)
def retry_group() -> Any:
    """Administrators, who manage incidents too: try again all of one kind at one element."""
    engine, actor, form = current.engine(), current.actor(), request.form
    kind, element, process = form.get("genere", ""), form.get("elemento", ""), form.get("processo", "")
    if not process:
        engine.incidents.retry_without_instance(actor, element=element)
        flash(gettext("Nuovo tentativo avviato. Se fallisce ancora, l'incidente ricompare qui."), "info")
        return redirect(url_for("admin.incidents"))
    selection = Selection(
        key=process, states=("active",), incident_kind=kind, incident_element=element, with_incidents=True
    )
    ordered = engine.batches.create(
        "retry",
        {"kind": kind, "element": element},
        selection,
        actor,
        gettext("Ritentati tutti quelli di «%(element)s»", element=element),
    )
    return redirect(url_for("admin.batch", batch_id=ordered))


@blueprint.post("/incidenti/<incident_id>/ritenta")
@allowed(Permission.INCIDENT_MANAGE)
def retry_incident(incident_id: str) -> Any:
    """Administrators (the engine checks the scope): try again what failed."""
    current.engine().incidents.retry(incident_id, current.actor())
    flash(gettext("Nuovo tentativo avviato. Se fallisce ancora, l'incidente ricompare qui."), "info")
    return redirect(url_for("admin.incidents"))


@blueprint.post("/incidenti/<incident_id>/risolvi")
@allowed(Permission.INCIDENT_MANAGE)
def resolve_incident(incident_id: str) -> Any:
    """Administrators (the engine checks the scope): close it with a reason."""
    reason = required_reason("RESOLUTION_MISSING")
    current.engine().incidents.resolve(
        incident_id, reason, current.actor(), skip_step=request.form.get("prosegui") == "sì"
    )
    flash(gettext("Incidente chiuso."), "success")
    return redirect(url_for("admin.incidents"))
