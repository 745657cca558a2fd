"""Sending a message to an instance: the messages it waits for, and the values of each.

The values of a message are named in the documentation of the element that catches it, between «»: «nuovo_tutor» and
«motivo_sostituzione». A name that is `nuovo_` and a role is chosen among the colleagues who hold it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import Permission, accounts
from engine.errors import NotFound
from engine.instances.models import InstanceView
from web import current
from web.access import allowed
from web.formatting import label, today
from web.instances.views import blueprint

VALUE_NAME = re.compile(r"«([a-z][a-z0-9_]*)»")
NEW_HOLDER = "nuovo_"
REASON = "motivo"


@dataclass(frozen=True)
class MessageValue:
    """One value of a message; with `options` it is chosen among them."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AwaitedMessage:
    """A message that an instance waits for: its name, its documentation in the diagram, and its values."""

    name: str
    explanation: str
    values: tuple[MessageValue, ...]


def awaited_messages(instance: InstanceView) -> list[AwaitedMessage]:
    """The messages that the instance waits for now, those of the processes it calls included."""
    engine = current.engine()
    names = engine.messages.awaited_messages(instance.id)
    models = engine.repository.compiled(instance.definition_id).executable.models.values()
    catching = [element for model in models for element in model.elements.values() if element.message]
    texts = {element.message: element.documentation for element in catching}
    return [
        AwaitedMessage(name, texts.get(name, ""), _values(texts.get(name, ""), instance.scope))
        for name in sorted(names)
    ]


def _values(explanation: str, scope: str) -> tuple[MessageValue, ...]:
    names = list(dict.fromkeys(VALUE_NAME.findall(explanation)))
    if not any(name.startswith(REASON) for name in names):
        names.append(REASON)
    return tuple(MessageValue(name, label(name), _options(name, scope)) for name in names)


def _options(name: str, scope: str) -> tuple[tuple[str, str], ...]:
    role = name.removeprefix(NEW_HOLDER)
    if role == name or role not in current.engine().permissions.roles:
        return ()
    with current.engine().database.read() as connection:
        return accounts.eligible_users(connection, [role], scope, today=today())


@blueprint.route("/pratiche/<instance_id>/comunicazioni", methods=["GET", "POST"])
@allowed(Permission.CASE_MESSAGE)
def send_message(instance_id: str) -> Any:
    """Who may send messages to the instance (the engine checks): send one that it waits for."""
    engine, actor = current.engine(), current.actor()
    instance = engine.instances.get(instance_id, actor)
    engine.permissions.require(actor, Permission.CASE_MESSAGE, instance.scope)
    wanted = request.values.get("messaggio", "")
    message = next((one for one in awaited_messages(instance) if one.name == wanted), None)
    if message is None:
        raise NotFound("MESSAGE_NOT_AWAITED")
    errors: dict[str, str] = {}
    if request.method == "POST":
        payload = {one.name: request.form.get(one.name, "").strip() for one in message.values}
        errors = {name: gettext("Serve per andare avanti.") for name, text in payload.items() if not text}
        for one in message.values:
            if one.options and payload[one.name] not in dict(one.options):
                errors[one.name] = gettext("Scegli dall'elenco.")
        if not errors:
            engine.messages.correlate(
                message.name, instance.business_key, payload, actor, instance_id=instance_id
            )
            flash(gettext("Comunicazione registrata: la pratica è andata avanti."), "success")
            return redirect(url_for("instances.page_of", instance_id=instance_id))
    page = render_template(
        "instances/message.html", instance=instance, message=message, errors=errors, typed=request.form
    )
    return (page, 422) if errors else page
