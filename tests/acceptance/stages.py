"""Cases brought once to the stages where invariants can be broken; every test then works on a copy of the database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from engine.access import SYSTEM
from engine.clock import VirtualClock
from engine.engine import Engine
from engine.service_tasks import REGISTRY
from engine.settings import Settings
from engine.simulation import DEFAULT_SCOPE, World
from tests.databases import Databases

ROME = ZoneInfo("Europe/Rome")
SECRET = "Segreto dell'équipe"
"""What stands in note_riservate of every case."""

USERS: Mapping[str, tuple[str, ...]] = {
    "dario": ("microequipe", "commissione"),
    "elena": ("case_manager", "commissione"),
    "delia": ("microequipe", "commissione"),
    "nadia": ("tutor",),
    "olga": ("assistente_sociale@casalasco",),
    "oreste": ("coordinatore_patti@casalasco",),
    "omar": ("microequipe@casalasco",),
    "nora": ("tutor@casalasco",),
    "rita": ("amministratore",),
}

CANDIDATE: Mapping[str, Any] = {
    "codice_fiscale": "FNTTEA88E43D142X", "cognome": "Finti", "nome": "Tea", "data_nascita": "1988-05-03",
    "comune_residenza": "Crema", "email": "tea.finti@example.org", "ente_proponente": "Comune di Crema",
    "interventi_in_carico": ["contributi_economici"], "condizione_lavorativa": "disoccupato",
    "disoccupato_dal": "2014-09-01", "ammortizzatore": "nessuno", "svantaggio_l68": "no", "svantaggio_l381": "no",
    "informativa_consegnata_il": "2016-01-28",
}  # fmt: skip
SOCIAL: Mapping[str, Any] = {
    "nucleo": [{"nome": "Rina Segreti", "legame": "madre", "eta": 61}],
    "reti": "Una sorella a Crema.", "abitazione": "affitto", "risorse_personali": "È puntuale.",
    "bisogni": [{"area": "lavoro", "gravita": 3, "descrizione": "Senza lavoro da due anni"}],
    "note_riservate": SECRET,
}  # fmt: skip
WORK: Mapping[str, Any] = {
    "titolo_studio": "diploma", "disoccupato_dal": "2014-09-01", "disponibilita_oraria": "Mattina", "patente": "si",
    "politiche_attive": ["nessuna"],
}  # fmt: skip
READING: Mapping[str, Any] = {
    "componenti_microequipe": [{"nome": "Dario"}], "bisogni": [{"area": "lavoro", "gravita": 3}],
    "risorse": [{"area": "reti", "descrizione": "L'oratorio cerca aiuto"}], "opportunita": "Un laboratorio di cucina.",
}  # fmt: skip
LINES = (
    {"categoria": "formazione", "fornitore": "Scuola Esempio", "importo": 1200},
    {"categoria": "mobilita", "fornitore": "Trasporti Prova", "importo": 500},
    {"categoria": "conciliazione", "fornitore": "Nido Fantasia", "importo": 300},
)
PROJECT: Mapping[str, Any] = {
    "obiettivi": [{"testo": "Lavorare in cucina", "valore_iniziale": 2, "valore_atteso": 7}],
    "sostegni": [], "impegni_persona": [{"impegno": "Frequenta il laboratorio"}],
    "impegno_generativo": {"ente": "Oratorio", "attivita": "Cena", "ore": 20, "assicurazione": "si"},
    "voci_budget": list(LINES), "data_inizio": "2016-02-29", "data_fine": "2017-02-28",
    "monitoraggio_ancora": "2016-03-14", "monitoraggio_ogni": 14, "monitoraggio_unita": "giorni",
    "monitoraggio_ora": "09:00", "firmatari": [{"nome": "Tea Finti", "ruolo": "persona"}],
}  # fmt: skip
SITTING: Mapping[str, Any] = {
    "data_seduta": "2016-02-18", "presenti": [{"nome": "Gina"}, {"nome": "Hugo"}, {"nome": "Ines"}],
    "esito_commissione": "approva",
}  # fmt: skip
SIGNATURE: Mapping[str, Any] = {
    "firmatario_nome": "Tea Finti",
    "esito_firma": "firma",
    "firmato_il": "2016-02-24",
}

START = datetime(2016, 1, 28, 10, tzinfo=ROME)
MEETING = "Incontro di monitoraggio"
SPENDING = "Spesa del budget"
SIGNING = "Firma del patto – Tea Finti"
SITTING_TASK = "Seduta della commissione"


def at(month: int, day: int, hour: int = 10) -> datetime:
    """A moment of 2016 on the clocks of Rome."""
    return datetime(2016, month, day, hour, tzinfo=ROME)


# -- the way to each stage ---------------------------------------------------------------------------------------------


def to_project(world: World) -> None:
    """From nothing to «Progetto e budget»."""
    world.start("patto_autonomia", by="anna", values=CANDIDATE)
    contact = {"contatto_il": "2016-01-28", "contatto_modo": "telefono", "esito_contatto": "prosegue"}
    world.task("Primo contatto con la persona").complete(by="anna", values=contact)
    social = world.task("Scheda di analisi: parte sociale")
    social.attach("referto-riservato.pdf", by="anna")
    social.complete(by="anna", values=SOCIAL)
    world.task("Scheda di analisi: parte lavorativa").attach("curriculum.pdf", by="bruno")
    world.task("Scheda di analisi: parte lavorativa").complete(by="bruno", values=WORK)
    world.task("Lettura di bisogni e risorse").complete(by="dario", values=READING)


def to_sitting(world: World) -> None:
    """From the project to the seat of the commissione."""
    world.advance_to(max(world.now, at(2, 15)))
    world.task("Progetto e budget").complete(by="dario", values=PROJECT)
    world.task("Nomina di case manager e tutor").complete(by="dario", case_manager="elena", tutor="fabio")
    world.task("Proposta alla persona").complete(
        by="elena", proposta_il="2016-02-15", esito_proposta="accetta"
    )


def to_signature(world: World) -> None:
    """From the commissione to the one signature that is missing."""
    world.advance_to(max(world.now, at(2, 18)))
    world.task(SITTING_TASK).complete(by="gina", values=SITTING)


def to_active(world: World) -> None:
    """From the signature to the first day of the patto."""
    world.advance_to(at(2, 24))
    world.task(SIGNING).complete(by="elena", values=SIGNATURE)
    world.advance_to(at(2, 29, 8))


def to_two_signatures(world: World) -> None:
    """Two patti of one person, each of 2.000 €, that both miss one signature."""
    for way in (to_project, to_sitting, to_signature):
        way(world)
    to_project(world)
    to_sitting(world)
    to_signature(world)


WAYS: Mapping[str, tuple[str, Callable[[World], None]]] = {
    "progetto": ("", to_project),
    "commissione": ("progetto", to_sitting),
    "firma": ("commissione", to_signature),
    "attivo": ("firma", to_active),
    "due_firme": ("", to_two_signatures),
    "inizio": ("", lambda world: None),
}
"""Stage → the stage before it, and how to go on from there."""


# -- photographs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Photograph:
    """A database with its case at some stage: the clock's moment and the cases, in the order they were started."""

    url: str
    moment: datetime
    cases: tuple[str, ...]


@dataclass
class Album:
    """Photographs of stages, taken once for each kind of database."""

    databases: Databases
    folder: Path
    stack: contextlib.ExitStack
    taken: dict[tuple[str, str], Photograph] = field(default_factory=dict)

    def photograph(self, dialect: str, stage: str) -> Photograph:
        """The photograph of a stage."""
        if (dialect, stage) not in self.taken:
            before, way = WAYS[stage]
            url = self.stack.enter_context(self._place(dialect, before))
            if before:
                earlier = self.photograph(dialect, before)
                world = open_world(url, earlier.moment, earlier.cases)
            else:
                world = World.open(START, database_url=url, users=USERS)
            with world:
                way(world)
                taken = Photograph(url, world.now, tuple(world.instance_ids))
            self.databases.seal(url)
            self.taken[dialect, stage] = taken
        return self.taken[dialect, stage]

    @contextlib.contextmanager
    def copy(self, dialect: str, stage: str, folder: Path) -> Iterator[World]:
        """A world on a copy of a photograph."""
        taken = self.photograph(dialect, stage)
        with (
            self.databases.copy(taken.url, folder) as url,
            open_world(url, taken.moment, taken.cases) as world,
        ):
            yield world

    def _place(self, dialect: str, before: str) -> contextlib.AbstractContextManager[str]:
        if before:
            return self.databases.copy(self.photograph(dialect, before).url, self.folder)
        return self.databases.new(dialect, self.folder)


def open_world(url: str, moment: datetime, cases: tuple[str, ...]) -> World:
    """A world on a database that is furnished already; its last case is the current one."""
    settings = Settings(
        database_url=url, processes_folder="processes", embedded_jobs=False, secret_key="prova"
    )
    world = World(settings, VirtualClock(moment), REGISTRY, DEFAULT_SCOPE, None, upgrade=False)
    world.instance_ids.extend(cases)
    return world


def another_engine(world: World, clock: VirtualClock | None = None) -> Engine:
    """A second engine on the world's database, as another worker has it; the caller closes it."""
    return Engine.open(
        world.settings,
        clock=clock or world.clock,
        operations=world.engine.operations,  # its e-mails are caught too
        upgrade=False,
        durable=False,
    )


def log_of(world: World, kind: str = "", case: str = "") -> list[Any]:
    """The lines of a case's log, of one kind or all."""
    found = world.engine.history.timeline(case or world.instance_ids[-1], SYSTEM).items
    return [one for one in found if not kind or one.kind == kind]
