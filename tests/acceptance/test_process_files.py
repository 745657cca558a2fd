"""The processes as analysts find them: every element explained and drawn, nothing on top of anything, no dead files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import pytest
import yaml
from lxml import etree

from engine.languages.bpmn.model import Element, ProcessModel
from engine.languages.bpmn.parser import read_diagram

PROCESSES = Path(__file__).parents[2] / "processes"
DIAGRAMS = sorted(PROCESSES.glob("*.bpmn"))
ASKED_BY_CODE = {"tetto_budget", "anticipo_massimo"}
ADVERSE = {"respinto", "abbandonato", "interrotto", "ritirato"}
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DI = "{http://www.omg.org/spec/DD/20100524/DI}"
Box = tuple[float, float, float, float]


@pytest.fixture(params=DIAGRAMS, ids=lambda path: path.stem)
def diagram(request: pytest.FixtureRequest) -> Path:
    return request.param


def process_of(diagram: Path) -> ProcessModel:
    return read_diagram(diagram.read_bytes(), diagram.name).executable[0]


def planes(diagram: Path) -> Iterator[etree._Element]:
    yield from etree.parse(str(diagram)).getroot().iter(f"{BPMNDI}BPMNPlane")


def box(shape: etree._Element) -> Box:
    bounds = shape.find(f"{DC}Bounds")
    assert bounds is not None
    x, y, width, height = (float(bounds.get(name) or "nan") for name in ("x", "y", "width", "height"))
    return x, y, width, height


def test_every_element_has_a_name_and_says_what_happens(diagram: Path) -> None:
    process = process_of(diagram)
    assert process.documentation
    silent = [e.id for e in process.elements.values() if not e.name or len(e.documentation) < 10]
    assert silent == []


def test_every_element_and_flow_is_drawn_once(diagram: Path) -> None:
    process = process_of(diagram)
    drawn = [item.get("bpmnElement") for plane in planes(diagram) for item in plane]
    wanted = {*process.elements, *(flow.id for flow in process.flows)}
    assert wanted <= set(drawn)
    assert len(drawn) == len(set(drawn))


def test_shapes_do_not_lie_on_each_other(diagram: Path) -> None:
    process = process_of(diagram)
    for plane in planes(diagram):
        shapes = {
            shape.get("bpmnElement") or "": box(shape)
            for shape in plane.iterfind(f"{BPMNDI}BPMNShape")
            if shape.get("bpmnElement") in process.elements
        }
        for (one, a), (other, b) in combinations(shapes.items(), 2):
            hosts = {process.elements[one].attached_to, process.elements[other].attached_to}
            apart = a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]
            assert apart or one in hosts or other in hosts, f"{one} lies on {other}"


def test_flows_are_drawn_with_right_angles(diagram: Path) -> None:
    for plane in planes(diagram):
        for edge in plane.iterfind(f"{BPMNDI}BPMNEdge"):
            points = [
                (float(p.get("x") or "nan"), float(p.get("y") or "nan"))
                for p in edge.iterfind(f"{DI}waypoint")
            ]
            assert len(points) > 1, edge.get("bpmnElement")
            for (x1, y1), (x2, y2) in pairwise(points):
                assert x1 == x2 or y1 == y2, edge.get("bpmnElement")


def test_a_page_can_be_read_at_a_glance(diagram: Path) -> None:
    for plane in planes(diagram):
        assert len(plane.findall(f"{BPMNDI}BPMNShape")) <= 36, plane.get("bpmnElement")


def test_no_adverse_end_without_a_person(diagram: Path) -> None:
    """Followed from every start and every event on a border, without passing through people, no such end is reached."""
    process = process_of(diagram)

    def passes(element: Element) -> bool:
        return element.type not in ("userTask", "callActivity", "subProcess")

    reached = {e.id for e in process.elements.values() if e.type in ("startEvent", "boundaryEvent")}
    frontier = list(reached)
    while frontier:
        here = frontier.pop()
        for flow in process.flows:
            target = process.elements[flow.target]
            if flow.source == here and target.id not in reached and passes(target):
                reached.add(target.id)
                frontier.append(target.id)
    adverse = {
        e.id
        for e in process.elements.values()
        if e.type == "endEvent" and (e.properties.get("stato") in ADVERSE or "error" in e.events)
    }
    assert adverse & reached == set()


def test_every_file_beside_a_diagram_is_used(diagram: Path) -> None:
    process = process_of(diagram)
    folder = diagram.with_suffix("")
    forms = {path.stem for path in folder.glob("*.form")}
    tables = {path.stem for path in folder.glob("*.dmn")}
    assert forms == {e.form_id for e in process.elements.values() if e.form_id}
    assert tables == {e.decision for e in process.elements.values() if e.decision}
    assert all(json.loads((folder / f"{form}.form").read_text())["id"] == form for form in forms)


def test_every_process_says_who_owns_it_and_what_changed(diagram: Path) -> None:
    text = (diagram.with_suffix("") / "README.md").read_text(encoding="utf-8")
    assert "Responsabile del processo" in text
    assert "## Cambiamenti" in text


def test_every_parameter_is_explained_and_used(diagram: Path) -> None:
    declared = yaml.safe_load((diagram.with_suffix("") / "parametri.yaml").read_text(encoding="utf-8"))
    files = [path for path in PROCESSES.rglob("*") if path.suffix in (".bpmn", ".dmn", ".form")]
    text = (
        "".join(path.read_text(encoding="utf-8") for path in files).replace("&quot;", '"').replace('\\"', '"')
    )
    for name, body in declared.items():
        assert body["etichetta"], name
        assert body["aiuto"], name
        assert name in ASKED_BY_CODE or f'parametro("{name}")' in text, name
