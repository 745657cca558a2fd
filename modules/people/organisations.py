"""Organisations of the network: comuni, consorzi, cooperative, companies, schools."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from engine.access.actors import scope_chain
from engine.access.audit_register import By, note
from engine.access.validation import check_email
from engine.errors import InvalidInput
from engine.storage.sql.insert_once import insert_once
from engine.storage.types import new_id
from modules.people.model import Organisation
from modules.people.tables import organizzazione


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
