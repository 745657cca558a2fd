"""Households (nuclei), and the subject (person and household) of each instance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, func, insert, select, update

from engine.access import ChangedBy
from engine.access.audit_register import record_change
from engine.storage.sql.insert_once import insert_once
from engine.storage.types import new_id
from modules.people import persons
from modules.people.model import Household, HouseholdMember, InstanceSubject, Person
from modules.people.tables import caso_soggetto, nucleo, nucleo_membro


def write_household(
    connection: Connection,
    denominazione: str,
    referente: Person,
    members: Sequence[tuple[Person, str]],
    *,
    by: ChangedBy,
    today: date,
) -> Household:
    """Create the household of this referente, or add the missing members (with their relation) to it."""
    created = insert_once(
        connection,
        nucleo,
        {
            "id": new_id(),
            "denominazione": denominazione,
            "referente_id": referente.id,
            "created_at": by.at,
            "created_by": by.actor_id,
        },
    )
    query = select(nucleo.c.id, nucleo.c.denominazione).where(nucleo.c.referente_id == referente.id)
    household_id, before = connection.execute(query).one()
    if before != denominazione:
        connection.execute(
            update(nucleo).where(nucleo.c.id == household_id).values(denominazione=denominazione)
        )
    added = [
        person.id
        for person, relation in ((referente, "referente"), *members)
        if _add_member(connection, household_id, person, relation, today)
    ]
    if created or added:
        record_change(
            connection,
            by,
            "nucleo",
            household_id,
            "registrato" if created else "completato",
            {"membri": added},
        )
    return household(connection, household_id)


def household(connection: Connection, household_id: str) -> Household:
    """The household with its members, the referente first."""
    row = connection.execute(select(nucleo).where(nucleo.c.id == household_id)).one()
    query = (
        select(nucleo_membro)
        .where(nucleo_membro.c.nucleo_id == household_id)
        .order_by(nucleo_membro.c.ordine)
    )
    rows = connection.execute(query).all()
    persons_by_id = persons.get_many(connection, [member.persona_id for member in rows])
    members = tuple(
        HouseholdMember(persons_by_id[member.persona_id], member.relazione, member.dal, member.al)
        for member in rows
    )
    return Household(row.id, row.denominazione, row.referente_id, members)


def leave(
    connection: Connection, household_id: str, person_id: str, *, by: ChangedBy, last_day: date
) -> None:
    """End the membership of a person in a household; the row stays with its last day."""
    connection.execute(
        update(nucleo_membro)
        .where(
            nucleo_membro.c.nucleo_id == household_id,
            nucleo_membro.c.persona_id == person_id,
            nucleo_membro.c.al.is_(None),
        )
        .values(al=last_day)
    )
    record_change(connection, by, "nucleo", household_id, "uscita", {"persona": person_id, "al": last_day})


def set_instance_subject(
    connection: Connection, instance_id: str, person: Person, found: Household | None = None
) -> None:
    """Set the subject of an instance, or replace it."""
    values = {"persona_id": person.id, "nucleo_id": found.id if found is not None else None}
    changed = connection.execute(
        update(caso_soggetto).where(caso_soggetto.c.instance_id == instance_id).values(**values)
    )
    if changed.rowcount == 0:
        connection.execute(insert(caso_soggetto).values(instance_id=instance_id, **values))


def subject_of_instance(connection: Connection, instance_id: str) -> InstanceSubject | None:
    """The subject of an instance, or None while nobody has been registered."""
    row = connection.execute(
        select(caso_soggetto).where(caso_soggetto.c.instance_id == instance_id)
    ).one_or_none()
    if row is None:
        return None
    found = household(connection, row.nucleo_id) if row.nucleo_id else None
    return InstanceSubject(instance_id, persons.get(connection, row.persona_id), found)


def instances_of_person(connection: Connection, person_id: str) -> tuple[str, ...]:
    """The ids of the instances about this person, or about a household they belong to."""
    households = select(nucleo_membro.c.nucleo_id).where(nucleo_membro.c.persona_id == person_id)
    query = (
        select(caso_soggetto.c.instance_id)
        .where((caso_soggetto.c.persona_id == person_id) | caso_soggetto.c.nucleo_id.in_(households))
        .order_by(caso_soggetto.c.instance_id)
    )
    return tuple(connection.execute(query).scalars())


def _add_member(
    connection: Connection, household_id: str, person: Person, relation: str, today: date
) -> bool:
    order = select(func.coalesce(func.max(nucleo_membro.c.ordine), 0) + 1).where(
        nucleo_membro.c.nucleo_id == household_id
    )
    values = {
        "nucleo_id": household_id,
        "persona_id": person.id,
        "ordine": connection.execute(order).scalar_one(),
        "relazione": relation,
        "dal": today,
    }
    return insert_once(connection, nucleo_membro, values)
