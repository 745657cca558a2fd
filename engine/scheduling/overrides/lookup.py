"""The administrators' terms as one case sees them: those of its ambito, else those above, else what diagrams say."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from sqlalchemy import Connection, func, select

from engine.access.actors import scope_chain
from engine.scheduling.overrides import Term, term_of
from engine.storage.tables.deadlines import deadline_change

Terms = Mapping[tuple[str, str], Term]
"""The terms in force by deadline and scope."""


class TermsInForce:
    """The terms that hold in one scope, looked up at most once."""

    def __init__(
        self,
        connection: Connection,
        scope: str,
        configured: Callable[[Hashable, Callable[[], Terms]], Terms] = lambda _what, read: read(),
    ) -> None:
        self._connection = connection
        self._scope = scope
        self._configured = configured
        self._terms: Terms | None = None

    def of(self, key: str | None) -> Term | None:
        """The term of a deadline; None when what the diagram says holds."""
        if key is None:
            return None
        if self._terms is None:
            self._terms = self._configured("deadlines", lambda: terms_in_force(self._connection))
        return nearest(self._terms, key, self._scope)


def terms_in_force(connection: Connection, key: str = "") -> Terms:
    """Every term that some administrator has put in force, or those of one deadline."""
    latest = select(func.max(deadline_change.c.id)).group_by(
        deadline_change.c.deadline, deadline_change.c.scope
    )
    if key:
        latest = latest.where(deadline_change.c.deadline == key)
    rows = connection.execute(
        select(deadline_change.c.deadline, deadline_change.c.scope, deadline_change.c.value).where(
            deadline_change.c.id.in_(latest)
        )
    )
    found = {(row.deadline, row.scope): term_of(row.value) for row in rows}
    return {place: term for place, term in found.items() if term is not None}


def nearest(terms: Terms, key: str, scope: str) -> Term | None:
    """The term that holds in a scope: its own, else the nearest above."""
    for place in scope_chain(scope):
        if (key, place) in terms:
            return terms[key, place]
    return None
