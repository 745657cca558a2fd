"""The default users of a simulation, with accounts without password, and the scopes where they work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from engine.access import ChangedBy, accounts
from engine.access.models import Ambito
from engine.access.scopes import scope_names
from engine.scheduling.calendars.scopes import save_scope
from engine.storage import Database

DEFAULT_SCOPE = "cremasco/crema"

DEFAULT_USERS: dict[str, Sequence[str]] = {}
"""User name → roles held in the scope of the simulation; filled by `register_default_users`."""
USER_NAMES: dict[str, str] = {}
"""User name → full name."""
UNSCOPED_ROLES: set[str] = set()
"""The roles that are held in every scope."""
SCOPE_NAMES = {"cremasco": "Ambito Cremasco", "cremasco/crema": "Crema", "cremona": "Cremona"}
LONG_AGO = date(2000, 1, 1)


def register_default_users(
    users: Mapping[str, Sequence[str]], names: Mapping[str, str], unscoped_roles: Iterable[str] = ()
) -> None:
    """Add default users of simulations: a module knows the roles of its processes."""
    DEFAULT_USERS.update(users)
    USER_NAMES.update(names)
    UNSCOPED_ROLES.update(unscoped_roles)


def create_users(database: Database, users: Mapping[str, Sequence[str]], scope: str, by: ChangedBy) -> None:
    """Create `scope`, the scopes that contain it, and the accounts of `users`, where they do not exist yet.

    A role can give its own scope after ``@``: ``commissione@cremona``.
    """
    with database.begin() as work:
        connection = work.connection
        held = [(name, *_role_and_scope(role, scope)) for name, roles in users.items() for role in roles]
        present = scope_names(connection)
        for wanted in sorted({scope, *(where for _, _, where in held)}):
            for path in _paths_down_to(wanted):
                if path not in present:
                    save_scope(connection, Ambito(path, SCOPE_NAMES.get(path, path)), by=by)
                    present[path] = path
        existing = {account.username for account in accounts.accounts(connection, limit=1000)}
        for name in users:
            if name not in existing:
                full_name = USER_NAMES.get(name, f"{name.capitalize()} Simulazione")
                accounts.create_account(connection, name, full_name, None, by=by, email=f"{name}@example.org")
        for name, role, where in held:
            accounts.add_membership(connection, name, role, where, LONG_AGO, by=by)


def _role_and_scope(role: str, scope: str) -> tuple[str, str]:
    name, at, where = role.partition("@")
    if at:
        return name, where
    return name, "" if name in UNSCOPED_ROLES else scope


def _paths_down_to(path: str) -> list[str]:
    parts = path.split("/") if path else []
    return ["/".join(parts[: size + 1]) for size in range(len(parts))]
