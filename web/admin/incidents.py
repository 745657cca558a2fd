"""Incidents: what stopped, in a sentence; try again, or close with a reason."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.errors import InvalidInput
from engine.permissions import Permission
from web import current
from web.access import allowed
from web.admin.views import blueprint


@blueprint.get("/incidenti")
@allowed(Permission.INCIDENT_MANAGE)
def incidents() -> Any:
    """Administrators: every open incident of their scopes, oldest first."""
    return render_template("admin/incidents.html", incidents=current.engine().incidents.list(current.actor()))


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
    reason = request.form.get("motivo", "").strip()
    if not reason:
        raise InvalidInput(gettext("Scrivi come è stato risolto: resta nella storia della pratica."))
    current.engine().incidents.resolve(incident_id, reason, current.actor())
    flash(gettext("Incidente chiuso."), "success")
    return redirect(url_for("admin.incidents"))
