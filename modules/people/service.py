"""What pages, command line and other operations use of persons, households and places; accounts have their own door."""

from engine.access.audit_register import By, changes_of
from engine.access.models import Ambito
from engine.access.scopes import comuni, scope_names, scope_of_comune
from engine.scheduling.calendars.scopes import save_scope, scopes
from modules.people.assignments import of_case as assignments_of
from modules.people.households import cases_of, household, leave, of_instance, write_household
from modules.people.model import CaseSubject, Duplicate, Household, Organisation, Person, PersonData
from modules.people.organisations import close_organisation, organisations, save_organisation
from modules.people.persons import change, create, duplicates, find, get, get_many

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
