"""Public interface of the module people for pages, command line and other modules."""

from modules.people.assignments import assignments_of_instance
from modules.people.households import (
    household,
    instances_of_person,
    leave,
    subject_of_instance,
    write_household,
)
from modules.people.model import Duplicate, Household, InstanceSubject, Organisation, Person, PersonData
from modules.people.organisations import close_organisation, organisations, save_organisation
from modules.people.persons import change, create, duplicates, find, get, get_many

__all__ = [
    "Duplicate",
    "Household",
    "InstanceSubject",
    "Organisation",
    "Person",
    "PersonData",
    "assignments_of_instance",
    "change",
    "close_organisation",
    "create",
    "duplicates",
    "find",
    "get",
    "get_many",
    "household",
    "instances_of_person",
    "leave",
    "organisations",
    "save_organisation",
    "subject_of_instance",
    "write_household",
]
