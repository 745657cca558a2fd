"""Validation of the data of a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from engine.access import names
from engine.access.validation import check_email
from engine.errors import InvalidInput
from engine.localization import message
from modules.people.fiscal_code import FIELD, check_fiscal_code
from modules.people.model import PersonData

_MAX_AGE_YEARS = 130
_SIZES = {
    "cognome": 80,
    "nome": 80,
    "motivo_senza_cf": 200,
    "comune_residenza": 120,
    "telefono": 40,
    "email": 254,
    "condizione_lavorativa": 40,
    "ammortizzatore": 40,
    "ambito": 160,
}


def check_person(data: PersonData, today: date) -> PersonData:
    """The valid data with spaces and the codice fiscale normalised. `today` is the day in Europe/Rome.

    Raises InvalidInput with a sentence for each field: CODICE_FISCALE_NON_VALIDO when only the codice fiscale is
    wrong, else PERSONA_NON_VALIDA.
    """
    texts: dict[str, Any] = {field: _one_line(getattr(data, field)) for field in _SIZES}
    valid = replace(data, **texts)
    faults = _faults(valid, today)
    code = ""
    if data.codice_fiscale.strip():
        try:
            code = check_fiscal_code(
                data.codice_fiscale, None if "data_nascita" in faults else valid.data_nascita
            )
        except InvalidInput as problem:
            faults |= problem.fields
    elif not valid.motivo_senza_cf:
        faults[FIELD] = message("FISCAL_CODE_MISSING")
    if faults:
        error_code = "CODICE_FISCALE_NON_VALIDO" if set(faults) == {FIELD} else "PERSONA_NON_VALIDA"
        raise InvalidInput("PERSON_INVALID", code=error_code, fields=faults, faults=list(faults.values()))
    return replace(valid, codice_fiscale=code, motivo_senza_cf="" if code else valid.motivo_senza_cf)


def _faults(data: PersonData, today: date) -> dict[str, str]:
    faults: dict[str, str] = {}
    if not names.key(data.cognome):
        faults["cognome"] = message("SURNAME_MISSING")
    if not names.key(data.nome):
        faults["nome"] = message("GIVEN_NAME_MISSING")
    for field, size in _SIZES.items():
        if len(getattr(data, field)) > size:
            faults[field] = message("PERSON_TEXT_TOO_LONG", limit=size)
    birth = data.data_nascita
    if birth is not None and birth > today:
        faults["data_nascita"] = message("BIRTH_DATE_IN_FUTURE", birth=birth)
    elif birth is not None and birth.year < today.year - _MAX_AGE_YEARS:
        faults["data_nascita"] = message("BIRTH_DATE_TOO_OLD", birth=birth, years=_MAX_AGE_YEARS)
    if data.informativa_consegnata_il is not None and data.informativa_consegnata_il > today:
        faults["informativa_consegnata_il"] = message("PRIVACY_NOTICE_IN_FUTURE")
    try:
        check_email(data.email)
    except InvalidInput as problem:
        faults |= problem.fields
    return faults


def _one_line(text: str) -> str:
    return " ".join(text.split())
