"""Copies of a database on PostgreSQL, given to one test after another: each finds the rows of the original.

Making a database costs ten times what it costs to put its rows back. So a copy that comes back is put as it was,
renamed (whoever still has its address finds nothing there) and given out again; it is dropped instead when the test
has changed its schema or its statistics, has made it large, or when it has been used often.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests import postgres_server

MOST_USES = 25
MOST_BYTES_MORE = 16_000_000
ENDED_WITHIN_SECONDS = 5.0

_PREPARE = """
DROP SCHEMA IF EXISTS as_it_was CASCADE;
CREATE SCHEMA as_it_was;
CREATE TABLE as_it_was." sequences" AS
    SELECT format('%I.%I', schemaname, sequencename) AS name, start_value, last_value FROM pg_sequences;
DO $$
DECLARE one record; filled boolean;
BEGIN
    FOR one IN SELECT oid, relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one.oid::regclass) INTO filled;
        IF filled THEN
            EXECUTE format('CREATE TABLE as_it_was.%I AS SELECT * FROM %s', one.relname, one.oid::regclass);
        END IF;
    END LOOP;
END $$;
CREATE FUNCTION as_it_was.again() RETURNS void LANGUAGE plpgsql AS $$
DECLARE one record; columns text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- no triggers, no foreign keys
    FOR one IN
        SELECT oid, relname, to_regclass(format('as_it_was.%I', relname)) AS kept FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('DELETE FROM %s', one.oid::regclass);
        IF one.kept IS NOT NULL THEN
            SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
            WHERE attrelid = one.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
            EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s',
                one.oid::regclass, columns, columns, one.kept);
        END IF;
    END LOOP;
    PERFORM setval(name::regclass, coalesce(last_value, start_value), last_value IS NOT NULL)
    FROM as_it_was." sequences";
END $$
"""
"""Keep the rows beside the tables, and how to put them back."""

_SHAPE = "SELECT " + ", ".join(
    f"(SELECT (count(*), max(xmin::text::bigint))::text FROM {catalogue})"
    for catalogue in (
        "pg_class", "pg_attribute", "pg_type", "pg_proc", "pg_trigger", "pg_constraint", "pg_index",
        "pg_namespace", "pg_extension", "pg_statistic",
    )
)  # fmt: skip
"""What differs as soon as the schema or its statistics have changed."""


@dataclass
class _Copy:
    name: str
    uses: int = 0


@dataclass
class _Original:
    shape: object
    size: int
    spare: list[_Copy] = field(default_factory=list)


class Copies:
    """The copies of one process on one server."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._originals: dict[str, _Original] = {}
        self._admin: psycopg.Connection[tuple[object, ...]] | None = None

    def prepare(self, original: str) -> None:
        """Make a database ready to be copied; nobody may write to it afterwards, nor have it open."""
        self._originals.pop(original, None)
        with postgres_server.connect(self._server, original) as connection:
            connection.execute(_PREPARE.encode())
        self._quiet(original)

    @contextlib.contextmanager
    def copy(self, original: str) -> Iterator[str]:
        """The name of a copy of a database that was prepared, to be used as one likes."""
        one = self._taken(original)
        try:
            yield one.name
        finally:
            self._given_back(original, one)

    def close(self) -> None:
        """Close the connection of this process; the copies go with the server."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def execute(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run a statement of the server's own, such as CREATE DATABASE."""
        cursor = self._connection().execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def drop(self, name: str) -> None:
        """Drop a database, even if connections were left open."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    # ------------------------------------------------------------------------------------------------------------------

    def _connection(self) -> psycopg.Connection[tuple[object, ...]]:
        if self._admin is None:
            self._admin = postgres_server.connect(self._server)
        return self._admin

    def _taken(self, original: str) -> _Copy:
        name = f"patti_{uuid.uuid4().hex[:12]}"
        if original in self._originals and (spare := self._originals[original].spare):
            one = spare.pop(0)
            self.execute(f'ALTER DATABASE "{one.name}" RENAME TO "{name}"')
            one.name = name
            return one
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
        if original not in self._originals:
            with postgres_server.connect(self._server, name) as connection:
                self._originals[original] = _Original(*self._seen(connection))
        return _Copy(name)

    def _given_back(self, original: str, one: _Copy) -> None:
        one.uses += 1
        known = self._originals.get(original)
        if known is not None and one.uses < MOST_USES and self._restored(one, known):
            known.spare.append(one)
        else:
            self.drop(one.name)

    def _restored(self, one: _Copy, known: _Original) -> bool:
        """Whether it is as it was again, and nobody is connected."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", one.name
        )  # a test may have left some
        with postgres_server.connect(self._server, one.name) as connection:
            shape, size = self._seen(connection)
            if shape != known.shape or size > known.size + MOST_BYTES_MORE:
                return False
            connection.execute("SELECT as_it_was.again()")
        return self._quiet(one.name)

    @staticmethod
    def _seen(connection: psycopg.Connection[tuple[object, ...]]) -> tuple[object, int]:
        shape = connection.execute(_SHAPE.encode()).fetchone()
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        assert shape is not None
        assert size is not None
        assert isinstance(size[0], int)
        return shape, size[0]

    def _quiet(self, name: str) -> bool:
        return postgres_server.wait_until_left(self._connection(), name, ENDED_WITHIN_SECONDS)
