"""Starting an instance: choose process and ambito, fill in the start form, check for duplicates of the person."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import Permission
from engine.definitions.models import Definition
from engine.errors import Forbidden, InvalidInput, NotFound
from modules.people import service as people
from modules.people.model import Duplicate, PersonData
from web import choices, current
from web.access import allowed
from web.filling import Filling, form_context, with_colleagues
from web.forms import read_post
from web.layout import for_me

blueprint = Blueprint("starting", __name__, template_folder="templates", url_prefix="/nuova-pratica")

USE_PERSON, ANOTHER_PERSON = "_usa_persona", "_altra_persona"
PERSON_KEYS = ("codice_fiscale", "cognome", "nome", "data_nascita", "comune_residenza", "telefono", "email")


@blueprint.get("")
@allowed(Permission.CASE_START)
def choose() -> Any:
    """Whoever may start instances: which process, and where."""
    found = current.engine().repository.startable(current.actor())
    places = choices.scopes(current.actor())
    return render_template(
        "instances/choose.html", startable=sorted(found, key=lambda one: one.name), scopes=places
    )


@blueprint.get("/<key>")
@allowed(Permission.CASE_START)
def fill(key: str) -> Any:
    """Starters of the process in the ambito (the engine checks): the start form."""
    found, scope = _definition_and_scope(key)
    return _render(found, scope, _filling(found, scope))


@blueprint.post("/<key>")
@allowed(Permission.CASE_START)
def start(key: str) -> Any:
    """Who may start the process in the ambito (the engine checks): start it, unless the person is there already."""
    found, scope = _definition_and_scope(key)
    filling = _filling(found, scope)
    if filling is None:
        return _open(found, scope, None, {})
    post = read_post(filling.form, request.form)
    filling = filling.typed(post.raw, post.focus)
    if chosen := request.form.get(USE_PERSON):
        flash(gettext("Dati ripresi dalla scheda esistente: controlla e apri la pratica."), "info")
        return _render(found, scope, filling.typed({**post.raw, **_known(chosen, scope, filling)}))
    if post.shows_again:
        return _render(found, scope, filling)
    values, errors, unasked = filling.read()
    if errors:
        return _render(found, scope, filling.wrong(errors)), 422
    if unasked:
        flash(
            gettext("Le risposte hanno fatto comparire altre domande: guardale e completa di nuovo."),
            "warning",
        )
        return _render(found, scope, filling)
    alike = _duplicates(values)
    if alike and not request.form.get(ANOTHER_PERSON):
        return _render(found, scope, filling, alike), 409
    return _open(found, scope, filling, values)


def _open(found: Definition, scope: str, filling: Filling | None, values: dict[str, Any]) -> Any:
    engine, actor = current.engine(), current.actor()
    try:
        instance = engine.instances.start(found.key, values, actor, scope)
    except InvalidInput as problem:
        if filling is None:
            raise
        return _render(found, scope, filling.wrong(problem.fields or {"": problem.message})), 422
    flash(gettext("Aperta la pratica n. %(number)d.", number=instance.number), "success")
    try:
        opened = engine.inbox.of_instance(instance.id, actor)
    except Forbidden:  # who reports a family hands it over: the instance is not theirs to read
        return redirect(url_for("inbox.page"))
    mine = [row for row in opened if row.assignee == actor.id or for_me(row)]
    if mine:
        return redirect(url_for("tasks.page", task_id=mine[0].id))
    return redirect(url_for("instances.page_of", instance_id=instance.id))


def _definition_and_scope(key: str) -> tuple[Definition, str]:
    engine, actor = current.engine(), current.actor()
    scope = request.values.get("ambito", "")
    if scope not in dict(choices.scopes(actor)):
        raise NotFound("SCOPE_NOT_CHOSEN")
    found = engine.repository.latest(key)
    engine.repository.require_may_start(found, actor, scope)
    return found, scope


def _filling(found: Definition, scope: str) -> Filling | None:
    form = current.engine().repository.start_form(found.id)
    return Filling(with_colleagues(form, scope), {}, **form_context(found.id, scope)) if form else None


def _duplicates(values: dict[str, Any]) -> tuple[Duplicate, ...]:
    """Persons already there who may be the one in the form; none for a form that is not about a person."""
    surname, name = str(values.get("cognome") or ""), str(values.get("nome") or "")
    code, birth = str(values.get("codice_fiscale") or ""), values.get("data_nascita")
    if not (code or (surname and name)):
        return ()
    born = date.fromisoformat(birth) if isinstance(birth, str) and birth else birth
    with current.engine().database.read() as connection:
        return people.duplicates(connection, code, surname, name, born if isinstance(born, date) else None)


def _known(person_id: str, scope: str, filling: Filling) -> dict[str, list[str]]:
    """What is known of a person already there, as the form would have it typed."""
    with current.engine().database.read() as connection:
        person = people.get(connection, person_id)
    current.engine().permissions.require(current.actor(), Permission.PERSON_READ, person.data.ambito or scope)
    keys = {field.key for field in filling.form.fields()}
    return {
        key: [_form_text(person.data, key)]
        for key in PERSON_KEYS
        if key in keys and _form_text(person.data, key)
    }


def _form_text(data: PersonData, key: str) -> str:
    known = getattr(data, key)
    return known.isoformat() if isinstance(known, date) else str(known or "")


def _render(found: Definition, scope: str, filling: Filling | None, alike: tuple[Duplicate, ...] = ()) -> str:
    actor = current.actor()
    visible = {
        one.person.id for one in alike if current.may(Permission.PERSON_READ, one.person.data.ambito or scope)
    }
    return render_template(
        "instances/start.html",
        definition=found,
        scope=scope,
        scope_name=dict(choices.scopes(actor))[scope],
        view=filling.view() if filling else None,
        alike=alike,
        visible=visible,
        use_person=USE_PERSON,
        another_person=ANOTHER_PERSON,
    )
