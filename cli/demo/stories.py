"""The instances of the demonstration: each is a story, a generator of its next moment, on a shared clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from cli.demo import answers
from cli.demo.answers import Line
from cli.demo.persons import FAMILIES, YOUNG, InventedPerson
from engine.errors import NotFound
from engine.simulation import World
from engine.temporal import at_time, day_in_rome

PLAN: tuple[Line, ...] = (
    ("formazione", "Ente Formazione Esempio", 1200),
    ("mobilita", "Trasporti Prova", 500),
    ("conciliazione", "Nido Fantasia", 300),
)
FAMILY_PLAN: tuple[Line, ...] = (
    ("conciliazione", "Nido Fantasia", 900),
    ("mobilita", "Trasporti Prova", 400),
)
MEETING = "Incontro di monitoraggio"

Story = Iterator[datetime]
"""Yields the next moment at which it has something to do."""


@dataclass
class DemoInstance:
    """One instance and the colleagues who work on it."""

    world: World
    id: str
    team: Mapping[str, str]

    @property
    def today(self) -> date:
        """The day of the world's clock, in Rome."""
        return day_in_rome(self.world.now)

    def do(self, task: str, role: str, values: Mapping[str, Any] | None = None) -> None:
        """The colleague of a role completes a task."""
        self.world.task(task, self.id).complete(by=self.team.get(role, role), values=values)

    def is_open(self, task: str) -> bool:
        """Whether a task of this name is open."""
        try:
            self.world.task(task, self.id)
        except NotFound:
            return False
        return True


CREMASCO: Mapping[str, str] = {
    "as": "anna", "sil": "bruno", "me": "dario", "cm": "elena", "tutor": "fabio", "com": "gina",
    "coord": "carla", "form": "luca", "segn": "mara",
}  # fmt: skip
CREMONA: Mapping[str, str] = {
    "as": "olga", "sil": "piero", "me": "vito", "cm": "vito", "tutor": "vito", "coord": "piero", "segn": "olga",
}  # fmt: skip
CASALASCO: Mapping[str, str] = {"as": "teresa", "coord": "teresa"}


@dataclass(frozen=True)
class Opening:
    """The start of a story: days before the end, ambito, colleagues, and the task before which it stops."""

    days_ago: int
    scope: str = "cremasco/crema"
    team: Mapping[str, str] | None = None
    until: str = ""

    @property
    def colleagues(self) -> Mapping[str, str]:
        """The colleagues of the ambito."""
        return self.team or CREMASCO


def autonomia(world: World, end: datetime, who: InventedPerson, opening: Opening) -> Story:
    """A patto per l'autonomia, stopped before the task whose name begins with `opening.until`."""
    born_for = day_in_rome(end)
    first = _day(end, opening.days_ago)
    until = opening.until
    yield _at(first)
    started = world.start(
        "patto_autonomia",
        by=opening.colleagues["as"],
        values=who.candidate(born_for, first),
        scope=opening.scope,
    )
    instance = DemoInstance(world, started.id, opening.colleagues)
    yield _at(first + timedelta(days=1))
    if until in ("contatto", "verifica"):
        return
    if until == "ritirato":
        instance.do(
            "Primo contatto con la persona", "as", answers.first_contact(instance.today, "non_interessata")
        )
        return
    instance.do("Primo contatto con la persona", "as", answers.first_contact(instance.today))
    yield _at(first + timedelta(days=4))
    instance.do("Scheda di analisi: parte sociale", "as", answers.social_sheet())
    if until == "scheda_lavorativa":
        return
    instance.do("Scheda di analisi: parte lavorativa", "sil", answers.work_sheet())
    yield _at(first + timedelta(days=10))
    if until == "microequipe":
        return
    yield from _designed(instance, first, who.name, PLAN, until)


def inclusione(
    world: World, end: datetime, name: str, members: Sequence[tuple[InventedPerson, str]], opening: Opening
) -> Story:
    """A patto per l'inclusione, stopped likewise."""
    born_for = day_in_rome(end)
    first = _day(end, opening.days_ago)
    listed = [one.member(born_for, tie) for one, tie in members]
    yield _at(first)
    started = world.start(
        "patto_inclusione",
        by=opening.colleagues["segn"],
        values=answers.report(name, listed, members[0][0].comune),
        scope=opening.scope,
    )
    instance = DemoInstance(world, started.id, opening.colleagues)
    if opening.until == "ascolto":
        return
    yield _at(first + timedelta(days=2))
    instance.do("Primo ascolto del nucleo", "as", answers.listening(instance.today))
    yield _at(first + timedelta(days=8))
    instance.do("Scheda di analisi del nucleo", "as", answers.family_sheet(listed))
    instance.do(
        "Attori della rete",
        "me",
        answers.network(["Associazione Vicini di Prova", "Scuola dell'infanzia Bozza"]),
    )
    if opening.until == "rete":
        return
    for actor in ("Associazione Vicini di Prova", "Scuola dell'infanzia Bozza"):
        instance.do(f"Impegno di un attore della rete – {actor}", "me", answers.network_commitment(actor))
    yield _at(first + timedelta(days=12))
    yield from _designed(
        instance, first, members[0][0].name, FAMILY_PLAN, opening.until, every=1, unit="mesi"
    )


def _designed(
    instance: DemoInstance,
    first: date,
    signer: str,
    lines: Sequence[Line],
    until: str,
    *,
    every: int = 14,
    unit: str = "giorni",
) -> Story:
    """From the microequipe to the signature, then the active phase."""
    instance.do("Lettura di bisogni e risorse", "me", answers.microequipe())
    yield _at(first + timedelta(days=16))
    start = first + timedelta(days=45)
    if until == "oltre_tetto":
        over = [*lines[1:], (lines[0][0], lines[0][1], lines[0][2] + 150)]
        instance.do("Progetto e budget", "me", answers.plan(signer, start, over))
        return
    project = answers.plan(signer, start, lines, every=every, unit=unit)
    instance.do("Progetto e budget", "me", project)
    instance.do(
        "Nomina di case manager e tutor",
        "me",
        answers.nominations(instance.team["cm"], instance.team["tutor"]),
    )
    if until == "proposta":
        return
    yield _at(first + timedelta(days=20))
    instance.do("Proposta alla persona", "cm", answers.proposal(instance.today))
    if until == "commissione":
        return
    yield _at(first + timedelta(days=28))
    if until == "modifiche":
        why = "Meglio definire chi accompagna la famiglia."
        instance.do(
            "Seduta della commissione", "com", answers.sitting(instance.today, "chiede_modifiche", why)
        )
        return
    instance.do("Seduta della commissione", "com", answers.sitting(instance.today))
    yield _at(first + timedelta(days=33))
    instance.do(f"Firma del patto – {signer}", "cm", answers.signature(signer, instance.today))
    if until == "firma":
        return
    other = "Associazione Vicini di Prova"
    instance.do(f"Firma del patto – {other}", "cm", answers.signature(other, instance.today))
    yield _at(start + timedelta(days=3))
    yield from _active(instance, lines, until)


def _active(instance: DemoInstance, lines: Sequence[Line], until: str) -> Story:
    """Hours, spending and meetings; `sospeso` misses the last two meetings, `concluso` ends at the sixth."""
    if instance.is_open("Scelta della politica attiva"):
        instance.do(
            "Scelta della politica attiva",
            "sil",
            {"misura": "dote_unica_lavoro", "ente_misura": "Ente Formazione Esempio"},
        )
    spent = 0
    for number in itertools.count(1):
        while not instance.is_open(MEETING):
            yield instance.world.now + timedelta(days=1)
        if instance.is_open("Ore di empowerment"):
            days = [instance.today - timedelta(days=back) for back in (6, 4, 2)]
            instance.do("Ore di empowerment", "form", answers.hours(days, Decimal(4)))
        if instance.is_open("Spesa del budget") and spent < len(lines):
            line = lines[spent]
            instance.do(
                "Spesa del budget",
                "tutor",
                answers.payment(line, line[2] // 2, f"Fattura {number}", settles=spent == 1),
            )
            spent += 1
        if instance.is_open("Ore restituite alla comunità"):
            given = {
                "nuove_restituzioni": [{"data": instance.today, "ore": 5, "attivita": "Cena del quartiere"}]
            }
            instance.do("Ore restituite alla comunità", "tutor", {**given, "fine_generativa": number == 4})
        if until == "sospeso" and number >= 3:
            instance.do(MEETING, "tutor", answers.meeting(instance.today, present=False))
            if number == 4:
                return
            continue
        if until == "concluso" and number == 6:
            yield from _concluded(instance)
            return
        instance.do(MEETING, "tutor", answers.meeting(instance.today))


def _concluded(instance: DemoInstance) -> Story:
    if instance.is_open("Ore di empowerment"):
        instance.do("Ore di empowerment", "form", answers.hours([instance.today], Decimal(8)))
    instance.do(MEETING, "tutor", answers.meeting(instance.today, then="concludi"))
    yield instance.world.now + timedelta(days=2)
    instance.do("Valutazione finale", "me", answers.closing())


def all_stories(world: World, end: datetime) -> list[Story]:
    """Every instance of the demonstration."""
    cremona, casalasco = "cremona", "casalasco"
    openings = (
        Opening(1, until="contatto"),
        Opening(14, until="contatto"),
        Opening(310, until="concluso"),
        Opening(9, "cremasco/pandino", until="scheda_lavorativa"),
        Opening(15, "cremasco/castelleone", until="microequipe"),
        Opening(24, "cremasco/soncino", until="oltre_tetto"),
        Opening(22, until="proposta"),
        Opening(30, "cremasco/bagnolo_cremasco", until="commissione"),
        Opening(36, until="firma"),
        Opening(95, "cremasco/sergnano", until="attivo"),
        Opening(140, until="attivo"),
        Opening(125, "cremasco/pandino", until="sospeso"),
        Opening(6, until="verifica"),
        Opening(12, cremona, CREMONA, "microequipe"),
        Opening(40, casalasco, CASALASCO, "ritirato"),
    )
    stories = [autonomia(world, end, who, opening) for who, opening in zip(YOUNG, openings, strict=True)]
    family_openings = (
        Opening(120, until="attivo"),
        Opening(2, until="ascolto"),
        Opening(16, until="rete"),
        Opening(34, until="modifiche"),
    )
    for (name, members), opening in zip(FAMILIES, family_openings, strict=True):
        stories.append(inclusione(world, end, name, members, opening))
    return stories


def play(world: World, stories: Sequence[Story], end: datetime) -> None:
    """Run the stories in the order of their moments until `end`."""
    order = itertools.count()
    waiting = [(moment, next(order), story) for story in stories if (moment := next(story, None)) is not None]
    heapq.heapify(waiting)
    while waiting and waiting[0][0] < end:
        moment, _, story = heapq.heappop(waiting)
        world.advance_to(max(moment, world.now))
        following = next(story, None)
        if following is not None:
            heapq.heappush(waiting, (following, next(order), story))
    world.advance_to(end)


def _day(end: datetime, days_ago: int) -> date:
    return day_in_rome(end) - timedelta(days=days_ago)


def _at(day: date) -> datetime:
    return at_time(day, time(10))
