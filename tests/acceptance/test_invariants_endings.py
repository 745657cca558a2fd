"""No adverse end (respinto, abbandonato, interrotto, ritirato) without a person: not in the drawings, not in a year."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.access import SYSTEM
from engine.definitions.compilation import parse_bundle
from engine.definitions.resources import DeploymentBundle
from engine.languages.bpmn.model import Element, ProcessModel
from engine.service_tasks import REGISTRY
from engine.simulation import World
from tests.acceptance.stages import Album, at

ADVERSE = frozenset({"respinto", "abbandonato", "interrotto", "ritirato"})
STAGES = ("progetto", "commissione", "firma", "attivo")


class Drawings:
    """All processes as one graph, walked against the arrows, into and out of what they call."""

    def __init__(self) -> None:
        self.models: dict[str, ProcessModel] = {}
        for path in sorted(Path("processes").glob("*.bpmn")):
            parts = parse_bundle(DeploymentBundle.from_path(path), REGISTRY)
            self.models.update({model.id: model for model in parts.diagram.executable})
        self.elements = [one for model in self.models.values() for one in model.elements.values()]

    def before(self, element: Element) -> list[Element]:
        """What may have happened just before; empty where a story begins."""
        model = self.models[element.process_id]
        if element.attached_to:
            host = model.elements[element.attached_to]
            return self.ends(host, failed=True) or [host]
        if element.type == "startEvent":
            holder = model.elements.get(element.parent_id)
            callers = [holder] if holder else [one for one in self.elements if one.called_element == model.id]
            return [earlier for caller in callers for earlier in self.before(caller)]
        sources = [model.elements[flow.source] for flow in model.flows if flow.target == element.id]
        return [earlier for source in sources for earlier in self.ends(source, failed=False) or [source]]

    def ends(self, element: Element, *, failed: bool) -> list[Element]:
        """The ends of what lies inside a subprocess or a called process: those with an error, or the others."""
        if element.type not in ("subProcess", "callActivity"):
            return []
        return [
            one
            for one in self.elements
            if one.type == "endEvent"
            and (
                one.process_id == element.called_element and not one.parent_id
                if element.called_element
                else one.parent_id == element.id
            )
            and ("error" in one.events) is failed
        ]

    def ways_without_a_person(self, end: Element) -> Iterator[str]:
        """The elements from which the end is reached by itself: beginnings, timers, messages."""
        seen, frontier = {(end.process_id, end.id)}, [end]
        while frontier:
            here = frontier.pop()
            if here.type == "userTask":
                continue
            earlier = self.before(here)
            if not earlier or {"timer", "message"} & set(here.events):
                yield f"{here.process_id}: {here.label}"
                continue
            for one in earlier:
                if (one.process_id, one.id) not in seen:
                    seen.add((one.process_id, one.id))
                    frontier.append(one)


def test_every_way_to_an_adverse_end_passes_a_person() -> None:
    drawings = Drawings()
    adverse = [one for one in drawings.elements if one.properties.get("stato") in ADVERSE]
    assert {one.properties["stato"] for one in adverse} == ADVERSE
    found = {one.id: list(drawings.ways_without_a_person(one)) for one in adverse}
    assert found == {one.id: [] for one in adverse}


def test_the_search_would_find_a_way_by_itself() -> None:
    """The same search from a happy place says which timers lead there: it is not blind."""
    drawings = Drawings()
    meeting = drawings.models["patto_coda"].elements["Task_Incontro"]
    ways = [way for one in drawings.before(meeting) for way in drawings.ways_without_a_person(one)]
    assert "patto_coda: Giorno dell'incontro" in ways


@pytest.mark.parametrize("stage", STAGES)
def test_a_year_of_silence_decides_nothing(album: Album, stage: str, tmp_path: Path) -> None:
    with album.copy("sqlite", stage, tmp_path) as world:
        assert_a_year_changes_nothing_for_the_worse(world)


def test_a_year_of_silence_on_a_suspended_patto(active: World) -> None:
    """The money frozen, a reminder every month: still a person decides."""
    active.advance_to(at(3, 14, 9))
    active.task("Incontro di monitoraggio").complete(
        by="fabio", data_incontro="2016-03-14", presente="si", seguito="sospendi"
    )
    assert_a_year_changes_nothing_for_the_worse(active)
    assert active.instance().phase == "sospeso"


def test_a_year_of_absences_suspends_and_no_more(active: World) -> None:
    """Two meetings missed without a word: suspended, the coordinatore told; then nobody does anything."""
    for day in (at(3, 14, 9), at(3, 29, 9)):
        active.advance_to(day)
        active.task("Incontro di monitoraggio").complete(
            by="fabio", data_incontro=day.date().isoformat(), presente="no", assenza_giustificata="no"
        )
        active.advance(days=3)
    assert active.instance().phase == "sospeso"
    assert_a_year_changes_nothing_for_the_worse(active)


def assert_a_year_changes_nothing_for_the_worse(world: World) -> None:
    """Nobody answers for a year: every case still waits for a person, none has ended badly, nothing broke."""
    waiting = [case for case in world.instance_ids if world.instance(case).state in ("active", "suspended")]
    assert waiting
    world.advance(days=366)
    for case in waiting:
        found = world.instance(case)
        assert found.phase not in ADVERSE, found
        assert found.state in ("active", "suspended"), found
        if found.state == "active":
            assert world.tasks(case), f"n. {found.number} waits for nobody"
            assert world.engine.history.waiting_reasons(case, SYSTEM)
    assert not world.engine.incidents.list(SYSTEM)
