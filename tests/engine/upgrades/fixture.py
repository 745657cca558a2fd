"""A database as rows in JSON: written by the version that made it, loaded on SQLite and on PostgreSQL.

The rows are read and written through the tables that the database itself has, never through the code's of today.
"""

from __future__ import annotations

import base64
import json
import lzma
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, DateTime, MetaData, Table, insert, select, text

from engine.storage import Database, migrate

FOLDER = Path(__file__).parent
SUFFIX = ".json.xz"


def recorded() -> list[Path]:
    """The fixtures, oldest first."""
    return sorted(FOLDER.glob(f"*{SUFFIX}"))


def dump(url: str, about: dict[str, Any], file: Path) -> None:
    """Write every row of the database at `url` to `file`; `about` says from what it was made."""
    database = Database(url)
    try:
        with database.read() as connection:
            tables = _reflected(connection)
            rows = {
                table.name: {
                    "columns": [column.name for column in table.columns],
                    "rows": [[_out(value) for value in row] for row in connection.execute(select(table))],
                }
                for table in tables
            }
    finally:
        database.close()
    told = {**about, "moment": about["moment"].isoformat(), "tables": rows}
    plain = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    file.write_bytes(lzma.compress(plain, preset=9))


def read(file: Path) -> dict[str, Any]:
    """What `dump` wrote; ``moment`` is the clock when it was made, UTC."""
    found: dict[str, Any] = json.loads(lzma.decompress(file.read_bytes()))
    found["moment"] = datetime.fromisoformat(found["moment"])
    return found


def load(found: dict[str, Any], url: str) -> None:
    """Make the tables of the fixture's own revision at `url`, which has none, and put its rows there."""
    migrate(url, found["revision"])
    database = Database(url)
    try:
        with database.begin() as work:
            for table in _reflected(work.connection):
                _fill(work.connection, table, found["tables"].get(table.name, {"columns": [], "rows": []}))
    finally:
        database.close()


def _reflected(connection: Connection) -> list[Table]:
    there = MetaData()
    there.reflect(connection)
    return [table for table in there.sorted_tables if table.name != "alembic_version"]


def _fill(connection: Connection, table: Table, kept: dict[str, Any]) -> None:
    postgresql = connection.dialect.name == "postgresql"
    connection.execute(table.delete()) if table.name == "counter" else None
    moments = {c.name for c in table.columns if isinstance(c.type, DateTime)}
    rows = [
        {
            name: _in(value, aware=postgresql and name in moments)
            for name, value in zip(kept["columns"], row, strict=True)
        }
        for row in kept["rows"]
    ]
    for row in rows:  # one by one: a row may refer to one before it in the same table
        connection.execute(insert(table).values(**row))
    key = next(iter(table.primary_key.columns), None)
    if rows and postgresql and key is not None and key.autoincrement is True:
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :key), :last)"),
            {"table": table.name, "key": key.name, "last": max(row[key.name] for row in rows)},
        )


def _out(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"bytes": base64.b85encode(bytes(value)).decode()}
    if isinstance(value, datetime):
        return {"moment": (value if value.tzinfo is None else value.astimezone(UTC)).isoformat()[:26]}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"A column with values of type {type(value).__name__} has no way into a fixture yet")


def _in(value: Any, *, aware: bool) -> Any:
    if not isinstance(value, dict):
        return value
    if "bytes" in value:
        return base64.b85decode(value["bytes"])
    if "moment" in value:
        moment = datetime.fromisoformat(value["moment"])
        return moment.replace(tzinfo=UTC) if aware else moment
    return date.fromisoformat(value["date"])
