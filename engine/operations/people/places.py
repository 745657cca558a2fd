"""Ambiti with their comuni and patron saints, and the organisations of the network."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace

from sqlalchemy import Connection, delete, insert, select, update

from engine.actors import scope_chain
from engine.errors import InvalidInput
from engine.operations.people.calendars import Rule, rules_of, set_rule
from engine.operations.people.model import Ambito, Organisation
from engine.operations.people.register import By, note
from engine.operations.people.tables import ambito, comune, organizzazione
from engine.operations.people.validation import check_email
from engine.storage.hot import Statement
from engine.storage.insertion import insert_once
from engine.storage.types import new_id

_PATH = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")


_NAMES = Statement(select(ambito.c.path, ambito.c.nome).order_by(ambito.c.path))


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


def scope_names(connection: Connection) -> dict[str, str]:
    """The name of each ambito by path, in the order of the paths."""
    return {str(path): str(name) for path, name in _NAMES.run(connection).rows}


def comuni(connection: Connection, path: str = "") -> tuple[str, ...]:
    """The comuni of an ambito and of those under it (all, without a path), in alphabetical order."""
    query = select(comune.c.nome).order_by(comune.c.nome)
    if path:
        query = query.where(
            (comune.c.ambito == path) | comune.c.ambito.startswith(f"{path}/", autoescape=True)
        )
    return tuple(connection.execute(query).scalars())


def scope_of_comune(connection: Connection, name: str) -> str | None:
    """The ambito a comune belongs to, or None when it belongs to none of these."""
    return connection.execute(select(comune.c.ambito).where(comune.c.nome == name)).scalar_one_or_none()


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


def organisations(
    connection: Connection, path: str | None = None, *, also_closed: bool = False
) -> tuple[Organisation, ...]:
    """The organisations by name: all, or those of an ambito, of the ones above it and of no ambito."""
    query = select(organizzazione).order_by(organizzazione.c.nome)
    if path is not None:
        query = query.where(organizzazione.c.ambito.in_(scope_chain(path)))
    if not also_closed:
        query = query.where(organizzazione.c.attiva)
    return tuple(
        Organisation(row.id, row.nome, row.tipo, row.ambito, row.email, row.telefono, row.attiva)
        for row in connection.execute(query)
    )


def save_organisation(
    connection: Connection,
    nome: str,
    tipo: str = "",
    ambito_path: str = "",
    email: str = "",
    telefono: str = "",
    *,
    by: By,
) -> str:
    """Write an organisation, or correct the one of the same name; gives its id. InvalidInput with `fields`."""
    name = " ".join(nome.split())
    if not name or len(name) > 200:
        sentence = "Scrivere il nome dell'organizzazione, al massimo 200 caratteri"
        raise InvalidInput(sentence, fields={"nome": sentence})
    columns = {
        "tipo": tipo,
        "ambito": ambito_path,
        "email": check_email(email),
        "telefono": telefono,
        "attiva": True,
    }
    organisation_id = new_id()
    if not insert_once(connection, organizzazione, {"id": organisation_id, "nome": name, **columns}):
        connection.execute(update(organizzazione).where(organizzazione.c.nome == name).values(**columns))
        organisation_id = connection.execute(
            select(organizzazione.c.id).where(organizzazione.c.nome == name)
        ).scalar_one()
    note(connection, by, "organizzazione", organisation_id, "scritta", {"nome": name})
    return organisation_id


def close_organisation(connection: Connection, organisation_id: str, *, by: By) -> None:
    """The organisation no longer takes part; past cases keep its name."""
    connection.execute(
        update(organizzazione).where(organizzazione.c.id == organisation_id).values(attiva=False)
    )
    note(connection, by, "organizzazione", organisation_id, "chiusa")
