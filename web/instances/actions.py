"""Actions on an instance: suspend, resume, cancel, reopen, comment."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext

from engine.access import Permission
from engine.errors import InvalidInput
from web import current
from web.access import allowed, signed_in
from web.instances.views import blueprint
from web.language import in_page_language
from web.reasons import required_reason


def _reason() -> str:
    return required_reason("REASON_KEPT_IN_THE_INSTANCE")


def _back(instance_id: str) -> Any:
    return redirect(url_for("instances.page_of", instance_id=instance_id))


@blueprint.post("/pratiche/<instance_id>/sospendi")
@allowed(Permission.CASE_SUSPEND)
def suspend(instance_id: str) -> Any:
    """Who may suspend in the instance's ambito (the engine checks): tasks and timers are suspended."""
    current.engine().instances.suspend(instance_id, _reason(), current.actor())
    flash(gettext("Pratica sospesa: compiti e scadenze restano fermi finché non la riprendi."), "success")
    return _back(instance_id)


@blueprint.post("/pratiche/<instance_id>/riprendi")
@allowed(Permission.CASE_SUSPEND)
def resume(instance_id: str) -> Any:
    """Who may suspend in the instance's ambito (the engine checks): timers continue with the time that was left."""
    current.engine().instances.resume(instance_id, current.actor())
    flash(gettext("Pratica ripresa: le scadenze ripartono con il tempo che restava."), "success")
    return _back(instance_id)


@blueprint.post("/pratiche/<instance_id>/annulla")
@allowed(Permission.CASE_CANCEL)
def cancel(instance_id: str) -> Any:
    """Who may cancel in the instance's ambito (the engine checks): it ends here, and its history stays."""
    current.engine().instances.cancel(instance_id, _reason(), current.actor())
    flash(gettext("Pratica annullata."), "success")
    return _back(instance_id)


@blueprint.post("/pratiche/<instance_id>/riapri")
@allowed(Permission.CASE_REOPEN)
def reopen(instance_id: str) -> Any:
    """Who may reopen in the instance's ambito (the engine checks): a new instance, linked to the old one."""
    opened = current.engine().instances.reopen(instance_id, _reason(), current.actor())
    flash(
        gettext("Aperta la pratica n. %(number)d, collegata alla precedente.", number=opened.number),
        "success",
    )
    return _back(opened.id)


@blueprint.post("/pratiche/<instance_id>/note")
@signed_in
def comment(instance_id: str) -> Any:
    """Whoever may see the instance (the engine checks): write a comment on it."""
    try:
        current.engine().comments.comment_instance(
            instance_id, request.form.get("testo", ""), current.actor()
        )
    except InvalidInput as problem:
        flash(in_page_language(problem.message), "danger")
    else:
        flash(gettext("Nota aggiunta."), "success")
    return redirect(url_for("instances.page_of", instance_id=instance_id, _anchor="note"))
