"""Pages of batches: the list, the progress and outcome of one, stopping it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import Permission
from web import choices, current
from web.access import allowed
from web.admin.views import blueprint
from web.reasons import required_reason

PAGE_SIZE = 50


@blueprint.get("/operazioni")
@allowed(Permission.CASE_BATCH)
def batches() -> Any:
    """Administrators: the operations that they may follow, the latest first."""
    rows, next_key = current.engine().batches.list(
        current.actor(), after=request.args.get("dopo", ""), limit=PAGE_SIZE
    )
    return render_template(
        "admin/batches.html",
        rows=rows,
        next_key=next_key,
        names=choices.names(one.actor_id for one in rows),
    )


@blueprint.get("/operazioni/<batch_id>")
@allowed(Permission.CASE_BATCH)
def batch(batch_id: str) -> Any:
    """Administrators (the engine checks which): progress, and the instances by outcome."""
    engine, actor = current.engine(), current.actor()
    state, after = request.args.get("esito", ""), request.args.get("dopo", "")
    items, next_key = engine.batches.items(batch_id, actor, state=state, after=after, limit=PAGE_SIZE)
    return render_template(
        "admin/batch.html",
        batch=engine.batches.get(batch_id, actor),
        items=items,
        next_key=next_key,
        state=state,
    )


@blueprint.post("/operazioni/<batch_id>/ferma")
@allowed(Permission.CASE_BATCH)
def stop_batch(batch_id: str) -> Any:
    """Administrators (the engine checks which): cancel the items that still wait."""
    reason = required_reason("REASON_FOR_STOPPING_BATCH")
    left = current.engine().batches.cancel(batch_id, reason, current.actor())
    flash(gettext("Operazione fermata: %(left)d pratiche restano com'erano.", left=left), "success")
    return redirect(url_for("admin.batch", batch_id=batch_id))
