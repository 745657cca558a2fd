"""What the frame of every page shows: the navigation this person may use, their roles, their unread notices."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, request, url_for
from flask_babel import gettext
from flask_login import current_user

from engine.access import Permission
from engine.tasks.models import TaskRow
from modules.notifications import service as notices
from web import current
from web.language import current_language


@dataclass(frozen=True)
class NavigationItem:
    """One entry of the main navigation."""

    label: str
    address: str
    here: bool


ADMINISTRATION = (
    Permission.INCIDENT_MANAGE,
    Permission.PARAMETER_WRITE,
    Permission.CALENDAR_WRITE,
    Permission.DEADLINE_WRITE,
    Permission.USER_MANAGE,
    Permission.DEFINITION_DEPLOY,
    Permission.INSTANCE_MIGRATE,
    Permission.CASE_BATCH,
)


def navigation() -> list[NavigationItem]:
    """The areas this person may enter."""
    area = request.blueprint or ""
    entries = [(gettext("Compiti"), "inbox.page", "inbox", True)]
    entries.append((gettext("Pratiche"), "instances.page", "instances", current.may(Permission.CASE_READ)))
    entries.append(
        (gettext("Nuova pratica"), "starting.choose", "starting", current.may(Permission.CASE_START))
    )
    administers = any(current.may(permission) for permission in ADMINISTRATION)
    entries.append((gettext("Amministrazione"), "admin.page", "admin", administers))
    shown = [entry[:3] for entry in entries if entry[3]]
    return [NavigationItem(label, url_for(endpoint), area == place) for label, endpoint, place in shown]


def my_roles() -> list[str]:
    """The labels of the user's roles."""
    return sorted(current.engine().permissions.labels(current.actor().roles, current_language()))


def role_label(role: str) -> str:
    """The name of a role for people."""
    return current.engine().permissions.labels([role], current_language())[0]


def unread_notices() -> int:
    """How many notices of the bell are still to be read."""
    if not current_user.is_authenticated:
        return 0
    with current.engine().database.read() as connection:
        return notices.unread_count(connection, current.actor().id)


def for_me(row: TaskRow) -> bool:
    """Whether a task without assignee is offered to the user, by name or by a role in its scope."""
    actor = current.actor()
    return actor.id in row.candidate_users or bool(actor.roles_in(row.scope) & set(row.candidate_roles))


def install(app: Flask) -> None:
    """Give the templates what the frame needs."""
    app.jinja_env.globals.update(
        navigation=navigation,
        my_roles=my_roles,
        unread_notices=unread_notices,
        may=current.may,
        Permission=Permission,
    )
    app.jinja_env.filters.update(role_label=role_label, for_me=for_me)
