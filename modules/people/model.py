"""Data types of persons, households, assignments and organisations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from engine.access.names import display_name
from engine.localization import Message


@dataclass(frozen=True)
class PersonData:
    """The data of a person. The disadvantages (`svantaggio_…`) are yes, no or not asked (None), never a diagnosis."""

    cognome: str
    nome: str
    data_nascita: date | None = None
    codice_fiscale: str = ""
    motivo_senza_cf: str = ""
    comune_residenza: str = ""
    telefono: str = ""
    email: str = ""
    condizione_lavorativa: str = ""
    ammortizzatore: str = ""
    svantaggio_l68: bool | None = None
    svantaggio_l381: bool | None = None
    informativa_consegnata_il: date | None = None
    ambito: str = ""


@dataclass(frozen=True)
class Person:
    """A person as stored; `revision` grows with every change."""

    id: str
    data: PersonData
    revision: int
    created_at: datetime
    created_by: str

    @property
    def name(self) -> str:
        """Surname and name, as lists show them."""
        return display_name(self.data.cognome, self.data.nome)


@dataclass(frozen=True)
class Duplicate:
    """A registered person who may be the one to be created, and why. `certain`: creating is refused."""

    person: Person
    reason: Message
    certain: bool


@dataclass(frozen=True)
class HouseholdMember:
    """A member of a household and their relation to the referente."""

    person: Person
    relazione: str
    dal: date
    al: date | None


@dataclass(frozen=True)
class Household:
    """A nucleo: its members and the referente, who represents it."""

    id: str
    denominazione: str
    referente_id: str
    membri: tuple[HouseholdMember, ...]


@dataclass(frozen=True)
class InstanceSubject:
    """The subject of an instance: a person and, for a family, their household."""

    instance_id: str
    person: Person
    household: Household | None


@dataclass(frozen=True)
class Assignment:
    """A role that a user holds, or held, in an instance; moments in UTC."""

    instance_id: str
    username: str
    name: str
    ruolo: str
    dal: datetime
    al: datetime | None
    nominato_da: str


@dataclass(frozen=True)
class Organisation:
    """A body that takes part in the patti: comune, consorzio, cooperativa, parrocchia, scuola, azienda…"""

    id: str
    nome: str
    tipo: str
    ambito: str
    email: str
    telefono: str
    attiva: bool
