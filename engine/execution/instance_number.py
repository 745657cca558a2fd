"""The numbers of instances and of batches: consecutive, without holes between committed rows."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, false, select, update

from engine.storage import Statement
from engine.storage.configuration_version import CONFIGURATION_VERSION
from engine.storage.sql.insert_once import insert_once
from engine.storage.tables import counter, instance


class InstanceNumber(NamedTuple):
    """The number of a new instance, and the version of the configuration when it was taken."""

    number: int
    configuration_version: int


_SHARED_LOCK = select(instance.c.id).where(false()).with_for_update(read=True).scalar_subquery()
"""Reads no row, but takes PostgreSQL's lock on the table that excludes a change to the deadlines of all instances."""
_NEXT = Statement(
    update(counter)
    .where(counter.c.name == bindparam("sequence"))
    .values(value=counter.c.value + 1)
    .returning(counter.c.value, CONFIGURATION_VERSION, _SHARED_LOCK)
)


def next_instance_number(connection: Connection, sequence: str = "instance") -> InstanceNumber:
    """Take the next number of a sequence; others who take one wait until the transaction ends."""
    found = _NEXT.run(connection, sequence=sequence).rows
    if not found:
        insert_once(connection, counter, {"name": sequence, "value": 0})
        found = _NEXT.run(connection, sequence=sequence).rows
    return InstanceNumber(*found[0][:2])
