"""The inbox: whose tasks wait, and taking, releasing and handing over one of them."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.tasks.models import InboxFilter
from web import auth, choices, current
from web.access import signed_in

blueprint = Blueprint("inbox", __name__, template_folder="templates")

BOXES = ("todo", "mine", "groups", "all")
DUE = ("overdue", "today", "soon")
SORTS = ("due", "created", "priority")


def _one_of(name: str, known: tuple[str, ...], default: str | None) -> Any:
    wanted = request.args.get(name)
    return wanted if wanted in known else default


def requested_filter() -> InboxFilter:
    """The filter in the address; whatever is not understood counts as not asked."""
    return InboxFilter(
        box=cast(Any, _one_of("casella", BOXES, "todo")),
        process=request.args.get("processo") or None,
        scope=request.args.get("ambito") or None,
        due=_one_of("scadenza", DUE, None),
        person=request.args.get("persona", "").strip() or None,
        text=request.args.get("testo", "").strip() or None,
        sort=cast(Any, _one_of("ordine", SORTS, "due")),
    )


@blueprint.get("/compiti")
@signed_in
def page() -> Any:
    """Whoever is signed in: the tasks that the engine says they may see."""
    engine, actor, asked = current.engine(), current.actor(), requested_filter()
    with engine.database.share_read_connection():
        found = engine.inbox.page(actor, asked, after=request.args.get("dopo") or None, limit=25)
        narrowed = any((asked.process, asked.scope, asked.due, asked.person, asked.text))
        return render_template(
            "inbox/page.html",
            rows=found.items,
            next_key=found.next,
            asked=asked,
            narrowed=narrowed,
            counts=engine.inbox.counts(actor),
            processes=choices.processes(),
            scopes=choices.scopes(actor),
            names=choices.names(row.assignee for row in found.items),
        )


@blueprint.post("/compiti/<task_id>/prendi")
@signed_in
def claim(task_id: str) -> Any:
    """Candidates of the task (the engine checks): take it."""
    current.engine().tasks.claim(task_id, current.actor())
    flash(gettext("Compito preso in carico: ora è fra i tuoi."), "success")
    return redirect(url_for("tasks.page", task_id=task_id))


@blueprint.post("/compiti/<task_id>/rilascia")
@signed_in
def release(task_id: str) -> Any:
    """The assignee (the engine checks): release the task to the group."""
    current.engine().tasks.release(task_id, current.actor())
    flash(gettext("Compito rilasciato: i colleghi del gruppo possono prenderlo."), "success")
    return redirect(auth.safe_next(request.form.get("next")))


@blueprint.get("/compiti/<task_id>/affida")
@signed_in
def choose_colleague(task_id: str) -> Any:
    """Whoever may hand the task over (the engine says): choose to whom."""
    task = current.engine().inbox.task(task_id, current.actor())
    return render_template("inbox/hand_over.html", task=task, colleagues=choices.colleagues(task), error="")


@blueprint.post("/compiti/<task_id>/affida")
@signed_in
def hand_over(task_id: str) -> Any:
    """Whoever may hand the task over (the engine checks): give it to a colleague, with a note."""
    to = request.form.get("collega", "")
    task = current.engine().inbox.task(task_id, current.actor())
    colleagues = choices.colleagues(task)
    if to not in dict(colleagues):
        error = gettext("Scegli un collega dall'elenco.")
        return render_template("inbox/hand_over.html", task=task, colleagues=colleagues, error=error), 422
    colleague = choices.actor_named(to)
    current.engine().tasks.hand_over(
        task_id, colleague, request.form.get("nota", "").strip(), current.actor()
    )
    flash(gettext("Compito affidato a %(name)s.", name=dict(colleagues)[to]), "success")
    return redirect(url_for("inbox.page"))
