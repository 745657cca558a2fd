"""The words of people: persons, households, ambiti, organisations, accounts, as they pass between rooms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class Ambito:
    """An ambito or sub-ambito; `path` is its scope. `patrono_giorno` is the patron's day as ``MM-DD``, or empty."""

    path: str
    nome: str
    patrono_nome: str = ""
    patrono_giorno: str = ""
    comuni: tuple[str, ...] = ()

    @property
    def padre(self) -> str | None:
        """The path of the ambito above, None at the top."""
        return self.path.rpartition("/")[0] or None


@dataclass(frozen=True)
class AccountMembership:
    """A role held in an ambito for a span of days, both ends included; `al` None has no end."""

    id: str
    ruolo: str
    ambito: str
    dal: date
    al: date | None


@dataclass(frozen=True)
class Account:
    """Someone who can sign in. `credentials` changes whenever older sessions must end."""

    username: str
    nome: str
    email: str
    attivo: bool
    lingua: str
    created_at: datetime
    last_login_at: datetime | None
    credentials: int


@dataclass(frozen=True)
class AuditLine:
    """A line of the register of changes; `at` in UTC."""

    at: datetime
    actor_id: str
    oggetto: str
    oggetto_id: str
    azione: str
    dati: dict[str, Any] = field(default_factory=dict)
