"""The rows of calendar rules: the latest one of a scope is in force, those before it are its history."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from engine.access import ChangedBy
from engine.errors import InvalidInput
from engine.localization import message
from engine.scheduling.calendars.change_log import check_reason, log_calendar_change
from engine.scheduling.calendars.models import CalendarRule
from engine.storage.configuration_version import configuration_changed
from engine.storage.tables.calendars import regola_calendario

_MONTH_AND_DAY = re.compile(r"\d\d-\d\d", re.ASCII)


def read_rules(connection: Connection, scopes: Iterable[str] | None = None) -> dict[str, CalendarRule]:
    """The rule in force of each of these scopes (all, when None); scopes that set nothing are left out."""
    newest = select(func.max(regola_calendario.c.id)).group_by(regola_calendario.c.ambito)
    if scopes is not None:
        newest = newest.where(regola_calendario.c.ambito.in_(list(scopes)))
    query = select(regola_calendario).where(regola_calendario.c.id.in_(newest))
    return {row.ambito: _rule(row) for row in connection.execute(query)}


def rule_history(connection: Connection, scope: str, limit: int = 20) -> tuple[CalendarRule, ...]:
    """The rules that a scope has had, the latest first."""
    query = (
        select(regola_calendario)
        .where(regola_calendario.c.ambito == scope)
        .order_by(regola_calendario.c.id.desc())
        .limit(limit)
    )
    return tuple(_rule(row) for row in connection.execute(query))


def write_rule(connection: Connection, rule: CalendarRule, *, by: ChangedBy) -> bool:
    """Put a rule in force; False when it equals the one in force. Raises InvalidInput with `fields`."""
    day = rule.patron_day.strip()
    if day:
        _check_patron_day(day)
    name = " ".join(rule.patron_name.split())[:80] if day else ""
    before = read_rules(connection, [rule.scope]).get(rule.scope, CalendarRule(rule.scope))
    if (before.saturday_closed, before.patron_name, before.patron_day) == (rule.saturday_closed, name, day):
        return False
    reason = check_reason(rule.reason)
    new = {"sabato_festivo": rule.saturday_closed, "patrono_nome": name, "patrono_giorno": day}
    old = {
        "sabato_festivo": before.saturday_closed,
        "patrono_nome": before.patron_name,
        "patrono_giorno": before.patron_day,
    }
    connection.execute(
        insert(regola_calendario).values(
            ambito=rule.scope, motivo=reason, at=by.at, actor_id=by.actor_id, **new
        )
    )
    configuration_changed(connection)
    log_calendar_change(connection, by, rule.scope, [("rule", {"old": old, "new": new, "reason": reason})])
    return True


def _check_patron_day(day: str) -> None:
    try:
        if _MONTH_AND_DAY.fullmatch(day) is None:
            raise ValueError
        date.fromisoformat(f"2000-{day}")
    except ValueError:
        raise InvalidInput.for_field(
            "patrono_giorno", message("PATRON_DAY_INVALID", day=f"{day:.20}")
        ) from None


def _rule(row: Row[Any]) -> CalendarRule:
    return CalendarRule(
        row.ambito,
        row.sabato_festivo,
        row.patrono_nome,
        row.patrono_giorno,
        row.motivo,
        row.at,
        row.actor_id,
    )
