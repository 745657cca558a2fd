"""Deadlines: the list with the overrides in force, preview and confirmation of a change, history, undo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from engine.access import Permission
from engine.errors import InvalidInput, InvalidState
from engine.scheduling.overrides import At, Override, parse_override
from engine.scheduling.overrides.deadline_keys import STARTS
from engine.scheduling.overrides.input import FIELDS
from engine.timers.deadlines import DeadlineChange, DeadlineOverview, DeadlinePreview
from web import choices, current
from web.access import allowed
from web.admin.views import blueprint


@blueprint.get("/scadenze")
@allowed(Permission.DEADLINE_WRITE)
def deadlines() -> Any:
    """Administrators: every deadline of the processes in force, those of one process when it is chosen."""
    chosen = request.args.get("processo", "")
    lines = current.engine().deadlines.list(current.actor())
    shown = [
        line
        for line in lines
        if not chosen or any(use.process_key == chosen for use in line.deadline.all_uses)
    ]
    return render_template(
        "admin/deadlines.html",
        lines=shown,
        processes=choices.processes(),
        chosen=chosen,
        names=choices.names(override.by for line in shown for override in line.overrides),
    )


@blueprint.get("/scadenze/una")
@allowed(Permission.DEADLINE_WRITE)
def deadline() -> Any:
    """Administrators: one deadline, the form to change it, its history."""
    return _page(request.args.get("chiave", ""), request.args.get("ambito", ""), {})


@blueprint.post("/scadenze/anteprima")
@allowed(Permission.DEADLINE_WRITE)
def preview_deadline() -> Any:
    """Administrators (the engine checks the scope): what a change would do; nothing changes."""
    key, scope = request.form.get("chiave", ""), request.form.get("ambito", "")
    if request.form.get("azione") == "correggi":
        return _page(key, scope, request.form)
    try:
        override = _override(key)
        found = current.engine().deadlines.preview(key, scope, override, current.actor())
    except InvalidInput as problem:
        return _page(key, scope, request.form, problem), 422
    return _preview_page(found)


@blueprint.post("/scadenze")
@allowed(Permission.DEADLINE_WRITE)
def apply_deadline() -> Any:
    """Administrators (the engine checks the scope): put in force what was previewed, with a reason."""
    engine, actor, form = current.engine(), current.actor(), request.form
    key, scope = form.get("chiave", ""), form.get("ambito", "")
    override = _override(key)
    try:
        change = engine.deadlines.apply(
            key,
            scope,
            override,
            fingerprint=form.get("impronta", ""),
            reason=form.get("motivo", ""),
            actor=actor,
            past_confirmed=form.get("passato") == "si",
        )
    except (InvalidInput, InvalidState) as problem:
        status = 409 if isinstance(problem, InvalidState) else 422
        return _preview_page(engine.deadlines.preview(key, scope, override, actor), problem), status
    flash(_describe_change(change), "success")
    return redirect(url_for("admin.deadline", chiave=key, ambito=scope, _anchor="storia"))


@blueprint.route("/scadenze/<int:change_id>/annulla", methods=["GET", "POST"])
@allowed(Permission.DEADLINE_WRITE)
def undo_deadline(change_id: int) -> Any:
    """Administrators (the engine checks the scope): preview the undo of a change, then restore what it replaced."""
    service, actor, form = current.engine().deadlines, current.actor(), request.form
    problem = None
    if request.method == "POST":
        try:
            late = form.get("passato") == "si"
            done = service.undo(change_id, form.get("motivo", ""), actor, past_confirmed=late)
        except InvalidInput as refused:
            problem = refused
        else:
            flash(_describe_change(done), "success")
            return redirect(
                url_for("admin.deadline", chiave=done.deadline, ambito=done.scope, _anchor="storia")
            )
    change, found = service.preview_undo(change_id, actor)
    page = render_template(
        "admin/deadline_undo.html",
        change=change,
        line=service.get(change.deadline, actor),
        preview=found,
        form=form,
        problem=problem,
        errors=problem.fields if problem else {},
        outcomes=_outcomes(),
    )
    return (page, 422) if problem else page


@blueprint.get("/scadenze/pratica/<instance_id>")
@allowed(Permission.DEADLINE_WRITE)
def instance_deadlines(instance_id: str) -> Any:
    """Administrators (the engine checks the scope): the deadlines of one instance, without its data."""
    found = current.engine().deadlines.of_instance(instance_id, current.actor())
    return render_template("admin/instance_deadlines.html", instance=found, deadlines=found.deadlines)


@blueprint.route("/scadenze/pratica/<what>/<row_id>", methods=["GET", "POST"])
@allowed(Permission.DEADLINE_WRITE)
def move_deadline(what: str, row_id: str) -> Any:
    """Administrators (the engine checks the scope): move the deadline of one instance by hand."""
    form, problem = request.form, None
    if request.method == "POST":
        try:
            override = parse_override(
                {"genere": "data", "data": form.get("data", ""), "ora": form.get("ora", "")}
            )
            assert isinstance(override, At)
            instance = current.engine().deadlines.set_due_date(
                what,
                row_id,
                override.at,
                form.get("motivo", ""),
                current.actor(),
                past_confirmed=form.get("passato") == "si",
            )
            flash(gettext("Scadenza spostata a mano: le modifiche per tutti non la toccano più."), "success")
            return redirect(url_for("admin.instance_deadlines", instance_id=instance))
        except InvalidInput as refused:
            problem = refused
    page = render_template(
        "admin/deadline_by_hand.html", form=form, errors=problem.fields if problem else {}, problem=problem
    )
    return (page, 422) if problem else page


def _describe_change(change: DeadlineChange) -> str:
    if change.deadline.endswith(f"/{STARTS}"):
        return gettext("Fatto: il processo comincerà da sé come hai deciso.")
    return ngettext(
        "Fatto: %(num)d pratica spostata, e chi la segue è avvisato.",
        "Fatto: %(num)d pratiche spostate, e chi le segue è avvisato.",
        change.moved,
    )


def _override(key: str) -> Override | None:
    line = current.engine().deadlines.get(key, current.actor())
    return parse_override(request.form, line.deadline.tasks)


def _page(key: str, scope: str, typed: Mapping[str, str], problem: InvalidInput | None = None) -> str:
    service, actor = current.engine().deadlines, current.actor()
    line = service.get(key, actor)
    history = service.history(actor, key)
    return render_template(
        "admin/deadline.html",
        line=line,
        scope=scope,
        scopes=choices.scopes(actor),
        history=history,
        names=choices.names([one.by for one in history] + [one.by for one in line.overrides]),
        typed=typed or _defaults(line),
        errors=problem.fields if problem else {},
        problem=problem,
        options=_options(line),
    )


def _defaults(line: DeadlineOverview) -> dict[str, str]:
    if "data" in line.deadline.override_kinds and "ogni" in line.deadline.override_kinds:
        return {"genere": "data"}
    if line.deadline.repeats:
        return {"genere": "ogni", "ogni": "1", "periodo": "mesi"}
    return {"genere": "dopo", "unita": "lavorativi", "verso": "dopo", "da": "attesa"}


def _options(line: DeadlineOverview) -> dict[str, list[tuple[str, str]]]:
    words = {
        "dopo": gettext("Un termine da un momento della pratica"),
        "data": gettext("Una data fissa"),
        "ogni": gettext("Una ripetizione"),
    }
    kinds = [(kind, words[kind]) for kind in line.deadline.override_kinds]
    named = line.deadline.tasks.items()
    tasks = [(f"elemento:{key}", gettext("la fine di «%(task)s»", task=name)) for key, name in named]
    return {
        "genere": [*kinds, ("diagramma", gettext("Come dice il diagramma"))],
        "unita": [
            ("lavorativi", gettext("giorni lavorativi")),
            ("giorni", gettext("giorni")),
            ("settimane", gettext("settimane")),
            ("mesi", gettext("mesi")),
            ("ore", gettext("ore")),
        ],
        "periodo": [
            ("giorni", gettext("giorni")),
            ("settimane", gettext("settimane")),
            ("mesi", gettext("mesi")),
        ],
        "verso": [("dopo", gettext("dopo")), ("prima", gettext("prima"))],
        "da": [
            ("attesa", gettext("l'inizio dell'attesa")),
            ("avvio", gettext("l'avvio della pratica")),
            ("diagramma", gettext("la data prevista dal diagramma")),
            *tasks,
        ],
        "non_lavorativo": [
            ("nessuno", gettext("resta quel giorno")),
            ("successivo", gettext("il primo giorno lavorativo dopo")),
            ("precedente", gettext("l'ultimo giorno lavorativo prima")),
        ],
    }


def _preview_page(found: DeadlinePreview, problem: InvalidInput | InvalidState | None = None) -> str:
    line = current.engine().deadlines.get(found.key, current.actor())
    return render_template(
        "admin/deadline_preview.html",
        line=line,
        preview=found,
        problem=problem,
        errors=problem.fields if isinstance(problem, InvalidInput) else {},
        kept={name: request.form.get(name, "") for name in FIELDS},
        reason=request.form.get("motivo", ""),
        outcomes=_outcomes(),
    )


def _outcomes() -> dict[str, str]:
    return {
        "moves": gettext("Si sposta"),
        "overdue": gettext("Si sposta, e sarebbe subito in ritardo"),
        "suspended": gettext("Non adesso: la pratica è sospesa, varrà alla ripresa"),
        "by_hand": gettext("No: è stata spostata a mano"),
        "no_moment": gettext("No: il momento da cui contare non c'è ancora"),
        "ends": gettext("Non comincerà più da sé"),
    }
