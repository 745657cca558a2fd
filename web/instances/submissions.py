"""What was written in an instance: the submitted forms by day, and each one as it was filled in, read only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext

from engine.errors import NotFound
from engine.history import Submission
from engine.tasks.models import Attachment
from web import choices, current
from web.access import signed_in
from web.filling import USERS, Filling, form_context, with_colleagues
from web.formatting import day
from web.forms import AttachmentInfo
from web.forms.item import Item
from web.instances.views import blueprint

PAGE = 30
LONGEST_LINE = 240


@dataclass(frozen=True)
class Entry:
    """A line of the list: when, who, which form, and how it begins."""

    id: int
    at: datetime
    actor_id: str
    name: str
    begins: str
    readable: bool


@blueprint.get("/pratiche/<instance_id>/scritto")
@signed_in
def submissions(instance_id: str) -> Any:
    """Whoever may see the instance (the engine says): what was written, the latest day first; the reading is logged."""
    engine, actor, asked = current.engine(), current.actor(), request.args
    with engine.database.share_read_connection():
        instance = engine.instances.get(instance_id, actor)
        chosen = asked.get("compito", "")
        found, following = engine.submissions.list(
            instance_id, actor, element_id=chosen, after=asked.get("dopo", ""), limit=PAGE
        )
        _, attachments = engine.inbox.comments_and_attachments(instance_id, actor)
        version = engine.step_runner.configuration_version()
        entries = [_entry(one, instance.scope, attachments, version) for one in found]
        names = choices.names(one.actor_id for one in found)
        elements = engine.submissions.elements(instance_id, actor)
    engine.history.record_read(instance_id, actor, "submissions")
    return render_template(
        "instances/submissions.html",
        instance=instance,
        days=[(text, list(group)) for text, group in groupby(entries, lambda one: day(one.at))],
        names=names,
        elements=sorted(elements, key=lambda one: one[0] != chosen),  # the chosen one is seen on a phone too
        chosen=chosen,
        next_key=following,
    )


@blueprint.get("/pratiche/<instance_id>/scritto/<int:submission_id>")
@signed_in
def submission(instance_id: str, submission_id: int) -> Any:
    """Whoever may see the instance and what was written there (the engine says): one form as it was filled in."""
    engine, actor = current.engine(), current.actor()
    instance = engine.instances.get(instance_id, actor)
    found = engine.submissions.get(submission_id, actor)
    if found.instance_id != instance_id:
        raise NotFound("SUBMISSION_NOT_FOUND")
    engine.history.record_read(instance_id, actor, "submission")
    _, attachments = engine.inbox.comments_and_attachments(instance_id, actor)
    return render_template(
        "instances/submission.html",
        instance=instance,
        found=found,
        view=filled_form(found, instance.scope, attachments).view(),
        names=choices.names([found.actor_id]),
        attachments=[one for one in attachments if one.task_id and one.task_id == found.task_id],
    )


def filled_form(
    found: Submission,
    scope: str,
    attachments: Sequence[Attachment],
    configuration_version: int | None = None,
) -> Filling:
    """The form as it was filled in, with the day and the functions of that moment; nothing can be changed."""
    form = current.engine().repository.form(found.definition_id, found.form_id)
    chosen = [found.answers.get(one.key) for one in form.fields() if USERS in one.properties]
    names = choices.names(one for one in chosen if isinstance(one, str))
    files = {
        one.id: AttachmentInfo(one.filename, one.size, url_for("files.attachment", attachment_id=one.id))
        for one in attachments
    }
    return Filling(
        with_colleagues(form, scope, also=names),
        found.variables,
        **form_context(found.definition_id, scope, found.at, configuration_version),
        values=found.answers,
        files=files,
        locked=True,
    )


def _entry(found: Submission, scope: str, attachments: Sequence[Attachment], version: int) -> Entry:
    begins = gettext("Riservato")
    if found.readable:
        begins = _beginning(filled_form(found, scope, attachments, version).view().items)
    return Entry(found.id, found.at, found.actor_id, found.name, begins, found.readable)


def _beginning(items: Sequence[Item]) -> str:
    """The first line of the first long text that was written; without one, of the first answer with its label."""
    answered = [item for item in _answered(items) if item.shown]
    for item in answered:
        if item.kind == "textarea":
            return _line(item.shown)
    return _line(f"{answered[0].heading}: {answered[0].shown}") if answered else ""


def _answered(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        if item.items:
            yield from _answered(item.items)
        elif item.heading and item.name:
            yield item


def _line(text: str) -> str:
    first = text.strip().partition("\n")[0].strip()
    return first if len(first) <= LONGEST_LINE else first[:LONGEST_LINE].rstrip() + "…"
