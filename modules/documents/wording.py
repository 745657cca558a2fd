"""Formats values for documents in Italian: dates in words, euros, yes and no, names with roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.temporal import day_in_rome

_MONTHS = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
    "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
)  # fmt: skip

_CODES = {
    "si": "sì",
    "persona": "Persona",
    "ente_partner": "Ente partner",
    "comunita": "Rappresentante della comunità",
    "servizio": "Servizio sociale",
}

Rows = list[list[str]]
Facts = list[dict[str, str]]


def day_in_words(day: date | None) -> str:
    """`31 agosto 2016`, `1° settembre 2016`; empty for None. A moment means its day in Europe/Rome."""
    if day is None:
        return ""
    if isinstance(day, datetime):
        day = day_in_rome(day)
    return f"{'1°' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """`31/08/2016`. A moment means its day in Europe/Rome."""
    return f"{day_in_rome(day) if isinstance(day, datetime) else day:%d/%m/%Y}"


def euros(amount: Decimal) -> str:
    """`2.000,00 €`, with a space that does not break."""
    swapped = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    return f"{swapped}\N{NO-BREAK SPACE}€"


def written(value: Any) -> str:
    """A value of a process as Italian text; empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "sì" if value else "no"
    if isinstance(value, date):
        return day_in_words(value)
    if isinstance(value, Decimal | float):
        text = f"{Decimal(str(value)):f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
    if isinstance(value, Mapping):
        return ", ".join(text for text in map(written, value.values()) if text)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(text for text in map(written, value) if text)
    return str(value).strip()


def in_words(code: Any) -> str:
    """The label of a choice of a form: `ente_partner` → `Ente partner`; any other value as in `written`."""
    text = written(code)
    return _CODES.get(text, text)


def rows(items: Any, *keys: str) -> Rows:
    """A list of contexts as rows of a table, one column per key; any other item fills the first column."""
    found: Rows = []
    for item in _listed(items):
        values = item if isinstance(item, Mapping) else {keys[0]: item}
        row = [written(values.get(key)) for key in keys]
        if any(row):
            found.append(row)
    return found


def lines(items: Any) -> list[str]:
    """The items of a list, or the lines of a text, as texts, without the empty ones."""
    if isinstance(items, str):
        items = items.splitlines()
    return [text for text in map(written, _listed(items)) if text]


def facts(pairs: Sequence[tuple[str, Any]]) -> Facts:
    """Pairs of name and value as the templates read them, without those that have no value."""
    return [{"nome": name, "valore": text} for name, value in pairs if (text := written(value))]


def people(items: Any) -> list[dict[str, str]]:
    """Signatories or parties: texts, or contexts with `nome`, `cognome`, `ruolo`, `ente`, `ragione`."""
    found = []
    for item in _listed(items):
        if isinstance(item, Mapping):
            name = " ".join(written(item.get(key)) for key in ("nome", "cognome") if written(item.get(key)))
            parts = (in_words(item.get(key)) for key in ("ruolo", "ente", "ragione"))
            role = ", ".join(part for part in parts if part)
            found.append({"nome": name or role, "ruolo": role if name else ""})
        else:
            found.append({"nome": written(item), "ruolo": ""})
    return [person for person in found if person["nome"]]


def _listed(items: Any) -> Sequence[Any]:
    if items is None:
        return ()
    if isinstance(items, Sequence) and not isinstance(items, str):
        return items
    return (items,)
