"""Ambiti (scopes) together with the patron day that their calendar keeps."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace

from sqlalchemy import Connection, delete, insert, select, update

from engine.access.audit_register import By, note
from engine.access.models import Ambito
from engine.access.scopes import scope_names
from engine.access.tables import ambito, comune
from engine.errors import InvalidInput
from engine.scheduling.calendars.store import Rule, rules_of, set_rule

_PATH = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")


def scopes(connection: Connection) -> tuple[Ambito, ...]:
    """Every ambito and sub-ambito, in the order of their paths, each with its comuni."""
    towns: dict[str, list[str]] = defaultdict(list)
    for name, path in connection.execute(select(comune.c.nome, comune.c.ambito).order_by(comune.c.nome)):
        towns[path].append(name)
    rules = rules_of(connection)
    return tuple(
        Ambito(row.path, row.nome, said.patron_name, said.patron_day, tuple(towns[row.path]))
        for row in connection.execute(select(ambito).order_by(ambito.c.path))
        for said in [rules.get(row.path, Rule(row.path))]
    )


def save_scope(connection: Connection, value: Ambito, *, by: By) -> None:
    """Write an ambito and its comuni. The ambito above must be there first. InvalidInput with `fields`.

    A patron goes into the ambito's calendar; without one, the calendar stays as it is.
    """
    if _PATH.fullmatch(value.path) is None or len(value.path) > 160:
        sentence = f"«{value.path:.60}» non va: minuscole, cifre, trattini; sub-ambiti come cremasco/crema"
        raise InvalidInput(sentence, fields={"path": sentence})
    known = scope_names(connection)
    if value.padre is not None and value.padre not in known:
        sentence = f"Prima va scritto l'ambito «{value.padre}», che sta sopra a «{value.path}»"
        raise InvalidInput(sentence, fields={"path": sentence})
    columns = {
        "nome": value.nome,
        "padre": value.padre,
    }
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
        said = rules_of(connection, [value.path]).get(value.path, Rule(value.path))
        patron = replace(
            said,
            patron_name=value.patrono_nome,
            patron_day=value.patrono_giorno,
            reason="Patrono scritto con l'ambito",
        )
        set_rule(connection, patron, by=by)
    note(
        connection,
        by,
        "ambito",
        value.path[:80],
        "scritto",
        {"nome": value.nome, "comuni": len(value.comuni)},
    )
