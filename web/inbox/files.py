"""Comments and attachments of a task, and the download of answers that came too late to be saved."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext

from engine.errors import InvalidInput
from web import current, uploads
from web.access import signed_in
from web.language import in_page_language

blueprint = Blueprint("files", __name__)

LONGEST_TYPED = 200_000


@blueprint.post("/compiti/<task_id>/scritto")
@signed_in
def typed_text(task_id: str) -> Any:
    """Whoever typed answers to a task that is closed by now: these answers as a text file."""
    content = request.form.get("scritto", "")[:LONGEST_TYPED]
    return uploads.download(content.encode("utf-8"), f"compito-{task_id[:8]}.txt", "text/plain")


@blueprint.post("/compiti/<task_id>/note")
@signed_in
def comment(task_id: str) -> Any:
    """Whoever may see the instance (the engine checks): write a comment on it from the task."""
    try:
        current.engine().comments.comment(task_id, request.form.get("testo", ""), current.actor())
    except InvalidInput as problem:
        flash(in_page_language(problem.message), "danger")
    else:
        flash(gettext("Nota aggiunta."), "success")
    return redirect(url_for("tasks.page", task_id=task_id, _anchor="note"))


@blueprint.post("/compiti/<task_id>/allegati")
@signed_in
def attach(task_id: str) -> Any:
    """Whoever may work on the task (the engine checks): attach a file to it."""
    engine, actor = current.engine(), current.actor()
    try:
        received = uploads.receive(request.files.get("file"))
        engine.comments.attach(task_id, received.filename, received.media_type, received.content, actor)
    except InvalidInput as problem:
        flash(in_page_language(problem.message), "danger")
    else:
        flash(gettext("Allegato aggiunto: %(name)s", name=received.filename), "success")
    return redirect(url_for("tasks.page", task_id=task_id, _anchor="allegati"))


@blueprint.get("/allegati/<attachment_id>")
@signed_in
def attachment(attachment_id: str) -> Any:
    """Whoever may see the instance (the engine checks): download the file; the log records it."""
    about, content = current.engine().comments.attachment_content(attachment_id, current.actor())
    current.engine().history.record_read(about.instance_id, current.actor(), "attachment")
    return uploads.download(content, about.filename, about.media_type)
