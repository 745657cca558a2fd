"""The colleagues of a simulation: invented, one for each role, with accounts without password in the people tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from engine.access import accounts
from engine.access.audit_register import By
from engine.access.models import Ambito
from engine.access.scopes import scope_names
from engine.scheduling.calendars.scopes import save_scope
from engine.storage import Database

DEFAULT_SCOPE = "cremasco/crema"

DEFAULT_USERS: Mapping[str, Sequence[str]] = {
    "anna": ("assistente_sociale",),
    "bruno": ("operatore_sil",),
    "carla": ("coordinatore_patti",),
    "dario": ("microequipe",),
    "elena": ("case_manager",),
    "fabio": ("tutor",),
    "gina": ("commissione",),
    "hugo": ("commissione",),
    "ines": ("commissione",),
    "luca": ("formatore",),
    "mara": ("segnalante",),
    "rita": ("amministratore",),
}
"""User name → roles held in the scope of the simulation (an amministratore holds hers everywhere)."""

USER_NAMES: Mapping[str, str] = {
    "anna": "Anna Prova",
    "bruno": "Bruno Esempio",
    "carla": "Carla Finta",
    "dario": "Dario Inventato",
    "elena": "Elena Ipotesi",
    "fabio": "Fabio Modello",
    "gina": "Gina Scenario",
    "hugo": "Hugo Campione",
    "ines": "Ines Saggio",
    "luca": "Luca Bozza",
    "mara": "Mara Traccia",
    "rita": "Rita Schema",
}

EVERYWHERE = frozenset({"amministratore", "analista"})
SCOPE_NAMES = {"cremasco": "Ambito Cremasco", "cremasco/crema": "Crema", "cremona": "Cremona"}
LONG_AGO = date(2000, 1, 1)


def furnish(database: Database, users: Mapping[str, Sequence[str]], scope: str, by: By) -> None:
    """Write the ambiti down to `scope` and the accounts of `users`, as far as they are not there yet.

    A role may name its own scope after ``@``: ``commissione@cremona``.
    """
    with database.begin() as work:
        connection = work.connection
        held = [(name, *_place(role, scope)) for name, roles in users.items() for role in roles]
        present = scope_names(connection)
        for wanted in sorted({scope, *(where for _, _, where in held)}):
            for path in _downwards(wanted):
                if path not in present:
                    save_scope(connection, Ambito(path, SCOPE_NAMES.get(path, path)), by=by)
                    present[path] = path
        existing = {account.username for account in accounts.accounts(connection, limit=1000)}
        for name in users:
            if name not in existing:
                shown = USER_NAMES.get(name, f"{name.capitalize()} Simulazione")
                accounts.create_account(connection, name, shown, None, by=by, email=f"{name}@example.org")
        for name, role, where in held:
            accounts.add_membership(connection, name, role, where, LONG_AGO, by=by)


def _place(role: str, scope: str) -> tuple[str, str]:
    name, at, where = role.partition("@")
    if at:
        return name, where
    return name, "" if name in EVERYWHERE else scope


def _downwards(path: str) -> list[str]:
    parts = path.split("/") if path else []
    return ["/".join(parts[: size + 1]) for size in range(len(parts))]
