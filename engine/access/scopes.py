"""Queries over scopes (ambiti) and their comuni."""

from __future__ import annotations

from sqlalchemy import Connection, select

from engine.access.tables import ambito, comune
from engine.storage import Statement

_NAMES = Statement(select(ambito.c.path, ambito.c.nome).order_by(ambito.c.path))


def scope_names(connection: Connection) -> dict[str, str]:
    """The name of each scope by path, in the order of the paths."""
    return {str(path): str(name) for path, name in _NAMES.run(connection).rows}


def comuni(connection: Connection, path: str = "") -> tuple[str, ...]:
    """The comuni of a scope and of those it contains (all, without a path), in alphabetical order."""
    query = select(comune.c.nome).order_by(comune.c.nome)
    if path:
        query = query.where(
            (comune.c.ambito == path) | comune.c.ambito.startswith(f"{path}/", autoescape=True)
        )
    return tuple(connection.execute(query).scalars())
