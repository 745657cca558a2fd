"""Running instances: select many for a batch operation, or modify one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import Permission
from engine.errors import InvalidInput, InvalidState
from engine.instances.selection import RUNNING, Selection
from engine.languages.feel_assignments import parse_assignments
from engine.spiff import Instruction
from web import choices, current
from web.access import allowed
from web.admin.views import blueprint
from web.reasons import required_reason
from web.words import INCIDENT_KINDS, STATES

PAGE_SIZE = 50
CHOICE = ("processo", "versione", "stato", "fase", "elemento", "ambito", "giorni", "incidente")


@blueprint.get("/pratiche")
@allowed(Permission.CASE_BATCH)
def running() -> Any:
    """Administrators: the instances of their scopes that match a selection, and the operations on all of them."""
    return _page()


@blueprint.post("/pratiche")
@allowed(Permission.CASE_BATCH)
def order_batch() -> Any:
    """Administrators, with the permission of the operation: count the instances, then, confirmed, create it."""
    form, engine, actor = request.form, current.engine(), current.actor()
    kind = form.get("operazione", "")
    try:
        selection, payload = _selection(form), _payload(kind)
        count = engine.batches.preview(kind, selection, actor)
        if not count:
            raise InvalidInput("NO_INSTANCE_SELECTED")
        reason = required_reason("REASON_KEPT_IN_EVERY_INSTANCE")
        if form.get("conferma") != "sì":
            return render_template(
                "admin/batch_confirm.html",
                count=count,
                operation=engine.batches.operation(kind),
                form=form,
                choice=CHOICE,
                payload=payload,
            )
        ordered = engine.batches.create(kind, payload, selection, actor, reason)
    except InvalidInput as problem:
        return _page(problem.message), 422
    flash(gettext("Operazione ordinata: procede da sola, una pratica alla volta."), "success")
    return redirect(url_for("admin.batch", batch_id=ordered))


@blueprint.get("/pratiche/<instance_id>/modifica")
@allowed(Permission.CASE_MODIFY)
def modification(instance_id: str) -> Any:
    """Administrators (the engine checks the scope): the active elements of an instance, and how they may be changed."""
    return _modification_page(instance_id)


@blueprint.post("/pratiche/<instance_id>/modifica")
@allowed(Permission.CASE_MODIFY)
def modify(instance_id: str) -> Any:
    """Administrators (the engine checks the scope): preview the change, then, confirmed, make it: all or nothing."""
    form, service, actor = request.form, current.engine().modifications, current.actor()
    try:
        instructions = _instructions()
        preview = service.preview(instance_id, instructions, actor)
        reason = required_reason("REASON_KEPT_IN_THE_INSTANCE")
        if form.get("conferma") != "sì":
            return _modification_page(instance_id, preview=preview)
        service.modify(instance_id, instructions, reason, actor, revision=form.get("revisione", type=int))
    except (InvalidInput, InvalidState) as problem:
        return _modification_page(instance_id, problem.message), 422
    flash(gettext("Pratica modificata."), "success")
    return redirect(url_for("admin.running"))


def _selection(values: Any) -> Selection:
    days, version = values.get("giorni", type=int), values.get("versione", type=int)
    state = values.get("stato", "")
    return Selection(
        key=values.get("processo", ""),
        version=version,
        states=(state,) if state in RUNNING else RUNNING,
        phase=values.get("fase", "").strip(),
        element=values.get("elemento", "").strip(),
        scope=values.get("ambito", ""),
        started_before=None if days is None else current.engine().clock.now() - timedelta(days=days),
        incident_kind=values.get("incidente", ""),
    )


def _payload(kind: str) -> dict[str, Any]:
    form = request.form
    if kind == "variables":
        values = parse_assignments(form.get("variabili", ""))
        if not values:
            raise InvalidInput("NO_VARIABLE_GIVEN")
        return {"values": values}
    if kind == "modify":
        return {"instructions": [one.as_values() for one in _instructions()]}
    if kind == "retry":
        return {"kind": form.get("incidente", ""), "element": form.get("elemento", "").strip()}
    return {}


def _instructions() -> list[Instruction]:
    form = request.form
    values = parse_assignments(form.get("variabili", ""))
    found = [Instruction("set", values=values)] if values else []
    for kind, name in (("cancel", "togli"), ("before", "prima"), ("after", "dopo_di")):
        for text in form.getlist(name):
            if text.strip():
                found.append(Instruction.parse(kind, text))
    return found


def _page(problem: str = "") -> str:
    values = request.form if problem else request.args
    engine, actor = current.engine(), current.actor()
    rows, next_key = engine.batches.selected_instances(
        _selection(values), actor, after=request.args.get("dopo", ""), limit=PAGE_SIZE
    )
    kinds = [("suspend", gettext("Sospendere")), ("resume", gettext("Riprendere"))]
    kinds += [("cancel", gettext("Annullare")), ("retry", gettext("Ritentare gli incidenti"))]
    kinds += [
        ("variables", gettext("Scrivere variabili")),
        ("modify", gettext("Spostare a un altro elemento")),
    ]
    return render_template(
        "admin/running.html",
        rows=rows,
        next_key=next_key,
        values=values,
        choice=CHOICE,
        problem=problem,
        kinds=[(key, label) for key, label in kinds if current.may(engine.batches.operation(key).permission)],
        processes=choices.processes(),
        scopes=choices.scopes(actor),
        states=[(state, STATES[state]) for state in RUNNING],
        incident_kinds=list(INCIDENT_KINDS.items()),
    )


def _modification_page(instance_id: str, problem: str = "", preview: Any = None) -> str:
    elements = current.engine().modifications.elements(instance_id, current.actor())
    several = len({one.process_id for one in elements}) > 1
    return render_template(
        "admin/modification.html",
        instance_id=instance_id,
        active=[one for one in elements if one.tokens],
        elements=[
            (f"{one.process_id}:{one.element_id}", f"{one.name} ({one.process_id})" if several else one.name)
            for one in elements
        ],
        preview=preview,
        problem=problem,
        form=request.form,
    )
