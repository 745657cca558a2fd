"""Telling a case something that happened: the messages it waits for, and what each of them carries.

What a message carries is written in the documentation of the element that catches it, between «»: «nuovo_tutor» and
«motivo_sostituzione». A name that is `nuovo_` and a role is chosen among the colleagues who hold it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import accounts
from engine.access.permissions import Permission
from engine.errors import NotFound
from engine.instances.models import InstanceView
from web import current
from web.access import allowed
from web.cases.views import blueprint
from web.formatting import label, today

CARRIED = re.compile(r"«([a-z][a-z0-9_]*)»")
NEW_HOLDER = "nuovo_"
REASON = "motivo"


@dataclass(frozen=True)
class Carried:
    """One value that a message carries; with `options` it is chosen among them."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Expected:
    """A message that a case waits for: its name, what the diagram says about it, and what it carries."""

    name: str
    explanation: str
    values: tuple[Carried, ...]


def expected(case: InstanceView) -> list[Expected]:
    """The messages that the case waits for now, those of the processes it calls included."""
    engine = current.engine()
    awaited = engine.messages.awaited(case.id)
    models = engine.repository.compiled(case.definition_id).program.models.values()
    catching = [element for model in models for element in model.elements.values() if element.message]
    texts = {element.message: element.documentation for element in catching}
    return [
        Expected(name, texts.get(name, ""), _values(texts.get(name, ""), case.scope))
        for name in sorted(awaited)
    ]


def _values(explanation: str, scope: str) -> tuple[Carried, ...]:
    names = list(dict.fromkeys(CARRIED.findall(explanation)))
    if not any(name.startswith(REASON) for name in names):
        names.append(REASON)
    return tuple(Carried(name, label(name), _options(name, scope)) for name in names)


def _options(name: str, scope: str) -> tuple[tuple[str, str], ...]:
    role = name.removeprefix(NEW_HOLDER)
    if role == name or role not in current.engine().permissions.roles:
        return ()
    with current.engine().database.read() as connection:
        return accounts.who_can(connection, [role], scope, today=today())


@blueprint.route("/pratiche/<instance_id>/comunicazioni", methods=["GET", "POST"])
@allowed(Permission.CASE_MESSAGE)
def tell(instance_id: str) -> Any:
    """Who may write to the case in its ambito (the engine checks): tell it something that happened."""
    engine, actor = current.engine(), current.actor()
    case = engine.instances.get(instance_id, actor)
    engine.permissions.require(actor, Permission.CASE_MESSAGE, case.scope)
    wanted = request.values.get("messaggio", "")
    message = next((one for one in expected(case) if one.name == wanted), None)
    if message is None:
        raise NotFound(gettext("In questo momento la pratica non aspetta questa comunicazione."))
    errors: dict[str, str] = {}
    if request.method == "POST":
        payload = {one.name: request.form.get(one.name, "").strip() for one in message.values}
        errors = {name: gettext("Serve per andare avanti.") for name, text in payload.items() if not text}
        for one in message.values:
            if one.options and payload[one.name] not in dict(one.options):
                errors[one.name] = gettext("Scegli dall'elenco.")
        if not errors:
            engine.messages.correlate(
                message.name, case.business_key, payload, actor, instance_id=instance_id
            )
            flash(gettext("Comunicazione registrata: la pratica è andata avanti."), "success")
            return redirect(url_for("cases.page_of", instance_id=instance_id))
    page = render_template("cases/tell.html", case=case, message=message, errors=errors, typed=request.form)
    return (page, 422) if errors else page
