"""From what a form writes about a person to what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from engine.errors import ExecutionFailed
from modules.people.model import PersonData

MEMBER_WITHOUT_CODE = "Componente del nucleo: codice fiscale non ancora raccolto"


def member(entry: Any, number: int, comune_residenza: str, scope: str) -> tuple[PersonData, str, bool]:
    """A member of a household as a form gives it: the data, the relation, whether they are the one of reference.

    Raises ExecutionFailed naming the member by number.
    """
    place = f"componente {number} del nucleo"
    if not isinstance(entry, Mapping):
        raise ExecutionFailed(f"persone.registra_nucleo: {place}: serve un contesto con cognome e nome")
    keys = ("cognome", "nome", "codice_fiscale", "motivo_senza_codice", "telefono", "email")
    text = {key: str(entry.get(key) or "") for key in keys}
    data = PersonData(
        cognome=text["cognome"],
        nome=text["nome"],
        data_nascita=_date(entry.get("data_nascita"), place),
        codice_fiscale=text["codice_fiscale"],
        motivo_senza_cf=text["motivo_senza_codice"] or MEMBER_WITHOUT_CODE,
        comune_residenza=comune_residenza,
        telefono=text["telefono"],
        email=text["email"],
        ambito=scope,
    )
    relation = " ".join(str(entry.get("legame") or entry.get("relazione") or "").split())[:60]
    return data, relation, entry.get("referente") in (True, "si", "sì")


def _date(value: Any, place: str) -> date | None:
    if value in (None, ""):
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as problem:
        raise ExecutionFailed(f"{place}: «{value!s:.40}» non è una data di nascita") from problem


def yes_or_no(value: bool | str | None, field: str) -> bool | None:
    """Yes, no or not asked; anything else is an ExecutionFailed: of disadvantages nothing more is stored."""
    if value is None or isinstance(value, bool):
        return value
    answer = value.strip().casefold()
    if answer in ("si", "sì", "true", "yes"):
        return True
    if answer in ("no", "false"):
        return False
    if not answer:
        return None
    raise ExecutionFailed(f"persone.registra: di «{field}» si conserva solo sì o no, mai altro")
