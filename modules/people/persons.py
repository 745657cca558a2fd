"""Persons: search, detection of duplicates, creation and changes; each change is in the audit register."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from engine.access import ChangedBy, names
from engine.access.audit_register import record_change
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.localization import message
from engine.storage.sql.insert_once import insert_once
from engine.storage.text_search import words
from engine.storage.types import new_id
from modules.people.fiscal_code import FIELD, normalise, without_omocodia
from modules.people.model import Duplicate, Person, PersonData
from modules.people.tables import persona
from modules.people.validation import check_person

_FIELDS = tuple(item.name for item in fields(PersonData))
_CANDIDATES_LIMIT = 500


def get(connection: Connection, person_id: str) -> Person:
    """The person; NotFound when there is none."""
    row = connection.execute(select(persona).where(persona.c.id == person_id)).one_or_none()
    if row is None:
        raise NotFound("PERSON_NOT_FOUND")
    return _person(row)


def get_many(connection: Connection, person_ids: Iterable[str]) -> dict[str, Person]:
    """The persons that exist among these, by id."""
    query = select(persona).where(persona.c.id.in_(set(person_ids)))
    return {row.id: _person(row) for row in connection.execute(query)}


def find(
    connection: Connection, text: str, limit: int = 20, *, scopes: Iterable[str] | None = None
) -> tuple[Person, ...]:
    """Persons whose names begin with the words of `text`, in any order, or whose codice fiscale begins with it.

    Accents and capitals make no difference. `scopes` limits to persons of those ambiti (and of those under them).
    """
    parts = words(text).split()
    if not parts:
        return ()
    by_name = and_(*(persona.c.ricerca.contains(f" {part}", autoescape=True) for part in parts))
    code = normalise(text)
    matches: ColumnElement[bool] = by_name
    if len(code) >= 3:
        matches = or_(by_name, persona.c.codice_fiscale.startswith(code, autoescape=True))
    query = select(persona).where(matches).order_by(persona.c.ricerca, persona.c.id).limit(limit)
    if scopes is not None:
        query = query.where(_within(scopes))
    return tuple(_person(row) for row in connection.execute(query))


def by_fiscal_code(connection: Connection, code: str) -> Person | None:
    """The person with this codice fiscale, or None."""
    row = connection.execute(select(persona).where(persona.c.codice_fiscale == normalise(code))).one_or_none()
    return None if row is None else _person(row)


def duplicates(
    connection: Connection,
    codice_fiscale: str,
    cognome: str,
    nome: str,
    data_nascita: date | None,
    *,
    except_id: str | None = None,
) -> tuple[Duplicate, ...]:
    """Registered persons who may be this one, the certain ones first.

    Certain: same codice fiscale; same name and birth date when one of the two has no code. Possible: codes that
    differ only by omocodia; same name and birth date with two codes; a similar name (a wrong letter, surname and
    name swapped) with the same birth date; the same name where a birth date is missing.
    """
    code = normalise(codice_fiscale)
    key = names.person_key(cognome, nome)
    conditions: list[ColumnElement[bool]] = [and_(persona.c.chiave == key, persona.c.chiave != "|")]
    if code:
        conditions += [persona.c.codice_fiscale == code, persona.c.codice_base == (_base(code) or code)]
    if data_nascita is not None:
        conditions.append(persona.c.data_nascita == data_nascita)
    query = (
        select(persona)
        .where(or_(*conditions))
        .order_by(persona.c.created_at, persona.c.id)
        .limit(_CANDIDATES_LIMIT)
    )
    found = [
        duplicate
        for row in connection.execute(query)
        if row.id != except_id and (duplicate := _compare(row, code, key, data_nascita)) is not None
    ]
    return tuple(sorted(found, key=lambda duplicate: not duplicate.certain))


def create(
    connection: Connection, data: PersonData, *, by: ChangedBy, today: date, confirmed_namesake: bool = False
) -> Person:
    """Create a person. InvalidInput when the data are invalid (`fields`) or the person is already registered.

    The latter has code PERSONA_GIA_PRESENTE. `confirmed_namesake` says that somebody has checked that it is another
    person with the same name and birth date; it does not allow the same codice fiscale twice.
    """
    valid = check_person(data, today)
    for found in duplicates(connection, valid.codice_fiscale, valid.cognome, valid.nome, valid.data_nascita):
        same_code = bool(valid.codice_fiscale) and found.person.data.codice_fiscale == valid.codice_fiscale
        if found.certain and (same_code or not confirmed_namesake):
            raise person_already_registered(found)
    person_id = new_id()
    values = {
        "id": person_id,
        **_columns(valid),
        "omonimo": _namesakes(connection, valid) if confirmed_namesake else 0,
        "created_at": by.at,
        "created_by": by.actor_id,
    }
    if not insert_once(connection, persona, values):  # another transaction created the same person
        existing = duplicates(connection, valid.codice_fiscale, valid.cognome, valid.nome, valid.data_nascita)
        raise person_already_registered(existing[0] if existing else None)
    record_change(
        connection, by, "persona", person_id, "registrata", {"campi": sorted(_filled_fields(valid))}
    )
    return get(connection, person_id)


def change(
    connection: Connection,
    person_id: str,
    data: PersonData,
    *,
    by: ChangedBy,
    today: date,
    revision: int | None = None,
) -> Person:
    """Update a person; the audit register stores the old value of each changed field.

    With `revision`, InvalidState when the person has changed since that revision. InvalidInput as in `create`.
    """
    before = get(connection, person_id)
    valid = check_person(data, today)
    changed = {
        name: getattr(before.data, name)
        for name in _FIELDS
        if getattr(before.data, name) != getattr(valid, name)
    }
    if not changed:
        return before
    if valid.codice_fiscale and valid.codice_fiscale != before.data.codice_fiscale:
        other = by_fiscal_code(connection, valid.codice_fiscale)
        if other is not None:
            raise person_already_registered(Duplicate(other, message("DUPLICATE_SAME_FISCAL_CODE"), True))
    statement = (
        update(persona)
        .where(
            persona.c.id == person_id,
            persona.c.revision == (before.revision if revision is None else revision),
        )
        .values(**_columns(valid), revision=persona.c.revision + 1)
    )
    if connection.execute(statement).rowcount != 1:
        raise InvalidState("PERSON_CHANGED_MEANWHILE")
    record_change(connection, by, "persona", person_id, "modificata", {"prima": changed})
    return get(connection, person_id)


def complete(
    connection: Connection, person: Person, data: PersonData, *, by: ChangedBy, today: date
) -> Person:
    """Fill the empty fields of a person; contacts, residence and employment data replace the old ones."""
    overwritten = ("comune_residenza", "telefono", "email", "condizione_lavorativa", "ammortizzatore")
    new_values = {
        name: getattr(data, name)
        for name in _FIELDS
        if getattr(data, name) not in ("", None)
        and (getattr(person.data, name) in ("", None) or name in overwritten)
    }
    return change(connection, person.id, replace(person.data, **new_values), by=by, today=today)


def person_already_registered(found: Duplicate | None) -> InvalidInput:
    """The error PERSONA_GIA_PRESENTE; it says the reason, not the person, whom the reader may not see."""
    reason = found.reason if found is not None else message("DUPLICATE_SAME_DATA")
    problem = message("PERSON_ALREADY_REGISTERED", reason=reason)
    field = FIELD if reason.code == "DUPLICATE_SAME_FISCAL_CODE" else "cognome"
    return InvalidInput.for_field(field, problem, code="PERSONA_GIA_PRESENTE")


def _compare(row: Row[Any], code: str, key: str, birth: date | None) -> Duplicate | None:
    same_key = row.chiave == key
    same_birth = birth is not None and row.data_nascita == birth
    if code and row.codice_fiscale == code:
        return Duplicate(_person(row), message("DUPLICATE_SAME_FISCAL_CODE"), True)
    if same_key and same_birth:
        both_coded = bool(code) and row.codice_fiscale is not None
        return Duplicate(_person(row), message("DUPLICATE_SAME_NAME_AND_BIRTH_DATE"), not both_coded)
    if code and row.codice_base is not None and row.codice_base == _base(code):
        return Duplicate(_person(row), message("DUPLICATE_FISCAL_CODE_BY_OMOCODIA"), False)
    if same_birth and names.similar(key, row.chiave):
        return Duplicate(_person(row), message("DUPLICATE_SIMILAR_NAME"), False)
    if same_key and (birth is None or row.data_nascita is None):
        return Duplicate(_person(row), message("DUPLICATE_SAME_NAME"), False)
    return None


def _base(code: str) -> str | None:
    try:
        return without_omocodia(code)
    except (ValueError, KeyError):
        return None


def _namesakes(connection: Connection, data: PersonData) -> int:
    query = select(func.count()).where(
        persona.c.chiave == names.person_key(data.cognome, data.nome),
        persona.c.data_nascita == data.data_nascita,
    )
    return int(connection.execute(query).scalar_one())


def _columns(data: PersonData) -> dict[str, Any]:
    return {
        **asdict(data),
        "codice_fiscale": data.codice_fiscale or None,
        "codice_base": without_omocodia(data.codice_fiscale) if data.codice_fiscale else None,
        "chiave": names.person_key(data.cognome, data.nome),
        "ricerca": "".join(f" {word}" for word in words(f"{data.cognome} {data.nome}").split()),
    }


def _filled_fields(data: PersonData) -> list[str]:
    return [name for name in _FIELDS if getattr(data, name) not in ("", None)]


def _within(scopes: Iterable[str]) -> ColumnElement[bool]:
    wanted = set(scopes)
    if "" in wanted:
        return persona.c.id.is_not(None)
    under = [persona.c.ambito.startswith(f"{scope}/", autoescape=True) for scope in sorted(wanted)]
    return or_(persona.c.ambito.in_(wanted), *under)


def _person(row: Row[Any]) -> Person:
    values = {name: getattr(row, name) for name in _FIELDS}
    values["codice_fiscale"] = values["codice_fiscale"] or ""
    return Person(row.id, PersonData(**values), row.revision, row.created_at, row.created_by)


def may_be_same_person(one: PersonData, other: PersonData) -> bool:
    """Whether two records with one codice fiscale may be the same person: similar names, or equal surname or name."""
    first, second = names.person_key(one.cognome, one.nome), names.person_key(other.cognome, other.nome)
    return (
        names.similar(first, second)
        or names.key(one.cognome) == names.key(other.cognome)
        or names.key(one.nome) == names.key(other.nome)
    )


def same_name(one: PersonData, other: PersonData) -> bool:
    """Whether two records have the same name; accents, capitals and spaces do not matter."""
    return names.person_key(one.cognome, one.nome) == names.person_key(other.cognome, other.nome)
