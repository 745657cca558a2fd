"""The essentials of whom an instance is about: a person, or a family with its members."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import url_for
from flask_babel import gettext

from engine.access import Permission
from engine.instances.models import InstanceView
from modules.people import households
from modules.people.model import Person
from web import current
from web.formatting import day, today


@dataclass(frozen=True)
class Member:
    """A member of the family: the name, how they are related, and the address of their page."""

    name: str
    note: str
    address: str


@dataclass(frozen=True)
class Essentials:
    """The subject as shown on the page of a task or an instance."""

    heading: str
    name: str
    address: str
    facts: tuple[tuple[str, str], ...]
    members: tuple[Member, ...] = ()


def essentials(instance: InstanceView) -> Essentials | None:
    """The subject of an instance; None before anybody is registered. Details only for who may read persons there."""
    with current.engine().database.read() as connection:
        found = households.subject_of_instance(connection, instance.id)
    if found is None:
        return None
    if not current.may(Permission.PERSON_READ, instance.scope):
        return Essentials(gettext("Persona"), found.person.name, "", ())
    facts = tuple(facts_of(found.person))
    if found.household is None:
        return Essentials(gettext("Persona"), found.person.name, address_of(found.person), facts)
    members = tuple(
        Member(member.person.name, member.relazione, address_of(member.person))
        for member in found.household.membri
        if member.al is None
    )
    return Essentials(
        gettext("Nucleo"), found.household.denominazione, address_of(found.person), facts, members
    )


def address_of(person: Person) -> str:
    """The address of a person's page."""
    return url_for("instances.person", person_id=person.id)


def age_on(birth: date, now: date) -> int:
    """The years completed on a day."""
    return now.year - birth.year - ((now.month, now.day) < (birth.month, birth.day))


def facts_of(person: Person) -> list[tuple[str, str]]:
    """The few things one needs at a glance; what is not known is left out."""
    data = person.data
    born = ""
    if data.data_nascita:
        born = gettext(
            "%(day)s (%(age)d anni)", day=day(data.data_nascita), age=age_on(data.data_nascita, today())
        )
    facts = [
        (gettext("Nascita"), born),
        (gettext("Codice fiscale"), data.codice_fiscale),
        (gettext("Comune"), data.comune_residenza),
        (gettext("Telefono"), data.telefono),
        (gettext("E-mail"), data.email),
        (gettext("Lavoro"), data.condizione_lavorativa.replace("_", " ")),
    ]
    return [(label, text) for label, text in facts if text]
