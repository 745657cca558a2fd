"""The recipients of a notification: active users by name or by role, and the person of an instance."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from engine.access import accounts
from engine.errors import NotFound
from engine.storage.tables import participant
from modules.people import service as people


@dataclass(frozen=True)
class Recipient:
    """A recipient; without an e-mail address they get only the notice. `language` is it, en or empty."""

    user_id: str
    name: str
    email: str
    language: str


def users_to_notify(
    connection: Connection,
    *,
    roles: Sequence[str],
    users: Sequence[str],
    scope: str,
    instance_id: str,
    today: date,
) -> tuple[Recipient, ...]:
    """The active users named, and those who hold the roles, in the order of their user names.

    A role stands for the participants of the instance with that role; when there is none, for all who hold it in the
    scope or above it on the day `today` (Europe/Rome). With neither roles nor users, all participants.
    """
    columns = participant.c.actor_id, participant.c.role
    current = (participant.c.instance_id == instance_id) & participant.c.until.is_(None)
    participants = connection.execute(select(*columns).where(current)).all()
    chosen = set(users) if users or roles else {row.actor_id for row in participants}
    chosen |= {row.actor_id for row in participants if row.role in roles}
    found: dict[str, accounts.Account] = {}
    for role in sorted(set(roles) - {row.role for row in participants}):
        found |= {
            member.username: member for member in accounts.members_with_role(connection, role, scope, today)
        }
    for username in sorted(chosen - set(found)):
        with suppress(NotFound):
            found[username] = accounts.account(connection, username)
    return tuple(
        Recipient(one.username, one.nome, one.email, one.lingua)
        for _, one in sorted(found.items())
        if one.attivo
    )


def person_of(connection: Connection, instance_id: str) -> Recipient | None:
    """The person of an instance (of a family: the referente); None without person or e-mail address."""
    subject = people.subject_of_instance(connection, instance_id)
    if subject is None or not subject.person.data.email:
        return None
    person = subject.person.data
    return Recipient(f"persona:{subject.person.id}", f"{person.nome} {person.cognome}", person.email, "")
