"""The working days of each ambito: patron saint, Saturdays and closing days, with those of the ambiti above.

This is the only place that knows them. Nothing is forgotten: a rule that changes leaves the one before in its table,
a closing that is taken back stays with who took it back and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from engine.access.actors import scope_chain
from engine.access.audit_register import By
from engine.errors import InvalidInput, NotFound
from engine.storage.configuration_version import configuration_changed
from engine.storage.tables import event
from engine.storage.tables.calendars import chiusura, regola_calendario
from engine.storage.types import new_id
from engine.temporal import WorkingCalendar

LONGEST_CLOSING = 366
"""Days of one closing."""
MOST_CLOSINGS = 1000
"""Closings in force in one ambito."""
_MONTH_AND_DAY = re.compile(r"\d\d-\d\d", re.ASCII)
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2150, 12, 31)


@dataclass(frozen=True)
class Rule:
    """What an ambito says by itself. `saturday_closed` None and an empty `patron_day` (``MM-DD``): as the one above."""

    scope: str
    saturday_closed: bool | None = None
    patron_name: str = ""
    patron_day: str = ""
    reason: str = ""
    at: datetime | None = None
    by: str = ""


@dataclass(frozen=True)
class Closing:
    """Days on which the offices of a scope and of those under it are shut, first and last included."""

    id: str
    scope: str
    first: date
    last: date
    reason: str
    created_at: datetime
    created_by: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_reason: str | None = None

    @property
    def days(self) -> Iterable[date]:
        """Each day of it."""
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True)
class ScopeCalendar:
    """All that decides the working days of one scope, its own and from above."""

    scope: str
    rules: tuple[Rule, ...]
    """The scope's own first, then those above; a scope that never said anything has an empty one."""
    closings: tuple[Closing, ...]

    @property
    def saturday(self) -> Rule:
        """The rule that decides about Saturdays (the outermost, an empty one, when nobody says anything)."""
        return next((rule for rule in self.rules if rule.saturday_closed is not None), self.rules[-1])

    @property
    def patron(self) -> Rule:
        """The rule that names the patron; its `patron_day` is empty when there is none."""
        return next((rule for rule in self.rules if rule.patron_day), self.rules[-1])

    @property
    def working_days(self) -> WorkingCalendar:
        """The calendar to count with."""
        month, _, day = self.patron.patron_day.partition("-")
        return WorkingCalendar(
            patron=(int(month), int(day)) if month else None,
            saturday_is_holiday=bool(self.saturday.saturday_closed),
            closings=frozenset(day for closing in self.closings for day in closing.days),
        )


def calendar_of(connection: Connection, scope: str) -> ScopeCalendar:
    """The rules and closings in force in a scope. Two statements."""
    chain = scope_chain(scope)
    closings = (
        select(chiusura)
        .where(chiusura.c.ambito.in_(chain), chiusura.c.tolta_at.is_(None))
        .order_by(chiusura.c.dal, chiusura.c.id)
    )
    found = tuple(_closing(row) for row in connection.execute(closings))
    rules = rules_of(connection, chain)
    return ScopeCalendar(scope, tuple(rules.get(one, Rule(one)) for one in chain), found)


def working_days(connection: Connection, scope: str) -> WorkingCalendar:
    """The working days in force in a scope."""
    return calendar_of(connection, scope).working_days


def rules_of(connection: Connection, scopes: Iterable[str] | None = None) -> dict[str, Rule]:
    """What each of these scopes (all, when None) says by itself; those that say nothing are left out."""
    newest = select(func.max(regola_calendario.c.id)).group_by(regola_calendario.c.ambito)
    if scopes is not None:
        newest = newest.where(regola_calendario.c.ambito.in_(list(scopes)))
    query = select(regola_calendario).where(regola_calendario.c.id.in_(newest))
    return {row.ambito: _rule(row) for row in connection.execute(query)}


def rule_history(connection: Connection, scope: str, limit: int = 20) -> tuple[Rule, ...]:
    """The rules that a scope has had, the newest first."""
    query = (
        select(regola_calendario)
        .where(regola_calendario.c.ambito == scope)
        .order_by(regola_calendario.c.id.desc())
        .limit(limit)
    )
    return tuple(_rule(row) for row in connection.execute(query))


def closing_history(connection: Connection, scope: str, limit: int = 20) -> tuple[Closing, ...]:
    """The closings of the scope itself that were taken back, the latest first."""
    query = (
        select(chiusura)
        .where(chiusura.c.ambito == scope, chiusura.c.tolta_at.is_not(None))
        .order_by(chiusura.c.tolta_at.desc(), chiusura.c.id)
        .limit(limit)
    )
    return tuple(_closing(row) for row in connection.execute(query))


def set_rule(connection: Connection, rule: Rule, *, by: By) -> bool:
    """Put a scope's rule in force; False when it says what is in force already. InvalidInput with `fields`."""
    day = rule.patron_day.strip()
    if day:
        _check_patron(day)
    name = " ".join(rule.patron_name.split())[:80] if day else ""
    before = rules_of(connection, [rule.scope]).get(rule.scope, Rule(rule.scope))
    if (before.saturday_closed, before.patron_name, before.patron_day) == (rule.saturday_closed, name, day):
        return False
    reason = check_reason(rule.reason)
    values = {"sabato_festivo": rule.saturday_closed, "patrono_nome": name, "patrono_giorno": day}
    connection.execute(
        insert(regola_calendario).values(
            ambito=rule.scope, motivo=reason, at=by.at, actor_id=by.actor_id, **values
        )
    )
    old = {
        "sabato_festivo": before.saturday_closed,
        "patrono_nome": before.patron_name,
        "patrono_giorno": before.patron_day,
    }
    _told(connection, by, rule.scope, "rule", {"old": old, "new": values, "reason": reason})
    return True


def close_days(connection: Connection, scope: str, first: date, last: date, reason: str, *, by: By) -> str:
    """Shut the offices of a scope from `first` to `last`, both included; gives the closing's id.

    InvalidInput with `fields` (dal, al, motivo): no reason, the wrong way round, too long, or there already.
    """
    reason = check_reason(reason)
    check_span(first, last)
    here = select(chiusura.c.id, chiusura.c.dal, chiusura.c.al).where(
        chiusura.c.ambito == scope, chiusura.c.tolta_at.is_(None)
    )
    rows = connection.execute(here).all()
    if any((row.dal, row.al) == (first, last) for row in rows):
        raise _wrong("dal", f"Dal {first:%d/%m/%Y} al {last:%d/%m/%Y} è già chiuso: quella chiusura c'è già")
    if len(rows) >= MOST_CLOSINGS:
        raise _wrong("dal", f"Un ambito ha al massimo {MOST_CLOSINGS} chiusure: togliere quelle passate")
    closing_id = new_id()
    connection.execute(
        insert(chiusura).values(
            id=closing_id,
            ambito=scope,
            dal=first,
            al=last,
            motivo=reason,
            created_at=by.at,
            created_by=by.actor_id,
        )
    )
    told = {"closing": closing_id, "first": first, "last": last, "reason": reason}
    _told(connection, by, scope, "closed", told)
    return closing_id


def closed_here(connection: Connection, scope: str) -> frozenset[tuple[date, date]]:
    """First and last day of each closing in force of the scope itself."""
    here = select(chiusura.c.dal, chiusura.c.al).where(
        chiusura.c.ambito == scope, chiusura.c.tolta_at.is_(None)
    )
    return frozenset((row.dal, row.al) for row in connection.execute(here))


def close_all(
    connection: Connection, scope: str, spans: Iterable[tuple[date, date, str]], reason: str, *, by: By
) -> int:
    """Shut the offices on all these days that are not there yet; gives how many closings were made.

    A span without words of its own takes the reason of them all. InvalidInput with `fields` when one does not hold.
    """
    reason = check_reason(reason)
    configuration_changed(
        connection
    )  # whoever does the same at the same time waits, and then finds them there
    there = set(closed_here(connection, scope))
    before, rows = len(there), []
    for first, last, name in spans:
        check_span(first, last)
        if (first, last) not in there:
            there.add((first, last))
            words = check_reason(name) if name.strip() else reason
            rows.append({"id": new_id(), "ambito": scope, "dal": first, "al": last, "motivo": words})
    if len(there) > MOST_CLOSINGS:
        raise _wrong("file", f"Un ambito ha al massimo {MOST_CLOSINGS} chiusure: qui ce ne sono già {before}")
    if not rows:
        return 0
    connection.execute(
        insert(chiusura), [row | {"created_at": by.at, "created_by": by.actor_id} for row in rows]
    )
    told: list[tuple[str, dict[str, object]]] = [
        (
            "closed",
            {"closing": row["id"], "first": row["dal"], "last": row["al"], "reason": row["motivo"]},
        )
        for row in rows
    ]
    _log(
        connection,
        by,
        scope,
        "calendar.changed",
        [*told, ("imported", {"closings": len(rows), "reason": reason})],
    )
    return len(rows)


def get_closing(connection: Connection, closing_id: str) -> Closing:
    """A closing, also one taken back. NotFound when there is none."""
    row = connection.execute(select(chiusura).where(chiusura.c.id == closing_id)).one_or_none()
    if row is None:
        raise NotFound(f"La chiusura «{closing_id:.40}» non c'è")
    return _closing(row)


def open_days(connection: Connection, closing_id: str, reason: str, *, by: By) -> Closing:
    """Take a closing back: its days count again. NotFound; InvalidInput when it was taken back already."""
    found = get_closing(connection, closing_id)
    reason = check_reason(reason)
    changed = connection.execute(
        update(chiusura)
        .where(chiusura.c.id == closing_id, chiusura.c.tolta_at.is_(None))
        .values(tolta_at=by.at, tolta_da=by.actor_id, tolta_motivo=reason)
    ).rowcount
    if not changed:
        raise InvalidInput("Questa chiusura è già stata tolta: ricaricare la pagina")
    told = {"closing": closing_id, "first": found.first, "last": found.last, "reason": reason}
    _told(connection, by, found.scope, "opened", told)
    return found


def check_reason(reason: str) -> str:
    """The reason without spaces around. InvalidInput when empty or longer than 300 characters."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > 300:
        raise _wrong("motivo", "Scrivere il motivo, al massimo 300 caratteri")
    return reason


def check_span(first: date, last: date) -> None:
    """InvalidInput with `fields` when it is no span of days that can be closed."""
    if last < first:
        raise _wrong("al", "L'ultimo giorno viene prima del primo: scambiarli")
    if not FIRST_DAY <= first <= last <= LAST_DAY:
        raise _wrong("dal", f"I giorni vanno dal {FIRST_DAY.year} al {LAST_DAY.year}: controllare l'anno")
    if (last - first).days >= LONGEST_CLOSING:
        raise _wrong("al", f"Una chiusura dura al massimo {LONGEST_CLOSING} giorni: dividerla")


def _check_patron(day: str) -> None:
    try:
        if _MONTH_AND_DAY.fullmatch(day) is None:
            raise ValueError
        date.fromisoformat(f"2000-{day}")
    except ValueError:
        raise _wrong(
            "patrono_giorno",
            f"Il giorno del patrono si scrive mese-giorno, per esempio 11-13, non «{day:.20}»",
        ) from None


def _told(connection: Connection, by: By, scope: str, what: str, data: dict[str, object]) -> None:
    configuration_changed(connection)
    _log(connection, by, scope, "calendar.changed", [(what, data)])


def _log(
    connection: Connection, by: By, scope: str, kind: str, lines: Iterable[tuple[str, dict[str, object]]]
) -> None:
    values = [
        {
            "at": by.at,
            "actor_id": by.actor_id,
            "kind": kind,
            "data": {"scope": scope, "what": what, **data},
        }
        for what, data in lines
    ]
    connection.execute(insert(event), values)


def _wrong(field: str, sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields={field: sentence})


def _rule(row: Row[Any]) -> Rule:
    return Rule(
        row.ambito,
        row.sabato_festivo,
        row.patrono_nome,
        row.patrono_giorno,
        row.motivo,
        row.at,
        row.actor_id,
    )


def _closing(row: Row[Any]) -> Closing:
    return Closing(
        row.id,
        row.ambito,
        row.dal,
        row.al,
        row.motivo,
        row.created_at,
        row.created_by,
        row.tolta_at,
        row.tolta_da,
        row.tolta_motivo,
    )
