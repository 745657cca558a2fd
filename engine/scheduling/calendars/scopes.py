"""Scopes (ambiti) with their comuni and, from their calendar, the patron saint."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace

from sqlalchemy import Connection, delete, insert, select, update

from engine.access import ChangedBy
from engine.access.audit_register import record_change
from engine.access.models import Ambito
from engine.access.scopes import scope_names
from engine.access.tables import ambito, comune
from engine.errors import InvalidInput
from engine.localization import message
from engine.scheduling.calendars.models import CalendarRule
from engine.scheduling.calendars.rules import read_rules, write_rule

_PATH = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")


def scopes(connection: Connection) -> tuple[Ambito, ...]:
    """All scopes in the order of their paths."""
    towns: dict[str, list[str]] = defaultdict(list)
    for name, path in connection.execute(select(comune.c.nome, comune.c.ambito).order_by(comune.c.nome)):
        towns[path].append(name)
    rules = read_rules(connection)
    return tuple(
        Ambito(row.path, row.nome, rule.patron_name, rule.patron_day, tuple(towns[row.path]))
        for row in connection.execute(select(ambito).order_by(ambito.c.path))
        for rule in [rules.get(row.path, CalendarRule(row.path))]
    )


def save_scope(connection: Connection, value: Ambito, *, by: ChangedBy) -> None:
    """Insert or update a scope and its comuni; a patron is written to its calendar, without one the calendar stays.

    Raises InvalidInput (field `path`) for a malformed path and when the scope above does not exist.
    """
    if _PATH.fullmatch(value.path) is None or len(value.path) > 160:
        raise InvalidInput.for_field("path", message("SCOPE_PATH_INVALID", path=f"{value.path:.60}"))
    known = scope_names(connection)
    if value.padre is not None and value.padre not in known:
        raise InvalidInput.for_field(
            "path", message("SCOPE_PARENT_MISSING", parent=value.padre, path=value.path)
        )
    columns = {"nome": value.nome, "padre": value.padre}
    if value.path in known:
        connection.execute(update(ambito).where(ambito.c.path == value.path).values(**columns))
    else:
        connection.execute(insert(ambito).values(path=value.path, **columns))
    connection.execute(
        delete(comune).where((comune.c.ambito == value.path) | comune.c.nome.in_(value.comuni))
    )
    if value.comuni:
        connection.execute(insert(comune), [{"nome": name, "ambito": value.path} for name in value.comuni])
    if value.patrono_giorno:
        rule = read_rules(connection, [value.path]).get(value.path, CalendarRule(value.path))
        with_patron = replace(
            rule,
            patron_name=value.patrono_nome,
            patron_day=value.patrono_giorno,
            reason=str(message("PATRON_SAVED_WITH_SCOPE")),
        )
        write_rule(connection, with_patron, by=by)
    record_change(
        connection,
        by,
        "ambito",
        value.path[:80],
        "scritto",
        {"nome": value.nome, "comuni": len(value.comuni)},
    )
