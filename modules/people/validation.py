"""."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from engine.access import names
from engine.access.validation import check_email
from engine.errors import InvalidInput
from modules.people.fiscal_code import FIELD, check_fiscal_code
from modules.people.model import PersonData

_OLDEST = 130


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
    """The data tidied: spaces, capitals of the codice fiscale. `today` is the day in Rome.

    Raises InvalidInput (code PERSONA_NON_VALIDA, or CODICE_FISCALE_NON_VALIDO when only that is wrong) with a sentence
    for each field.
    """
    texts: dict[str, Any] = {field: _one_line(getattr(data, field)) for field in _SIZES}
    tidy = replace(data, **texts)
    faults = _faults(tidy, today)
    code = ""
    if data.codice_fiscale.strip():
        try:
            code = check_fiscal_code(
                data.codice_fiscale, None if "data_nascita" in faults else tidy.data_nascita
            )
        except InvalidInput as problem:
            faults |= problem.fields
    elif not tidy.motivo_senza_cf:
        faults[FIELD] = "Scrivere il codice fiscale, oppure il motivo per cui manca"
    if faults:
        known = "CODICE_FISCALE_NON_VALIDO" if set(faults) == {FIELD} else "PERSONA_NON_VALIDA"
        raise InvalidInput("; ".join(faults.values()), code=known, fields=faults)
    return replace(tidy, codice_fiscale=code, motivo_senza_cf="" if code else tidy.motivo_senza_cf)


def _faults(data: PersonData, today: date) -> dict[str, str]:
    faults: dict[str, str] = {}
    for field, label in (("cognome", "il cognome"), ("nome", "il nome")):
        if not names.key(getattr(data, field)):
            faults[field] = f"Scrivere {label}"
    for field, size in _SIZES.items():
        if len(getattr(data, field)) > size:
            faults[field] = f"Il testo è più lungo di {size} caratteri"
    birth = data.data_nascita
    if birth is not None and birth > today:
        faults["data_nascita"] = f"La data di nascita {birth:%d/%m/%Y} è nel futuro"
    elif birth is not None and birth.year < today.year - _OLDEST:
        faults["data_nascita"] = (
            f"La data di nascita {birth:%d/%m/%Y} è di oltre {_OLDEST} anni fa: controllare l'anno"
        )
    if data.informativa_consegnata_il is not None and data.informativa_consegnata_il > today:
        faults["informativa_consegnata_il"] = "L'informativa non può essere stata consegnata nel futuro"
    try:
        check_email(data.email)
    except InvalidInput as problem:
        faults |= problem.fields
    return faults


def _one_line(text: str) -> str:
    return " ".join(text.split())
