"""Parameters of a process: the value in force everywhere or in one ambito, and its change with a reason."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import Permission
from engine.errors import InvalidInput
from web import choices, current
from web.access import allowed
from web.admin.views import blueprint


@blueprint.get("/parametri")
@allowed(Permission.PARAMETER_WRITE)
def parameters() -> Any:
    """Administrators: the parameters of a process, with the values in force in an ambito."""
    return _page(request.args.get("processo", ""), request.args.get("ambito", ""))


@blueprint.post("/parametri")
@allowed(Permission.PARAMETER_WRITE)
def change_parameter() -> Any:
    """Administrators (the engine checks the scope): set a value, or remove it so that the scope above decides."""
    engine, actor, form = current.engine(), current.actor(), request.form
    key, scope, name = form.get("processo", ""), form.get("ambito", ""), form.get("nome", "")
    reason = form.get("motivo", "").strip()
    try:
        if form.get("azione") == "ripristina":
            engine.parameters.reset(
                key, name, scope, reason or gettext("Valore di partenza ripristinato"), actor
            )
        else:
            engine.parameters.set(key, name, scope, form.get("valore", "").strip(), reason, actor)
    except InvalidInput as problem:
        return _page(key, scope, name, problem.message, form.get("valore", ""), reason), 422
    flash(gettext("Parametro aggiornato: vale da adesso anche per le pratiche in corso."), "success")
    return redirect(url_for("admin.parameters", processo=key, ambito=scope, _anchor=f"p-{name}"))


def _page(
    key: str, scope: str, wrong: str = "", sentence: str = "", value: str = "", reason: str = ""
) -> str:
    processes = choices.processes()
    known = dict(processes)
    key = key if key in known else (processes[0][0] if processes else "")
    found = current.engine().parameters.list(key, scope, current.actor()) if key else ()
    return render_template(
        "admin/parameters.html",
        processes=processes,
        scopes=choices.scopes(current.actor()),
        key=key,
        scope=scope,
        parameters=found,
        wrong=wrong,
        sentence=sentence,
        typed=value,
        reason=reason,
        names=choices.names(parameter.changed_by for parameter in found),
    )
