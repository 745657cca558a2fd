"""Parameters of a process: the value in force everywhere or in one ambito, and its change with a reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import Permission
from engine.definitions.models import ParameterView
from engine.definitions.parameter_bounds import NUMBER_TYPES, written
from engine.errors import InvalidInput
from web import choices, current
from web.access import allowed
from web.admin.views import blueprint

INPUT_TYPES = {"intero": "number", "decimale": "number", "euro": "number", "data": "date", "ora": "time"}
"""The types of parameters that have an HTML input of their own."""


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
            engine.parameters.set(key, name, scope, _typed(), reason, actor)
    except InvalidInput as problem:
        return _page(key, scope, name, problem.message, _typed(), reason), 422
    flash(gettext("Parametro aggiornato: vale da adesso anche per le pratiche in corso."), "success")
    return redirect(url_for("admin.parameters", processo=key, ambito=scope, _anchor=f"p-{name}"))


def _typed() -> str:
    """The value of the form; of a list with choices, the chosen entries."""
    return ", ".join(one.strip() for one in request.form.getlist("valore"))


def _field(parameter: ParameterView) -> dict[str, Any]:
    """How a value is typed: the type and the attributes of the input, or the options of a choice."""
    bounds = parameter.bounds
    if parameter.type == "booleano":
        return {"options": [("sì", gettext("Sì")), ("no", gettext("No"))], "attributes": {}}
    if bounds.choices:
        options = [(typed, typed) for typed in map(written, bounds.choices)]
        return {"options": options, "multiple": parameter.type == "elenco", "attributes": {}}
    attributes: dict[str, str] = {}
    if parameter.type in NUMBER_TYPES:
        attributes["step"] = "any"
        if bounds.whole or parameter.type == "intero":
            attributes["step"] = "1"
        elif parameter.type == "euro":
            attributes["step"] = "0.01"
        attributes["inputmode"] = "numeric" if attributes["step"] == "1" else "decimal"
    if parameter.type in INPUT_TYPES:
        for name, bound in (("min", bounds.minimum), ("max", bounds.maximum)):
            if bound is not None:
                attributes[name] = _of_input(bound)
    return {"type": INPUT_TYPES.get(parameter.type, "text"), "attributes": attributes}


def _of_input(content: Any) -> str:
    """A value as the attributes of an HTML input write it: with a decimal point."""
    typed = written(content)
    return typed.replace(",", ".") if isinstance(content, int | Decimal) else typed


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
        fields={parameter.name: _field(parameter) for parameter in found},
        wrong=wrong,
        sentence=sentence,
        typed=value,
        of_input=_of_input,
        reason=reason,
        names=choices.names(parameter.changed_by for parameter in found),
    )
