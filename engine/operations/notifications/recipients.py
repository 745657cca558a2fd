"""Who is told: users by name or by role, and the person whom a case is about. Only active users, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, or_, select

from engine.actors import scope_chain
from engine.operations.people.tables import appartenenza, caso_soggetto, persona, utente
from engine.storage.tables import participant


@dataclass(frozen=True)
class Recipient:
    """Someone to be told; without an e-mail address only the bell rings. `language` is it, en or empty."""

    user_id: str
    name: str
    email: str
    language: str


def holders(
    connection: Connection,
    *,
    roles: Sequence[str],
    users: Sequence[str],
    scope: str,
    instance_id: str,
    today: date,
) -> tuple[Recipient, ...]:
    """The active users named, and those who hold the roles, in the order of their user names.

    A role belongs to whoever was named for it in the case; when nobody was, to all who hold it in the scope or above it
    on the day `today` (Europe/Rome). With neither roles nor users, all who take part in the case.
    """
    part = participant.c.actor_id, participant.c.role
    running = (participant.c.instance_id == instance_id) & participant.c.until.is_(None)
    named = connection.execute(select(*part).where(running)).all()
    chosen = set(users) if users or roles else {row.actor_id for row in named}
    chosen |= {row.actor_id for row in named if row.role in roles}
    open_roles = sorted(set(roles) - {row.role for row in named})
    if open_roles:
        in_force = or_(appartenenza.c.al.is_(None), appartenenza.c.al >= today) & (
            appartenenza.c.dal <= today
        )
        members = select(appartenenza.c.username).where(
            appartenenza.c.ruolo.in_(open_roles), appartenenza.c.ambito.in_(scope_chain(scope)), in_force
        )
        chosen |= set(connection.execute(members).scalars())
    if not chosen:
        return ()
    query = (
        select(utente)
        .where(utente.c.username.in_(sorted(chosen)), utente.c.attivo)
        .order_by(utente.c.username)
    )
    return tuple(
        Recipient(row.username, row.nome, row.email, row.lingua) for row in connection.execute(query)
    )


def person_of(connection: Connection, instance_id: str) -> Recipient | None:
    """The person whom a case is about (of a family: who answers for it); None without person or e-mail address."""
    query = select(persona.c.id, persona.c.nome, persona.c.cognome, persona.c.email).join_from(
        caso_soggetto, persona, caso_soggetto.c.persona_id == persona.c.id
    )
    row = connection.execute(query.where(caso_soggetto.c.instance_id == instance_id)).one_or_none()
    if row is None or not row.email:
        return None
    return Recipient(f"persona:{row.id}", f"{row.nome} {row.cognome}", row.email, "")
