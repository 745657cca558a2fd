"""Organisations that take part in the patti: comuni, consorzi, cooperative, companies, schools."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from engine.access import ChangedBy
from engine.access.actors import scope_chain
from engine.access.audit_register import record_change
from engine.access.validation import check_email
from engine.errors import InvalidInput
from engine.localization import message
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
    by: ChangedBy,
) -> str:
    """Create an organisation, or update the one of the same name, and return its id. InvalidInput with `fields`."""
    name = " ".join(nome.split())
    if not name or len(name) > 200:
        raise InvalidInput.for_field("nome", message("ORGANISATION_NAME_INVALID"))
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
    record_change(connection, by, "organizzazione", organisation_id, "scritta", {"nome": name})
    return organisation_id


def close_organisation(connection: Connection, organisation_id: str, *, by: ChangedBy) -> None:
    """Mark an organisation as no longer active; it is not deleted."""
    connection.execute(
        update(organizzazione).where(organizzazione.c.id == organisation_id).values(attiva=False)
    )
    record_change(connection, by, "organizzazione", organisation_id, "chiusa")
