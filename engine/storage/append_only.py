"""Tables whose rows are only added: triggers of the database refuse to change or delete them.

`append_only(table)` marks a table, and `metadata.create_all` installs its triggers; a migration that creates such a
table calls `install_guards`. SQLite's ``INSERT OR REPLACE``, which deletes rows, is refused too.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, event, inspect

from engine.storage.metadata import metadata

_MARK = "append_only"
_FUNCTION = "refuse_change_of_written_rows"


def append_only(table: Table) -> Table:
    """Mark the table and return it."""
    table.info[_MARK] = True
    event.listen(table, "after_create", _on_create)
    return table


def install_guards(connection: Connection) -> None:
    """Install the triggers of every marked table that exists. Installing them again changes nothing."""
    existing = set(inspect(connection).get_table_names())
    for table in metadata.sorted_tables:
        if table.info.get(_MARK) and table.name in existing:
            _install(connection, table)


def _on_create(table: Table, connection: Connection, **_: Any) -> None:
    _install(connection, table)


def _install(connection: Connection, table: Table) -> None:
    write = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    for statement in write(table):
        connection.exec_driver_sql(statement)


def _sqlite(table: Table) -> list[str]:
    refusal = f"SELECT RAISE(ABORT, 'Le righe di {table.name} non si modificano e non si cancellano');"
    keys = [f'"{column.name}" = NEW."{column.name}"' for column in table.primary_key]
    exists = f'EXISTS (SELECT 1 FROM "{table.name}" WHERE {" AND ".join(keys)})'  # noqa: S608 - names of our own tables
    return [
        f'CREATE TRIGGER IF NOT EXISTS "{table.name}_no_{what.lower()}" BEFORE {what} ON "{table.name}" '
        f"{condition} BEGIN {refusal} END"
        for what, condition in (("UPDATE", ""), ("DELETE", ""), ("INSERT", f"WHEN {exists}"))
    ]


def _postgresql(table: Table) -> list[str]:
    return [
        f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION USING ERRCODE = 'restrict_violation', "
        "MESSAGE = 'Le righe di ' || TG_TABLE_NAME || ' non si modificano e non si cancellano'; END $$",
        f'CREATE OR REPLACE TRIGGER "{table.name}_no_change" BEFORE UPDATE OR DELETE ON "{table.name}" '
        f"FOR EACH ROW EXECUTE FUNCTION {_FUNCTION}()",
        f'CREATE OR REPLACE TRIGGER "{table.name}_no_truncate" BEFORE TRUNCATE ON "{table.name}" '
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_FUNCTION}()",
    ]
