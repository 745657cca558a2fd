"""The page of a person: the essentials and their instances."""

from __future__ import annotations

from typing import Any

from flask import render_template

from engine.access import Permission
from engine.errors import Forbidden, NotFound
from engine.instances.models import InstanceView
from modules.people import households, persons
from web import current
from web.access import allowed
from web.instances.subject import facts_of
from web.instances.views import blueprint


@blueprint.get("/persone/<person_id>")
@allowed(Permission.PERSON_READ)
def person(person_id: str) -> Any:
    """Who may read persons, for persons of their ambiti or of an instance they may see; the log records it."""
    engine, actor = current.engine(), current.actor()
    with engine.database.read() as connection:
        found = persons.get(connection, person_id)
        instance_ids = households.instances_of_person(connection, person_id)
    instances = [instance for instance in map(_visible, instance_ids) if instance is not None]
    if not instances and not (found.data.ambito and current.may(Permission.PERSON_READ, found.data.ambito)):
        raise Forbidden("PERSON_NOT_VISIBLE")
    for instance in instances:
        engine.history.record_read(instance.id, actor, "person")
    return render_template(
        "instances/person.html",
        found=found,
        facts=facts_of(found),
        instances=sorted(instances, key=lambda instance: -instance.number),
    )


def _visible(instance_id: str) -> InstanceView | None:
    try:
        return current.engine().instances.get(instance_id, current.actor())
    except (Forbidden, NotFound):
        return None
