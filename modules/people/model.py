"""."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from engine.access.names import display_name


@dataclass(frozen=True)
class PersonData:
    """What is written about a person. Of disadvantages only yes, no or not asked (None): never a diagnosis."""

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
    """A person who may be the one about to be written, and why. `certain`: creating anyway is refused."""

    person: Person
    reason: str
    certain: bool


@dataclass(frozen=True)
class HouseholdMember:
    """A member of a household and how they relate to the one of reference."""

    person: Person
    relazione: str
    dal: date
    al: date | None


@dataclass(frozen=True)
class Household:
    """A nucleo: who answers for it and who belongs to it."""

    id: str
    denominazione: str
    referente_id: str
    membri: tuple[HouseholdMember, ...]


@dataclass(frozen=True)
class CaseSubject:
    """Whom a case is about: a person and, for a family, their household."""

    instance_id: str
    person: Person
    household: Household | None


@dataclass(frozen=True)
class Assignment:
    """A part someone holds, or held, in a case; moments in UTC."""

    instance_id: str
    username: str
    name: str
    ruolo: str
    dal: datetime
    al: datetime | None
    nominato_da: str


@dataclass(frozen=True)
class Organisation:
    """A body of the network: comune, consorzio, cooperativa, parrocchia, scuola, azienda…"""

    id: str
    nome: str
    tipo: str
    ambito: str
    email: str
    telefono: str
    attiva: bool
