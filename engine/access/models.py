"""Data types of accounts, memberships, scopes and entries of the audit register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Ambito:
    """A scope (ambito) with its comuni. `patrono_giorno` is the day of the patron saint as ``MM-DD``, or empty."""

    path: str
    nome: str
    patrono_nome: str = ""
    patrono_giorno: str = ""
    comuni: tuple[str, ...] = ()

    @property
    def padre(self) -> str | None:
        """The path of the scope that contains it, None at the top."""
        return self.path.rpartition("/")[0] or None


@dataclass(frozen=True)
class AccountMembership:
    """A role held in a scope from the day `dal` to the day `al`, both included; `al` None means without end."""

    id: str
    ruolo: str
    ambito: str
    dal: date
    al: date | None


@dataclass(frozen=True)
class Account:
    """A user account. `credentials` is a version number: a change ends the sessions that are open."""

    username: str
    nome: str
    email: str
    attivo: bool
    lingua: str
    created_at: datetime
    last_login_at: datetime | None
    credentials: int
