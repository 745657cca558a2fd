"""The list of cases and the page of one case: where it stands, why it waits, what was done."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template, request

from engine.access.permissions import Permission
from engine.errors import NotFound
from engine.instances.models import InstanceView
from modules.budget import service as budget
from modules.documents import service as documents
from web import choices, current, uploads
from web.access import signed_in
from web.cases import timeline
from web.cases.diagram import first_shown, layers
from web.cases.subject import essentials
from web.formatting import label, value
from web.forms.view import translated
from web.language import current_language
from web.words import STATES

blueprint = Blueprint("cases", __name__, template_folder="templates")

LISTED_STATES = ("active", "suspended", "completed", "cancelled")
RECENT_STEPS = 30
PAGE_SIZE = 25
LONGEST_KEY = 18


@blueprint.get("/pratiche")
@signed_in
def page() -> Any:
    """Whoever is signed in: the cases that the engine says they may see."""
    engine, actor, asked = current.engine(), current.actor(), request.args
    after = asked.get("dopo", "")
    with engine.database.read_together():
        found = engine.inbox.cases(
            actor,
            state=asked.get("stato") if asked.get("stato") in LISTED_STATES else None,
            process=asked.get("processo") or None,
            scope=asked.get("ambito") or None,
            text=asked.get("testo", "").strip() or None,
            after=int(after) if after.isascii() and after.isdigit() and len(after) < LONGEST_KEY else None,
            limit=PAGE_SIZE + 1,
        )
        rows = found[:PAGE_SIZE]
        return render_template(
            "cases/list.html",
            rows=rows,
            next_key=rows[-1].number if len(found) > PAGE_SIZE else None,
            states=[(name, STATES[name]) for name in LISTED_STATES],
            processes=choices.processes(),
            scopes=choices.scopes(actor),
            narrowed=any(asked.get(name) for name in ("stato", "processo", "ambito", "testo")),
        )


@blueprint.get("/pratiche/<instance_id>")
@signed_in
def page_of(instance_id: str) -> Any:
    """Whoever may see the case (the engine says); reading it is written in the log."""
    engine, actor = current.engine(), current.actor()
    case = engine.instances.get(instance_id, actor)
    engine.history.looked(instance_id, actor)
    steps = timeline.lines(instance_id, actor)
    whole = request.args.get("storia") == "tutta"
    participants = engine.history.participants(instance_id, actor)
    tasks = engine.inbox.of_instance(instance_id, actor)
    drawn = layers(case, actor)
    comments, attachments = engine.inbox.papers(instance_id, actor)
    people = [*(part["actor_id"] for part in participants), *(row.assignee for row in tasks), case.started_by]
    return render_template(
        "cases/case.html",
        case=case,
        why=[translated(one) for one in engine.history.why_waiting(instance_id, actor, current_language())],
        tasks=tasks,
        timeline=steps if whole else steps[-RECENT_STEPS:],
        earlier=0 if whole else max(0, len(steps) - RECENT_STEPS),
        layers=drawn,
        shown=first_shown(drawn),
        person=essentials(case),
        participants=participants,
        names=choices.names(people),
        comments=comments,
        attachments=attachments,
        variables=readable_variables(engine.instances.variables(instance_id, actor)),
        messages=engine.messages.awaited(instance_id),
        **_records(case),
    )


def _records(case: InstanceView) -> dict[str, Any]:
    """Budget, documents and the deadlines' clocks, for those who may see them."""
    found: dict[str, Any] = {"statements": (), "documents": (), "clocks": ()}
    if current.may(Permission.DEADLINE_WRITE, case.scope):
        found["clocks"] = current.engine().deadlines.of_case(case.id, current.actor()).clocks
    with current.engine().database.read() as connection:
        if current.may(Permission.BUDGET_READ, case.scope):
            found["statements"] = budget.statements(connection, case.id)
        if current.may(Permission.DOCUMENT_READ, case.scope):
            found["documents"] = documents.of_instance(connection, case.id)
    return found


@blueprint.get("/pratiche/<instance_id>/gettoni")
@signed_in
def tokens(instance_id: str) -> Any:
    """Whoever may see the case (the engine says): the active elements of each diagram, for the drawing's script."""
    found: dict[str, list[str]] = {}
    for process_id, element_id in current.engine().instances.active_elements(instance_id, current.actor()):
        found.setdefault(process_id, []).append(element_id)
    return jsonify(elements=found)


@blueprint.get("/pratiche/<instance_id>/diagramma/<key>")
@signed_in
def diagram(instance_id: str, key: str) -> Any:
    """Whoever may see the case (the engine says): the diagram of its process, or of one that it calls."""
    for process_id, _, drawing in current.engine().instances.diagrams(instance_id, current.actor()):
        if process_id == key:
            return uploads.download(drawing.content, f"{key}.bpmn", "application/xml")
    raise NotFound("Il diagramma non è di questa pratica")


def readable_variables(variables: dict[str, Any]) -> list[tuple[str, str]]:
    """The data of a case as label and text, in the order of the alphabet; what is empty is left out."""
    shown = ((label(name), value(content)) for name, content in sorted(variables.items()))
    return [(name, text) for name, text in shown if text != "—"]
