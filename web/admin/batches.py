"""Operations over many cases: which were ordered, how far each has come, what did not succeed, stopping the rest."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access.permissions import Permission
from web import choices, current
from web.access import allowed
from web.admin.views import blueprint
from web.reasons import reason_given

PAGE_SIZE = 50


@blueprint.get("/operazioni")
@allowed(Permission.CASE_BATCH)
def batches() -> Any:
    """Administrators: the operations that they may follow, the latest first."""
    before = request.args.get("dopo", type=int)
    found = current.engine().batches.list(current.actor(), before=before, limit=PAGE_SIZE + 1)
    rows = found[:PAGE_SIZE]
    return render_template(
        "admin/batches.html",
        rows=rows,
        next_key=rows[-1].number if len(found) > PAGE_SIZE else None,
        names=choices.names(one.actor_id for one in rows),
    )


@blueprint.get("/operazioni/<batch_id>")
@allowed(Permission.CASE_BATCH)
def batch(batch_id: str) -> Any:
    """Administrators (the engine checks which): progress, and the cases by outcome."""
    engine, actor = current.engine(), current.actor()
    state, after = request.args.get("esito", ""), request.args.get("dopo", 0, type=int)
    items = engine.batches.items(batch_id, actor, state=state, after=after, limit=PAGE_SIZE + 1)
    return render_template(
        "admin/batch.html",
        batch=engine.batches.get(batch_id, actor),
        items=items[:PAGE_SIZE],
        next_key=items[PAGE_SIZE - 1].position if len(items) > PAGE_SIZE else None,
        state=state,
    )


@blueprint.post("/operazioni/<batch_id>/ferma")
@allowed(Permission.CASE_BATCH)
def stop_batch(batch_id: str) -> Any:
    """Administrators (the engine checks which): leave alone the cases that still wait."""
    reason = reason_given(gettext("Scrivi perché l'operazione si ferma."))
    left = current.engine().batches.cancel(batch_id, reason, current.actor())
    flash(gettext("Operazione fermata: %(left)d pratiche restano com'erano.", left=left), "success")
    return redirect(url_for("admin.batch", batch_id=batch_id))
