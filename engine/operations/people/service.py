"""What pages, command line and other operations use of persons, households and places; accounts have their own door."""

from engine.operations.people.assignments import of_case as assignments_of
from engine.operations.people.households import cases_of, household, leave, of_instance, write_household
from engine.operations.people.model import (
    Ambito,
    CaseSubject,
    Duplicate,
    Household,
    Organisation,
    Person,
    PersonData,
)
from engine.operations.people.persons import change, create, duplicates, find, get, get_many
from engine.operations.people.places import (
    close_organisation,
    comuni,
    organisations,
    save_organisation,
    save_scope,
    scope_names,
    scope_of_comune,
    scopes,
)
from engine.operations.people.register import By, changes_of

__all__ = [
    "Ambito",
    "By",
    "CaseSubject",
    "Duplicate",
    "Household",
    "Organisation",
    "Person",
    "PersonData",
    "assignments_of",
    "cases_of",
    "change",
    "changes_of",
    "close_organisation",
    "comuni",
    "create",
    "duplicates",
    "find",
    "get",
    "get_many",
    "household",
    "leave",
    "of_instance",
    "organisations",
    "save_organisation",
    "save_scope",
    "scope_names",
    "scope_of_comune",
    "scopes",
    "write_household",
]
