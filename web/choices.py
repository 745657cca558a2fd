"""Options of selects on several pages (processes, ambiti, colleagues), and names by user name."""

from __future__ import annotations

from collections.abc import Iterable

from engine.access import Actor, accounts
from engine.access.scopes import scope_names
from engine.errors import NotFound
from engine.tasks.models import TaskView
from web import current
from web.formatting import today


def processes() -> list[tuple[str, str]]:
    """The processes in force, by name."""
    return sorted(current.engine().repository.process_names().items(), key=lambda pair: pair[1])


def scopes(actor: Actor) -> list[tuple[str, str]]:
    """The ambiti that this person works in, with those under them."""
    with current.engine().database.read() as connection:
        known = scope_names(connection)
    return [(path, name) for path, name in known.items() if actor.has_any_role(path)]


def names(user_ids: Iterable[str | None]) -> dict[str, str]:
    """The names of users by user name."""
    wanted = {user_id for user_id in user_ids if user_id}
    if not wanted:
        return {}
    with current.engine().database.read() as connection:
        return accounts.names(connection, wanted)


def colleagues(task: TaskView) -> list[tuple[str, str]]:
    """Who else could take a task: active users with one of its roles where it is, and its named candidates."""
    with current.engine().database.read() as connection:
        found = accounts.eligible_users(
            connection, task.row.candidate_roles, task.row.scope, task.row.candidate_users, today=today()
        )
    return [(user_id, name) for user_id, name in found if user_id != task.row.assignee]


def actor_named(user_id: str) -> Actor:
    """The colleague of a user name, with their roles of today. Raises NotFound for a closed account."""
    with current.engine().database.read() as connection:
        found = accounts.actor_for(connection, user_id, today())
    if found is None:
        raise NotFound("USER_NOT_ACTIVE", user=user_id[:80])
    return found
