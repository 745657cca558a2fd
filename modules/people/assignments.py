"""Roles of users in an instance (case manager, tutor…): one row for each period; ended rows stay."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from engine.access import ChangedBy
from engine.access.tables import utente
from engine.storage.sql.insert_once import insert_once
from modules.people.model import Assignment
from modules.people.tables import incarico


def assign(connection: Connection, instance_id: str, username: str, ruolo: str, *, by: ChangedBy) -> bool:
    """Assign the role; False when the user holds it already."""
    return insert_once(
        connection,
        incarico,
        {
            "instance_id": instance_id,
            "username": username,
            "ruolo": ruolo,
            "dal": by.at,
            "nominato_da": by.actor_id,
        },
    )


def end(connection: Connection, instance_id: str, username: str, ruolo: str, *, by: ChangedBy) -> bool:
    """End the role; False when the user does not hold it."""
    ended = connection.execute(
        update(incarico)
        .where(
            incarico.c.instance_id == instance_id,
            incarico.c.username == username,
            incarico.c.ruolo == ruolo,
            incarico.c.al.is_(None),
        )
        .values(al=by.at, revocato_da=by.actor_id)
    )
    return ended.rowcount > 0


def holders(connection: Connection, instance_id: str, ruolo: str) -> tuple[str, ...]:
    """The user names that hold the role now, the newest last."""
    query = (
        select(incarico.c.username)
        .where(incarico.c.instance_id == instance_id, incarico.c.ruolo == ruolo, incarico.c.al.is_(None))
        .order_by(incarico.c.id)
    )
    return tuple(connection.execute(query).scalars())


def assignments_of_instance(
    connection: Connection, instance_id: str, *, also_ended: bool = False
) -> tuple[Assignment, ...]:
    """The assignments of an instance, by role; `also_ended` includes those that have ended."""
    query = (
        select(incarico, utente.c.nome)
        .join_from(incarico, utente)
        .where(incarico.c.instance_id == instance_id)
        .order_by(incarico.c.ruolo, incarico.c.id)
    )
    if not also_ended:
        query = query.where(incarico.c.al.is_(None))
    return tuple(
        Assignment(row.instance_id, row.username, row.nome, row.ruolo, row.dal, row.al, row.nominato_da)
        for row in connection.execute(query)
    )
