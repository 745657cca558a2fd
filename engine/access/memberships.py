"""Memberships: which roles an account holds, in which ambito, from when to when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, update

from engine.access.actors import scope_chain
from engine.access.audit_register import By, note
from engine.access.models import Account, AccountMembership
from engine.access.tables import appartenenza, utente
from engine.access.user_directory import account, normalise_username, read_account
from engine.errors import InvalidInput, NotFound
from engine.storage.sql.insert_once import insert_once
from engine.storage.types import new_id

_ROLE = re.compile(r"[a-z][a-z0-9_]{0,79}")


def add_membership(
    connection: Connection,
    username: str,
    ruolo: str,
    ambito: str,
    dal: date,
    al: date | None = None,
    *,
    by: By,
) -> AccountMembership:
    """Give a role in an ambito (its scope; empty for all of them), from a day to a day included.

    The role's name must look like one of ``processes/ruoli.yaml``; a role held already without end is not given twice.
    """
    name = account(connection, username).username
    if _ROLE.fullmatch(ruolo) is None:
        raise InvalidInput(f"«{ruolo:.40}» non è il nome di un ruolo", fields={"ruolo": "Scegliere un ruolo"})
    if al is not None and al < dal:
        raise InvalidInput(
            "La fine viene prima dell'inizio", fields={"al": "La fine viene prima dell'inizio"}
        )
    values = {"id": new_id(), "username": name, "ruolo": ruolo, "ambito": ambito, "dal": dal, "al": al}
    if insert_once(connection, appartenenza, values):
        note(
            connection,
            by,
            "utente",
            name,
            "ruolo dato",
            {"ruolo": ruolo, "ambito": ambito, "dal": dal, "al": al},
        )
    held = select(appartenenza).where(
        appartenenza.c.username == name,
        appartenenza.c.ruolo == ruolo,
        appartenenza.c.ambito == ambito,
        appartenenza.c.al.is_(None) if al is None else appartenenza.c.al == al,
    )
    return _membership(connection.execute(held.limit(1)).one())


def end_membership(connection: Connection, membership_id: str, last_day: date, *, by: By) -> None:
    """The role is held until this day included."""
    row = connection.execute(select(appartenenza).where(appartenenza.c.id == membership_id)).one_or_none()
    if row is None:
        raise NotFound("Questa appartenenza non c'è")
    if last_day < row.dal:
        raise InvalidInput(
            "La fine viene prima dell'inizio", fields={"al": "La fine viene prima dell'inizio"}
        )
    connection.execute(update(appartenenza).where(appartenenza.c.id == membership_id).values(al=last_day))
    note(
        connection,
        by,
        "utente",
        row.username,
        "ruolo tolto",
        {"ruolo": row.ruolo, "ambito": row.ambito, "al": last_day},
    )


def memberships(
    connection: Connection, username: str, today: date | None = None
) -> tuple[AccountMembership, ...]:
    """The roles of an account: all of them, or those in force on a day."""
    query = select(appartenenza).where(appartenenza.c.username == normalise_username(username))
    if today is not None:
        query = query.where(in_force(today))
    query = query.order_by(appartenenza.c.dal, appartenenza.c.ruolo, appartenenza.c.ambito)
    return tuple(_membership(row) for row in connection.execute(query))


def members_with_role(connection: Connection, role: str, scope: str, today: date) -> tuple[Account, ...]:
    """Active accounts that hold the role in this scope or above it on that day (in Rome), by name."""
    return tuple(read_account(row) for row in connection.execute(_holders([role], scope, today)))


def who_can(
    connection: Connection,
    roles: Iterable[str],
    scope: str,
    users: Iterable[str] = (),
    *,
    today: date,
) -> tuple[tuple[str, str], ...]:
    """User name and name of the active accounts that hold one of the roles in the scope, or are named, by name."""
    found = {row.username: row.nome for row in connection.execute(_holders(list(roles), scope, today))}
    named = select(utente).where(utente.c.username.in_(list(users)), utente.c.attivo)
    found |= {row.username: row.nome for row in connection.execute(named)}
    return tuple(sorted(found.items(), key=lambda pair: (pair[1].casefold(), pair[0])))


def in_force(today: date) -> ColumnElement[bool]:
    """The memberships that hold on a day."""
    return (appartenenza.c.dal <= today) & (appartenenza.c.al.is_(None) | (appartenenza.c.al >= today))


def _holders(roles: list[str], scope: str, today: date) -> Select[Any]:
    holding = select(appartenenza.c.username).where(
        appartenenza.c.ruolo.in_(roles), appartenenza.c.ambito.in_(scope_chain(scope)), in_force(today)
    )
    return (
        select(utente)
        .where(utente.c.attivo, utente.c.username.in_(holding))
        .order_by(utente.c.nome, utente.c.username)
    )


def _membership(row: Row[Any]) -> AccountMembership:
    return AccountMembership(row.id, row.ruolo, row.ambito, row.dal, row.al)
