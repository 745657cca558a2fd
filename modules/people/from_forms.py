"""Converts what a form says about a person to `PersonData`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from engine.errors import ExecutionFailed
from modules.people.model import PersonData

MEMBER_WITHOUT_CODE = "Componente del nucleo: codice fiscale non ancora raccolto"


def member(entry: Any, number: int, comune_residenza: str, scope: str) -> tuple[PersonData, str, bool]:
    """A member of a household as a form gives it: the data, the relation, whether they are the referente.

    Raises ExecutionFailed; the sentence gives the number of the member.
    """
    if not isinstance(entry, Mapping):
        raise ExecutionFailed("HOUSEHOLD_MEMBER_NOT_A_CONTEXT", number=number)
    keys = ("cognome", "nome", "codice_fiscale", "motivo_senza_codice", "telefono", "email")
    text = {key: str(entry.get(key) or "") for key in keys}
    data = PersonData(
        cognome=text["cognome"],
        nome=text["nome"],
        data_nascita=_birth_date(entry.get("data_nascita"), number),
        codice_fiscale=text["codice_fiscale"],
        motivo_senza_cf=text["motivo_senza_codice"] or MEMBER_WITHOUT_CODE,
        comune_residenza=comune_residenza,
        telefono=text["telefono"],
        email=text["email"],
        ambito=scope,
    )
    relation = " ".join(str(entry.get("legame") or entry.get("relazione") or "").split())[:60]
    return data, relation, entry.get("referente") in (True, "si", "sì")


def _birth_date(value: Any, number: int) -> date | None:
    if value in (None, ""):
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as problem:
        raise ExecutionFailed(
            "HOUSEHOLD_MEMBER_BIRTH_DATE_INVALID", number=number, value=str(value)[:40]
        ) from problem


def yes_or_no(value: bool | str | None, field: str) -> bool | None:
    """True, False, or None when not answered. Raises ExecutionFailed for any other answer."""
    if value is None or isinstance(value, bool):
        return value
    answer = value.strip().casefold()
    if answer in ("si", "sì", "true", "yes"):
        return True
    if answer in ("no", "false"):
        return False
    if not answer:
        return None
    raise ExecutionFailed("ANSWER_NOT_YES_OR_NO", field=field)
