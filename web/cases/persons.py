"""The page of a person: the essentials and their cases."""

from __future__ import annotations

from typing import Any

from flask import render_template

from engine.access.permissions import Permission
from engine.errors import Forbidden, NotFound
from engine.instances.models import InstanceView
from modules.people import households, persons
from web import current
from web.access import allowed
from web.cases.subject import facts_of
from web.cases.views import blueprint


@blueprint.get("/persone/<person_id>")
@allowed(Permission.PERSON_READ)
def person(person_id: str) -> Any:
    """Who may read persons, for persons of their ambiti or of a case they may see; reading it is written in the log."""
    engine, actor = current.engine(), current.actor()
    with engine.database.read() as connection:
        found = persons.get(connection, person_id)
        case_ids = households.cases_of(connection, person_id)
    cases = [case for case in map(_visible, case_ids) if case is not None]
    if not cases and not (found.data.ambito and current.may(Permission.PERSON_READ, found.data.ambito)):
        raise Forbidden("Questa persona non è seguita in un ambito o in una pratica che puoi vedere")
    for case in cases:
        engine.history.looked(case.id, actor, "person")
    return render_template(
        "cases/person.html",
        found=found,
        facts=facts_of(found),
        cases=sorted(cases, key=lambda case: -case.number),
    )


def _visible(instance_id: str) -> InstanceView | None:
    try:
        return current.engine().instances.get(instance_id, current.actor())
    except (Forbidden, NotFound):
        return None
