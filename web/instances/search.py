"""One search box over persons, instances and tasks."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from engine.access import Permission
from modules.people import persons
from modules.people.model import Person
from web import choices, current
from web.access import signed_in
from web.instances.views import blueprint

SHORTEST = 2


@blueprint.get("/cerca")
@signed_in
def search() -> Any:
    """Whoever is signed in: what is found among the persons, instances and tasks they may see."""
    text = request.args.get("q", "").strip()[:100]
    enough = len(text) >= SHORTEST or text.isdigit()
    engine, actor = current.engine(), current.actor()
    found_persons: tuple[Person, ...] = ()
    scopes = engine.permissions.scopes(actor, Permission.PERSON_READ)
    if enough and scopes:
        with engine.database.read() as connection:
            found_persons = persons.find(connection, text, scopes=None if "" in scopes else scopes)
    tasks = engine.inbox.search_tasks(text, actor) if enough else ()
    return render_template(
        "instances/search.html",
        text=text,
        enough=enough,
        persons=found_persons,
        instances=engine.instances.search(text, actor) if enough else (),
        tasks=tasks,
        names=choices.names(row.assignee for row in tasks),
    )
