"""The list of instances and the page of one instance: state, waiting reasons, history."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, render_template, request

from engine.access import Permission
from engine.errors import NotFound
from engine.instances.models import InstanceView
from engine.instances.queries import InstanceFilter
from modules.budget import service as budget
from modules.documents import service as documents
from web import choices, current, uploads
from web.access import signed_in
from web.formatting import label, value
from web.instances import timeline
from web.instances.diagram import first_shown, layers
from web.instances.subject import essentials
from web.words import STATES

blueprint = Blueprint("instances", __name__, template_folder="templates")

LISTED_STATES = ("active", "suspended", "completed", "cancelled")
RECENT_STEPS = 30
PAGE_SIZE = 25


@blueprint.get("/pratiche")
@signed_in
def page() -> Any:
    """Whoever is signed in: the instances that the engine says they may see."""
    engine, actor, asked = current.engine(), current.actor(), request.args
    with engine.database.share_read_connection():
        state = asked.get("stato", "")
        instance_filter = InstanceFilter(
            state=state if state in LISTED_STATES else "",
            process=asked.get("processo", ""),
            scope=asked.get("ambito", ""),
            text=asked.get("testo", "").strip(),
        )
        rows, next_key = engine.instances.list(
            actor, instance_filter, after=asked.get("dopo", ""), limit=PAGE_SIZE
        )
        return render_template(
            "instances/list.html",
            rows=rows,
            next_key=next_key,
            states=[(name, STATES[name]) for name in LISTED_STATES],
            processes=choices.processes(),
            scopes=choices.scopes(actor),
            narrowed=any(asked.get(name) for name in ("stato", "processo", "ambito", "testo")),
        )


@blueprint.get("/pratiche/<instance_id>")
@signed_in
def page_of(instance_id: str) -> Any:
    """Whoever may see the instance (the engine says); reading it is written in the log."""
    engine, actor = current.engine(), current.actor()
    instance = engine.instances.get(instance_id, actor)
    engine.history.record_read(instance_id, actor)
    steps = timeline.lines(instance_id, actor)
    whole = request.args.get("storia") == "tutta"
    participants = engine.history.participants(instance_id, actor)
    tasks = engine.inbox.of_instance(instance_id, actor)
    drawn = layers(instance, actor)
    comments, attachments = engine.inbox.comments_and_attachments(instance_id, actor)
    people = [
        *(part["actor_id"] for part in participants),
        *(row.assignee for row in tasks),
        instance.started_by,
    ]
    return render_template(
        "instances/instance.html",
        instance=instance,
        why=engine.history.waiting_reasons(instance_id, actor),
        tasks=tasks,
        timeline=steps if whole else steps[-RECENT_STEPS:],
        earlier=0 if whole else max(0, len(steps) - RECENT_STEPS),
        layers=drawn,
        shown=first_shown(drawn),
        person=essentials(instance),
        participants=participants,
        names=choices.names(people),
        comments=comments,
        attachments=attachments,
        variables=readable_variables(engine.instances.variables(instance_id, actor)),
        messages=engine.messages.awaited_messages(instance_id),
        **_records(instance),
    )


def _records(instance: InstanceView) -> dict[str, Any]:
    """Budget, documents and deadlines, for those who may see them."""
    found: dict[str, Any] = {"statements": (), "documents": (), "deadlines": ()}
    if current.may(Permission.DEADLINE_WRITE, instance.scope):
        found["deadlines"] = current.engine().deadlines.of_instance(instance.id, current.actor()).deadlines
    with current.engine().database.read() as connection:
        if current.may(Permission.BUDGET_READ, instance.scope):
            found["statements"] = budget.statements(connection, instance.id)
        if current.may(Permission.DOCUMENT_READ, instance.scope):
            found["documents"] = documents.of_instance(connection, instance.id)
    return found


@blueprint.get("/pratiche/<instance_id>/gettoni")
@signed_in
def tokens(instance_id: str) -> Any:
    """Whoever may see the instance (the engine says): the active elements of each diagram, for the drawing's script."""
    found: dict[str, list[str]] = {}
    for process_id, element_id in current.engine().instances.active_elements(instance_id, current.actor()):
        found.setdefault(process_id, []).append(element_id)
    return jsonify(elements=found)


@blueprint.get("/pratiche/<instance_id>/diagramma/<key>")
@signed_in
def diagram(instance_id: str, key: str) -> Any:
    """Whoever may see the instance (the engine says): the diagram of its process, or of one that it calls."""
    for process_id, _, drawing in current.engine().instances.diagrams(instance_id, current.actor()):
        if process_id == key:
            return uploads.download(drawing.content, f"{key}.bpmn", "application/xml")
    raise NotFound("DIAGRAM_NOT_OF_THIS_INSTANCE")


def readable_variables(variables: dict[str, Any]) -> list[tuple[str, str]]:
    """The data of an instance as label and text, in the order of the alphabet; what is empty is left out."""
    shown = ((label(name), value(content)) for name, content in sorted(variables.items()))
    return [(name, text) for name, text in shown if text != "—"]
