"""The page of scheduled starts: processes that a date, a time or a repetition starts."""

from __future__ import annotations

from typing import Any

from flask import render_template

from engine.access import Permission
from web import current
from web.access import allowed
from web.admin.views import blueprint


@blueprint.get("/partenze")
@allowed(Permission.DEFINITION_DEPLOY)
def starts() -> Any:
    """Analysts and administrators: the scheduled starts, the soonest first."""
    found = current.engine().scheduled_starts.upcoming(current.actor())
    return render_template("admin/starts.html", starts=found)
