"""Issues documents and reads them. A document never changes; a change is a new version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import ExecutionFailed, NotFound
from engine.service_tasks import OperationContext
from engine.storage import new_id
from engine.storage.tables import counter
from engine.temporal import day_in_rome
from modules.documents.model import Document, Kind, Reservation, protocol_text
from modules.documents.tables import documento

PDF = "application/pdf"

_METADATA = [column for column in documento.c if column.name != "content"]
_LATER = documento.alias("later")


def of_instance(connection: Connection, instance_id: str) -> tuple[Document, ...]:
    """The documents of an instance, the newest first, without their contents."""
    query = _documents().where(documento.c.instance_id == instance_id)
    query = query.order_by(documento.c.protocol_year.desc(), documento.c.protocol_number.desc())
    return tuple(_document(row) for row in connection.execute(query))


def get(connection: Connection, document_id: str) -> Document:
    """One document without its content; NotFound when there is none."""
    row = connection.execute(_documents().where(documento.c.id == document_id)).one_or_none()
    if row is None:
        raise NotFound("DOCUMENT_NOT_FOUND", document=document_id[:40])
    return _document(row)


def content(connection: Connection, document_id: str) -> bytes:
    """The content of a document. NotFound when there is none, ExecutionFailed when it no longer matches the hash."""
    data, sha256 = _stored(connection, document_id)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ExecutionFailed("DOCUMENT_ALTERED", document=document_id)
    return data


def verify_hash(connection: Connection, document_id: str) -> bool:
    """Whether the stored bytes still have the hash written when the document was issued."""
    data, sha256 = _stored(connection, document_id)
    return hashlib.sha256(data).hexdigest() == sha256


def issue(
    context: OperationContext,
    kind: Kind,
    title: str,
    typeset: Callable[[Reservation], bytes],
    media_type: str = PDF,
) -> Document:
    """Reserve version and protocol number, typeset and store, in the transaction of the step.

    The protocol counter of the year is locked until the commit, so concurrent documents get different
    numbers and, for the same instance and kind, consecutive versions.
    """
    connection = context.connection
    reservation = _reserve(connection, context.instance.id, kind, day_in_rome(context.now).year)
    data = typeset(reservation)
    document_id = new_id()
    extension = "pdf" if media_type == PDF else "bin"
    connection.execute(
        documento.insert().values(
            id=document_id,
            instance_id=context.instance.id,
            kind=kind.value,
            version=reservation.version,
            protocol_year=reservation.protocol_year,
            protocol_number=reservation.protocol_number,
            title=title,
            filename=f"{kind.replace('_', '-')}-{context.instance.number}-v{reservation.version}.{extension}",
            media_type=media_type,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            content=data,
            created_at=context.now,
            created_by=context.actor.id,
            element_id=context.element_id,
            replaces=reservation.replaces,
        )
    )
    document = get(connection, document_id)
    context.record(
        "document.issued",
        {
            "document_id": document.id,
            "kind": document.kind.value,
            "version": document.version,
            "protocol": document.protocol,
            "sha256": document.sha256,
        },
    )
    return document


def _reserve(connection: Connection, instance_id: str, kind: Kind, year: int) -> Reservation:
    number = _next_protocol(connection, year)
    last = connection.execute(
        select(documento.c.id, documento.c.version)
        .where(documento.c.instance_id == instance_id, documento.c.kind == kind.value)
        .order_by(documento.c.version.desc())
        .limit(1)
    ).one_or_none()
    return Reservation(last.version + 1 if last else 1, year, number, last.id if last else None)


def _next_protocol(connection: Connection, year: int) -> int:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    upsert = dialect.insert(counter).values(name=f"protocollo:{year}", value=1)
    upsert = upsert.on_conflict_do_update(
        index_elements=[counter.c.name], set_={"value": counter.c.value + 1}
    )
    number: int = connection.execute(upsert.returning(counter.c.value)).scalar_one()
    return number


def _stored(connection: Connection, document_id: str) -> tuple[bytes, str]:
    row = connection.execute(
        select(documento.c.content, documento.c.sha256).where(documento.c.id == document_id)
    ).one_or_none()
    if row is None:
        raise NotFound("DOCUMENT_NOT_FOUND", document=document_id[:40])
    return bytes(row.content), row.sha256


def _documents() -> Select[tuple[object, ...]]:
    joined = documento.outerjoin(_LATER, _LATER.c.replaces == documento.c.id)
    return select(*_METADATA, _LATER.c.id.label("superseded_by")).select_from(joined)


def _document(row: Row[tuple[object, ...]]) -> Document:
    values = row._mapping
    return Document(
        id=values["id"],
        instance_id=values["instance_id"],
        kind=Kind(values["kind"]),
        version=values["version"],
        protocol=protocol_text(values["protocol_number"], values["protocol_year"]),
        title=values["title"],
        filename=values["filename"],
        media_type=values["media_type"],
        size=values["size"],
        sha256=values["sha256"],
        created_at=values["created_at"],
        created_by=values["created_by"],
        element_id=values["element_id"],
        replaces=values["replaces"],
        superseded_by=values["superseded_by"],
    )


__all__ = ["Document", "Kind", "content", "get", "issue", "of_instance", "verify_hash"]
