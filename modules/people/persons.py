"""Persons: find them, see whether one is there already, write and correct them; each change is in the register."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from engine.access import names
from engine.access.audit_register import By, note
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.storage.sql.insert_once import insert_once
from engine.storage.types import new_id
from modules.people.fiscal_code import FIELD, normalise, without_omocodia
from modules.people.model import Duplicate, Person, PersonData
from modules.people.tables import persona
from modules.people.validation import check_person

_FIELDS = tuple(item.name for item in fields(PersonData))
_LOOKED_AT = 500


def get(connection: Connection, person_id: str) -> Person:
    """The person; NotFound when there is none."""
    row = connection.execute(select(persona).where(persona.c.id == person_id)).one_or_none()
    if row is None:
        raise NotFound("Questa persona non è registrata")
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
    parts = names.words(text).split()
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
    """Who is there already and may be this person, the certain ones first.

    Certain: same codice fiscale; same name and birth date when one of the two has no code. Worth a look: codes that
    differ by omocodia only; same name and birth date with two codes; a similar name (a letter slipped, surname and
    name swapped) with the same birth date; the same name where a birth date is missing.
    """
    code = normalise(codice_fiscale)
    key = names.person_key(cognome, nome)
    alike: list[ColumnElement[bool]] = [and_(persona.c.chiave == key, persona.c.chiave != "|")]
    if code:
        alike += [persona.c.codice_fiscale == code, persona.c.codice_base == (_base(code) or code)]
    if data_nascita is not None:
        alike.append(persona.c.data_nascita == data_nascita)
    query = select(persona).where(or_(*alike)).order_by(persona.c.created_at, persona.c.id).limit(_LOOKED_AT)
    found = [
        duplicate
        for row in connection.execute(query)
        if row.id != except_id and (duplicate := _compare(row, code, key, data_nascita)) is not None
    ]
    return tuple(sorted(found, key=lambda duplicate: not duplicate.certain))


def create(
    connection: Connection, data: PersonData, *, by: By, today: date, confirmed_namesake: bool = False
) -> Person:
    """Write a new person. InvalidInput when the data do not hold (`fields`), or when the person is there already.

    The latter has code PERSONA_GIA_PRESENTE; `confirmed_namesake` says that somebody checked and it is another person
    with the same name and birth date (never possible with the same codice fiscale).
    """
    tidy = check_person(data, today)
    for found in duplicates(connection, tidy.codice_fiscale, tidy.cognome, tidy.nome, tidy.data_nascita):
        same_code = bool(tidy.codice_fiscale) and found.person.data.codice_fiscale == tidy.codice_fiscale
        if found.certain and (same_code or not confirmed_namesake):
            raise already_there(found)
    person_id = new_id()
    values = {
        "id": person_id,
        **_columns(tidy),
        "omonimo": _namesakes(connection, tidy) if confirmed_namesake else 0,
        "created_at": by.at,
        "created_by": by.actor_id,
    }
    if not insert_once(connection, persona, values):  # somebody else wrote the same person a moment ago
        again = duplicates(connection, tidy.codice_fiscale, tidy.cognome, tidy.nome, tidy.data_nascita)
        raise already_there(again[0] if again else None)
    note(connection, by, "persona", person_id, "registrata", {"campi": sorted(_written(tidy))})
    return get(connection, person_id)


def change(
    connection: Connection,
    person_id: str,
    data: PersonData,
    *,
    by: By,
    today: date,
    revision: int | None = None,
) -> Person:
    """Correct a person; the register keeps what each changed field was.

    With `revision`, InvalidState when somebody else changed the person since. InvalidInput as in `create`.
    """
    before = get(connection, person_id)
    tidy = check_person(data, today)
    changed = {
        name: getattr(before.data, name)
        for name in _FIELDS
        if getattr(before.data, name) != getattr(tidy, name)
    }
    if not changed:
        return before
    if tidy.codice_fiscale and tidy.codice_fiscale != before.data.codice_fiscale:
        other = by_fiscal_code(connection, tidy.codice_fiscale)
        if other is not None:
            raise already_there(Duplicate(other, "stesso codice fiscale", True))
    statement = (
        update(persona)
        .where(
            persona.c.id == person_id,
            persona.c.revision == (before.revision if revision is None else revision),
        )
        .values(**_columns(tidy), revision=persona.c.revision + 1)
    )
    if connection.execute(statement).rowcount != 1:
        raise InvalidState(
            "Qualcun altro ha modificato questa persona nel frattempo: rileggere e ripetere la modifica"
        )
    note(connection, by, "persona", person_id, "modificata", {"prima": changed})
    return get(connection, person_id)


def complete(connection: Connection, person: Person, data: PersonData, *, by: By, today: date) -> Person:
    """Write what is known now and was not before; what is known already stays as it is, contacts are renewed."""
    renewed = ("comune_residenza", "telefono", "email", "condizione_lavorativa", "ammortizzatore")
    news = {
        name: getattr(data, name)
        for name in _FIELDS
        if getattr(data, name) not in ("", None)
        and (getattr(person.data, name) in ("", None) or name in renewed)
    }
    return change(connection, person.id, replace(person.data, **news), by=by, today=today)


def already_there(found: Duplicate | None) -> InvalidInput:
    """The refusal to write a person twice; it names the reason, not the person, whom the reader may not see."""
    reason = found.reason if found is not None else "stessi dati anagrafici"
    sentence = f"Questa persona è già registrata ({reason}): usare la scheda esistente"
    field = FIELD if found is not None and found.reason == _SAME_CODE else "cognome"
    return InvalidInput(sentence, code="PERSONA_GIA_PRESENTE", fields={field: sentence})


_SAME_CODE = "stesso codice fiscale"


def _compare(row: Row[Any], code: str, key: str, birth: date | None) -> Duplicate | None:
    same_key = row.chiave == key
    same_birth = birth is not None and row.data_nascita == birth
    if code and row.codice_fiscale == code:
        return Duplicate(_person(row), _SAME_CODE, True)
    if same_key and same_birth:
        both_coded = bool(code) and row.codice_fiscale is not None
        return Duplicate(_person(row), "stesso nome e stessa data di nascita", not both_coded)
    if code and row.codice_base is not None and row.codice_base == _base(code):
        return Duplicate(_person(row), "codice fiscale uguale a meno dell'omocodia", False)
    if same_birth and names.similar(key, row.chiave):
        return Duplicate(_person(row), "nome simile e stessa data di nascita", False)
    if same_key and (birth is None or row.data_nascita is None):
        return Duplicate(_person(row), "stesso nome, data di nascita non nota", False)
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
        "ricerca": "".join(f" {word}" for word in names.words(f"{data.cognome} {data.nome}").split()),
    }


def _written(data: PersonData) -> list[str]:
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


def may_be_same(one: PersonData, other: PersonData) -> bool:
    """Whether two writings under one codice fiscale may be the same person: a similar name, or one part of it equal."""
    first, second = names.person_key(one.cognome, one.nome), names.person_key(other.cognome, other.nome)
    return (
        names.similar(first, second)
        or names.key(one.cognome) == names.key(other.cognome)
        or names.key(one.nome) == names.key(other.nome)
    )


def same_name(one: PersonData, other: PersonData) -> bool:
    """Whether two writings are of the same name, whatever accents, capitals and spaces."""
    return names.person_key(one.cognome, one.nome) == names.person_key(other.cognome, other.nome)
