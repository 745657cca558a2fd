"""The start page of the administration: open incidents, and links to the pages that the user may open."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from engine.access import Permission
from engine.incidents import IncidentView
from web import current
from web.access import allowed
from web.layout import ADMINISTRATION

blueprint = Blueprint("admin", __name__, url_prefix="/amministrazione", template_folder="templates")


@blueprint.get("/")
@allowed(*ADMINISTRATION)
def page() -> Any:
    """Administrators and analysts: the start page, with the parts they may open."""
    incidents: tuple[IncidentView, ...] = ()
    if current.may(Permission.INCIDENT_MANAGE):
        incidents = current.engine().incidents.list(current.actor())
    return render_template("admin/page.html", incidents=incidents)
