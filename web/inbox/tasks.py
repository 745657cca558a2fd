"""The page of a task: read what to do, fill in the form, complete it; nothing typed is ever lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.errors import Forbidden, InvalidInput, InvalidState
from engine.history import Submission
from engine.tasks.models import Completion, TaskView
from web import choices, current, uploads
from web.access import signed_in
from web.filling import Filling, form_context, with_colleagues
from web.formatting import hour
from web.forms import AttachmentInfo, Intent, read_post, read_uploads
from web.instances import timeline
from web.instances.subject import essentials
from web.instances.submissions import filled_form

blueprint = Blueprint("tasks", __name__, template_folder="templates")

CLOSED = ("completed", "cancelled")
LAST_STEPS = 8


@blueprint.get("/compiti/<task_id>")
@signed_in
def page(task_id: str) -> Any:
    """Whoever may see the task (the engine says): its page; the form, when they may work on it.

    It shows the person and the instance, so that reading it is written in the log.
    """
    task = current.engine().inbox.task(task_id, current.actor())
    current.engine().history.record_read(task.instance.id, current.actor(), "task")
    if task.row.state in CLOSED:
        return _closed(task, None)
    filling = filling_of(task)
    draft = current.engine().tasks.draft(task_id, current.actor()) if filling and task.may_work else None
    return _render(task, filling.typed(draft) if filling and draft else filling, from_draft=bool(draft))


@blueprint.post("/compiti/<task_id>")
@signed_in
def complete(task_id: str) -> Any:
    """Whoever may work on the task (the engine checks): complete it and go on with the instance."""
    task = current.engine().inbox.task(task_id, current.actor())
    filling = filling_of(task)
    if filling is None:
        return _closed_answer(task, None) if task.row.state in CLOSED else _send(task, None, {})
    post = read_post(filling.form, request.form)
    filling = filling.typed(post.raw, post.focus)
    if task.row.state in CLOSED:
        return _closed_answer(task, filling)
    if post.shows_again:
        return _render(task, filling)
    if post.intent is Intent.DRAFT:
        current.engine().tasks.save_draft(task_id, post.raw, current.actor())
        flash(gettext("Bozza salvata: la ritrovi quando torni."), "success")
        return redirect(url_for("tasks.page", task_id=task_id))
    filling, refused = _with_uploads(task, filling)
    values, errors, unasked = filling.read()
    if errors or refused:
        return _render(task, filling.wrong({**errors, **refused})), 422
    if unasked:
        flash(
            gettext("Le risposte hanno fatto comparire altre domande: guardale e completa di nuovo."),
            "warning",
        )
        return _render(task, filling)
    return _send(task, filling, values)


def _send(task: TaskView, filling: Filling | None, values: dict[str, Any]) -> Any:
    engine, actor = current.engine(), current.actor()
    try:
        done = engine.tasks.complete(task.row.id, values, actor, revision=task.revision)
    except InvalidInput as problem:
        if filling is None:
            raise
        return _render(task, filling.wrong(problem.fields or {"": problem.message})), 422
    except InvalidState as problem:
        return _closed_answer(engine.inbox.task(task.row.id, actor), filling, problem.message)
    flash(gettext("Fatto: «%(task)s» è completato.", task=task.row.name), "success")
    return redirect(_next_address(done))


@blueprint.post("/compiti/<task_id>/bozza")
@signed_in
def save_draft(task_id: str) -> Any:
    """Whoever may work on the task (the engine checks): keep what is typed; answers a script in JSON."""
    engine, actor = current.engine(), current.actor()
    filling = filling_of(engine.inbox.task(task_id, actor))
    if filling is not None:
        engine.tasks.save_draft(task_id, read_post(filling.form, request.form).raw, actor)
    return jsonify(saved=hour(engine.clock.now()))


@blueprint.post("/compiti/<task_id>/bozza/elimina")
@signed_in
def drop_draft(task_id: str) -> Any:
    """Whoever wrote the draft: delete it and show the form again."""
    current.engine().tasks.drop_draft(task_id, current.actor())
    return redirect(url_for("tasks.page", task_id=task_id))


def filling_of(task: TaskView) -> Filling | None:
    """The task's form, ready to be filled in; None when the task has none."""
    if task.form_id is None:
        return None
    engine = current.engine()
    files = {
        found.id: AttachmentInfo(
            found.filename, found.size, url_for("files.attachment", attachment_id=found.id)
        )
        for found in task.attachments
    }
    form = with_colleagues(engine.repository.form(task.definition_id, task.form_id), task.row.scope)
    context = form_context(task.definition_id, task.row.scope)
    return Filling(form, task.variables, **context, files=files, locked=not task.may_work)


def _with_uploads(task: TaskView, filling: Filling) -> tuple[Filling, dict[str, str]]:
    """Attach the files that came with the form and write their ids in their fields; a sentence for each refused."""
    limit = current.settings().max_upload_mb
    received, refused = read_uploads(filling.form, request.files, max_megabytes=limit)
    many = {field.key for field in filling.form.fields() if field.multiple}
    raw = {name: list(strings) for name, strings in (filling.raw or {}).items()}
    files = dict(filling.files)
    for upload in received:
        media_type = uploads.sniff(upload.content, upload.filename)
        if media_type is None:
            refused[upload.name] = gettext(
                "Il file «%(name)s» non è di un tipo accettato.", name=upload.filename
            )
            continue
        kept = current.engine().comments.attach(
            task.row.id, upload.filename, media_type, upload.content, current.actor()
        )
        before = (
            [one for one in raw.get(upload.name, ()) if one] if upload.name.split(".")[-1] in many else []
        )
        raw[upload.name] = [*before, kept.id]
        address = url_for("files.attachment", attachment_id=kept.id)
        files[kept.id] = AttachmentInfo(kept.filename, kept.size, address)
    return replace(filling, raw=raw, files=files), refused


def _render(task: TaskView, filling: Filling | None, *, from_draft: bool = False) -> str:
    return render_template(
        "inbox/task.html",
        task=task,
        view=filling.view() if filling else None,
        from_draft=from_draft,
        person=essentials(task.instance),
        timeline=_history(task),
        names=choices.names([task.row.assignee]),
    )


def _history(task: TaskView) -> list[timeline.Line]:
    """The last lines of the instance's history; empty for who may see only the task."""
    try:
        return timeline.lines(task.instance.id, current.actor())[-LAST_STEPS:]
    except Forbidden:
        return []


def _closed(task: TaskView, filling: Filling | None, sentence: str = "") -> str:
    lines = filling.lines() if filling else []
    submitted = _submitted(task)
    return render_template(
        "inbox/closed.html",
        task=task,
        names=choices.names([task.completed_by]),
        found=submitted,
        view=filled_form(submitted, task.row.scope, task.attachments).view() if submitted else None,
        mine=task.completed_by == current.actor().id,
        sentence=sentence,
        lines=lines,
        typed="\n".join(f"{label}: {text}" for label, text in lines),
    )


def _submitted(task: TaskView) -> Submission | None:
    """What was submitted for a task, for who may read it."""
    try:
        return current.engine().submissions.of_task(task.row.id, current.actor())
    except Forbidden:
        return None


def _closed_answer(task: TaskView, filling: Filling | None, sentence: str = "") -> Any:
    """The answer for a closed task: redirect who completed it; show anybody else their typed answers."""
    if task.row.state == "completed" and task.completed_by == current.actor().id:
        flash(gettext("«%(task)s» è già completato da te: non serve altro.", task=task.row.name), "info")
        return redirect(url_for("instances.page_of", instance_id=task.instance.id))
    return _closed(task, filling, sentence), 409


def _next_address(done: Completion) -> str:
    """The next task of the same instance that this person may do, or the inbox."""
    if done.next_task_ids:
        return url_for("tasks.page", task_id=done.next_task_ids[0])
    return url_for("inbox.page")
