"""Memberships: the roles of an account, with their scope and period."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, update

from engine.access.actors import scope_chain
from engine.access.audit_register import ChangedBy, record_change
from engine.access.models import Account, AccountMembership
from engine.access.tables import appartenenza, utente
from engine.access.user_directory import account, account_from_row, normalise_username
from engine.errors import InvalidInput, NotFound
from engine.localization import message
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
    by: ChangedBy,
) -> AccountMembership:
    """Give a role in a scope (empty: everywhere) from the day `dal` to the day `al`, both included.

    A membership that exists already is returned as it is. Raises InvalidInput for a malformed role and wrong dates.
    """
    name = account(connection, username).username
    if _ROLE.fullmatch(ruolo) is None:
        raise InvalidInput(
            "MEMBERSHIP_ROLE_INVALID", fields={"ruolo": message("MEMBERSHIP_ROLE_MISSING")}, role=ruolo[:40]
        )
    if al is not None and al < dal:
        raise InvalidInput.for_field("al", message("MEMBERSHIP_ENDS_BEFORE_START"))
    values = {"id": new_id(), "username": name, "ruolo": ruolo, "ambito": ambito, "dal": dal, "al": al}
    if insert_once(connection, appartenenza, values):
        record_change(
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


def end_membership(connection: Connection, membership_id: str, last_day: date, *, by: ChangedBy) -> None:
    """End a membership; `last_day` is the last day on which it holds."""
    row = connection.execute(select(appartenenza).where(appartenenza.c.id == membership_id)).one_or_none()
    if row is None:
        raise NotFound("MEMBERSHIP_NOT_FOUND")
    if last_day < row.dal:
        raise InvalidInput.for_field("al", message("MEMBERSHIP_ENDS_BEFORE_START"))
    connection.execute(update(appartenenza).where(appartenenza.c.id == membership_id).values(al=last_day))
    record_change(
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
    """The memberships of an account: all of them, or those in force on a day."""
    query = select(appartenenza).where(appartenenza.c.username == normalise_username(username))
    if today is not None:
        query = query.where(in_force(today))
    query = query.order_by(appartenenza.c.dal, appartenenza.c.ruolo, appartenenza.c.ambito)
    return tuple(_membership(row) for row in connection.execute(query))


def members_with_role(connection: Connection, role: str, scope: str, today: date) -> tuple[Account, ...]:
    """Active accounts with the role in the scope or one that contains it on a day (Europe/Rome), by name."""
    return tuple(account_from_row(row) for row in connection.execute(_holders([role], scope, today)))


def eligible_users(
    connection: Connection,
    roles: Iterable[str],
    scope: str,
    users: Iterable[str] = (),
    *,
    today: date,
) -> tuple[tuple[str, str], ...]:
    """User name and name of the active accounts with one of the roles in the scope, or among `users`, by name."""
    found = {row.username: row.nome for row in connection.execute(_holders(list(roles), scope, today))}
    named = select(utente).where(utente.c.username.in_(list(users)), utente.c.attivo)
    found |= {row.username: row.nome for row in connection.execute(named)}
    return tuple(sorted(found.items(), key=lambda pair: (pair[1].casefold(), pair[0])))


def in_force(today: date) -> ColumnElement[bool]:
    """SQL: the membership is in force on a day."""
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
