"""Dates, amounts and deadlines as people read them. Moments are stored in UTC and shown in Europe/Rome."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, request, url_for
from flask_babel import format_currency, format_date, format_datetime, format_decimal, gettext, ngettext

from engine.tasks.models import COUNTED_UP_TO, TaskRow
from web import current, words

ROME = ZoneInfo("Europe/Rome")


def today() -> date:
    """The day it is in Europe/Rome."""
    return current.engine().clock.now().astimezone(ROME).date()


def day(value: date | datetime | str | None) -> str:
    """A day: ``12 marzo 2016``. A text in ISO form is understood."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return str(value)
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(ROME).date()
    return str(format_date(value, "d MMMM y"))


def moment(value: datetime | None) -> str:
    """A moment: ``12 marzo 2016, 09:00``."""
    return str(format_datetime(value, "d MMMM y, HH:mm")) if value else ""


def hour(value: datetime) -> str:
    """The time of day of a moment: ``09:00``."""
    return str(format_datetime(value, "HH:mm"))


def span(value: timedelta) -> str:
    """A length of time, to the minute: ``3 giorni, 4 ore``."""
    minutes = int(value.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        ngettext("%(num)d giorno", "%(num)d giorni", days) if days else "",
        ngettext("%(num)d ora", "%(num)d ore", hours) if hours else "",
        ngettext("%(num)d minuto", "%(num)d minuti", minutes) if minutes and not days else "",
    ]
    return ", ".join(part for part in parts if part) or gettext("meno di un minuto")


def euro(value: Decimal | int | float | str | None) -> str:
    """An amount: ``1.940,00 €``."""
    return "" if value is None else str(format_currency(Decimal(str(value)), "EUR"))


def due_words(row: TaskRow) -> str:
    """When a task is due, as text."""
    if row.due_at is None:
        return gettext("Senza scadenza")
    days = (row.due_at.astimezone(ROME).date() - today()).days
    if row.urgency == "overdue":
        if days == 0:
            return gettext("Scaduto oggi alle %(hour)s", hour=hour(row.due_at))
        return ngettext("Scaduto da %(num)d giorno", "Scaduto da %(num)d giorni", -days)
    if days == 0:
        return gettext("Scade oggi alle %(hour)s", hour=hour(row.due_at))
    if days == 1:
        return gettext("Scade domani")
    if days <= 7:
        weekday = format_date(row.due_at.astimezone(ROME), "EEEE d MMMM")
        return gettext("Scade tra %(days)d giorni, %(day)s", days=days, day=weekday)
    return gettext("Scade il %(day)s", day=day(row.due_at))


def value(content: Any) -> str:
    """A variable of an instance as text: yes and no, dates, decimals with a comma, lists on one line."""
    if content is None or content == "":
        return "—"
    if isinstance(content, bool):
        return gettext("Sì") if content else gettext("No")
    if isinstance(content, datetime):
        return moment(content)
    if isinstance(content, date):
        return day(content)
    if isinstance(content, (int, float, Decimal)):
        return str(format_decimal(content))
    if isinstance(content, dict):
        return "; ".join(f"{label(key)}: {value(inner)}" for key, inner in content.items())
    if isinstance(content, (list, tuple)):
        return " · ".join(value(item) for item in content) or "—"
    text = str(content)
    if len(text) == 10 and text[4:5] == "-" and text[7:8] == "-":
        return day(text)
    return text


def typed_value(content: Any) -> str:
    """A value as one would type it in a field."""
    if isinstance(content, bool):
        return "sì" if content else "no"
    if isinstance(content, (list, tuple)):
        return ", ".join(map(str, content))
    if isinstance(content, (float, Decimal)):
        return str(content).replace(".", ",")
    return "" if content is None else str(content)


def label(name: str) -> str:
    """The name of a variable as a label: ``data_nascita`` → ``Data nascita``."""
    return name.replace("_", " ").capitalize()


def size(octets: int) -> str:
    """The size of a file."""
    if octets < 1024 * 1024:
        return f"{max(1, octets // 1024)} KB"
    return f"{format_decimal(round(octets / 1024 / 1024, 1))} MB"


def counted(number: int) -> str:
    """How many, counted as far as the inbox counts: ``37``, ``1000+``."""
    return f"{COUNTED_UP_TO}+" if number > COUNTED_UP_TO else str(number)


def same_page(**changes: Any) -> str:
    """The address of this page with some of its filters changed; None drops one."""
    arguments = {**request.args.to_dict(), **(request.view_args or {}), **changes}
    kept = {key: argument for key, argument in arguments.items() if argument not in (None, "")}
    return url_for(str(request.endpoint), **kept)


def install(app: Flask) -> None:
    """Give the templates these filters."""
    app.jinja_env.filters.update(
        day=day,
        moment=moment,
        hour=hour,
        span=span,
        euro=euro,
        due_words=due_words,
        readable=value,
        typed_value=typed_value,
        label=label,
        size=size,
        counted=counted,
        phase_label=words.phase_label,
        phase_tone=words.phase_tone,
        state_label=words.state_label,
        incident_label=words.incident_label,
        why_not=words.why_not,
        scope_label=words.scope_label,
    )
    app.jinja_env.globals["same_page"] = same_page
