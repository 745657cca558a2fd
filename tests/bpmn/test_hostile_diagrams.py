"""What no modeller would save is refused with a finding, soon, and never with a traceback."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.definitions.compilation import compile_definition, parse_bundle
from engine.definitions.resources import DeploymentBundle
from engine.errors import EngineError, InvalidInput
from engine.spiff import ProcessRun
from tests.bpmn import trial_operations
from tests.bpmn.block_runners import Silent
from tests.bpmn.constructs import constructs

NS = 'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="prova"'
SECONDS = 5
OPERATIONS = trial_operations.registry()
DIAGRAMS = [one.diagram for one in constructs() if one.cases]


def _compiled(content: bytes) -> Any:
    parts = parse_bundle(DeploymentBundle.from_files({"p.bpmn": content}), OPERATIONS)
    return compile_definition("p:1", [parts], {parts.key: "p:1"})


def _codes(content: bytes) -> set[str]:
    """The findings that forbid it; AssertionError when it may be deployed, or takes long."""
    begun = time.process_time()
    with pytest.raises(InvalidInput) as refused:
        _compiled(content)
    assert time.process_time() - begun < SECONDS
    assert refused.value.findings, refused.value.message
    return {one.code for one in refused.value.findings}


def _process(inside: str, attributes: str = 'id="p"') -> bytes:
    return f'<definitions {NS}><process {attributes} isExecutable="true">{inside}</process></definitions>'.encode()


START = '<startEvent id="S"/><sequenceFlow id="f1" sourceRef="S" targetRef="A"/>'
END = '<sequenceFlow id="f2" sourceRef="A" targetRef="E"/><endEvent id="E"/>'
LOST = (
    '<boundaryEvent id="B" attachedToRef="nowhere"><timerEventDefinition>'
    "<timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"
)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "BAD_XML"),
        (b"\x00\xff\xfe\x00", "BAD_XML"),
        (b"PK\x03\x04 not a diagram", "BAD_XML"),
        (_process(START + '<task id="A"/>' + END)[:-30], "BAD_XML"),
        (
            f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><definitions {NS}>&l9;</definitions>'.encode(),
            "BAD_XML",
        ),
        (f'<!DOCTYPE x SYSTEM "file:///etc/passwd"><definitions {NS}/>'.encode(), "DOCTYPE_REFUSED"),
        (b"<definitions/>", "NOT_BPMN"),
        (b'<definitions xmlns="http://schema.omg.org/spec/BPMN/1.1"/>', "NOT_BPMN"),
        (b'<Package xmlns="http://www.wfmc.org/2008/XPDL2.1"/>', "NOT_BPMN"),
        (f"<definitions {NS}/>".encode(), "ONE_PROCESS"),
        (_process(START + '<task id="A"/><task id="A"/>' + END), "DUPLICATE_ID"),
        (
            _process(START + '<task id="A"/><sequenceFlow id="f9" sourceRef="A" targetRef="nowhere"/>' + END),
            "DANGLING_FLOW",
        ),
        (
            _process(START + '<task id="A"/>' + LOST + END),
            "DETACHED_BOUNDARY",
        ),
        (_process(START + '<receiveTask id="A" messageRef="nowhere"/>' + END), "NO_MESSAGE"),
        (_process(START + '<callActivity id="A"/>' + END), "NO_CALLED_PROCESS"),
        (_process("<subProcess id='A'>" * 400 + "</subProcess>" * 400), "BAD_XML"),
        (_process(f'<task id="A" name="{"x" * 4_000_001}"/>'), "FILE_TOO_LARGE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refused(content: bytes, code: str) -> None:
    assert code in _codes(content)


def test_an_attribute_of_a_megabyte() -> None:
    assert _compiled(_process(START + f'<task id="A" name="{"x" * 1_000_000}"/>' + END))


@pytest.mark.parametrize(
    "inside",
    [
        '<startEvent/><sequenceFlow sourceRef="" targetRef=""/><endEvent/>',
        "<startEvent/><task/><endEvent/>",
        START + "<task/>" + END,
        START.replace('id="f1" ', "") + '<task id="A"/>' + END.replace('id="f2" ', ""),
    ],
)
def test_nodes_without_an_identifier(inside: str) -> None:
    """Refused, or run: flows may lack one, nodes may not."""
    try:
        compiled = _compiled(_process(inside))
    except InvalidInput as problem:
        told = bool(problem.findings)
    else:
        told = ProcessRun.start(compiled.executable, Silent(), {}).completed
    assert told


def test_subprocesses_drawn_very_deep() -> None:
    deep, inner = (
        60,
        '<startEvent id="S_60"/><sequenceFlow id="g_60" sourceRef="S_60" targetRef="E_60"/><endEvent id="E_60"/>',
    )
    for level in reversed(range(deep)):
        inner = (
            f'<startEvent id="S_{level}"/><sequenceFlow id="f_{level}" sourceRef="S_{level}" targetRef="P_{level}"/>'
            f'<subProcess id="P_{level}">{inner}</subProcess>'
            f'<sequenceFlow id="g_{level}" sourceRef="P_{level}" targetRef="E_{level}"/><endEvent id="E_{level}"/>'
        )
    begun = time.process_time()
    assert ProcessRun.start(_compiled(_process(inner)).executable, Silent(), {}).completed
    assert time.process_time() - begun < SECONDS


@pytest.mark.slow
def test_a_chain_of_two_thousand_tasks() -> None:
    nodes = "".join(
        f'<task id="T{n}"/><sequenceFlow id="f{n}" sourceRef="T{n}" targetRef="T{n + 1}"/>'
        for n in range(2000)
    )
    content = _process(
        '<startEvent id="S"/><sequenceFlow id="s" sourceRef="S" targetRef="T0"/>'
        + nodes
        + '<task id="T2000"/><sequenceFlow id="e" sourceRef="T2000" targetRef="E"/><endEvent id="E"/>'
    )
    begun = time.process_time()
    assert ProcessRun.start(_compiled(content).executable, Silent(), {}).completed
    assert time.process_time() - begun < 4 * SECONDS


def test_a_process_that_calls_itself_without_end() -> None:
    content = _process(START + '<callActivity id="A" calledElement="p"/>' + END)
    begun = time.process_time()
    run = ProcessRun.start(_compiled(content).executable, Silent(), {})
    assert ["manca la condizione" in failure.sentence for failure in run.failures()] == [True]
    assert time.process_time() - begun < 4 * SECONDS


Mutation = Callable[[list[etree._Element], Any], None]


def _drop(nodes: list[etree._Element], draw: Any) -> None:
    node = draw(st.sampled_from(nodes[2:]))
    if node.getparent() is not None:
        node.getparent().remove(node)


def _repeat(nodes: list[etree._Element], draw: Any) -> None:
    node = draw(st.sampled_from(nodes[2:]))
    above = node.getparent()
    if above is not None:
        above.append(etree.fromstring(etree.tostring(node)))


def _move(nodes: list[etree._Element], draw: Any) -> None:
    node, under = draw(st.sampled_from(nodes[2:])), draw(st.sampled_from(nodes[1:]))
    if node is not under and node not in list(under.iterancestors()):
        under.append(node)


def _rename(nodes: list[etree._Element], draw: Any) -> None:
    node, other = draw(st.sampled_from(nodes[1:])), draw(st.sampled_from(nodes[1:]))
    node.tag = other.tag


def _lose(nodes: list[etree._Element], draw: Any) -> None:
    node = draw(st.sampled_from(nodes[1:]))
    if len(node.attrib):
        del node.attrib[draw(st.sampled_from(sorted(map(str, node.attrib))))]


def _refer(nodes: list[etree._Element], draw: Any) -> None:
    """Point somewhere else: to another node, to nothing, to itself, to a word of the library's."""
    node = draw(st.sampled_from(nodes[1:]))
    if len(node.attrib):
        known = [one.get("id") or "" for one in nodes] + [
            "",
            "nowhere",
            "Start",
            "End",
            "Root",
            "A.BoundaryEventSplit",
        ]
        node.set(draw(st.sampled_from(sorted(map(str, node.attrib)))), draw(st.sampled_from(known)))


MUTATIONS: list[Mutation] = [_drop, _repeat, _move, _rename, _lose, _refer]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
@given(data=st.data())
def test_spoilt_diagrams(data: st.DataObject) -> None:
    """A good diagram with a few things spoilt: refused with findings, or it starts; nothing else."""
    path: Path = data.draw(st.sampled_from(DIAGRAMS))
    root = etree.fromstring(path.read_bytes())
    for mutation in data.draw(st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=4)):
        nodes = list(root.iter("{*}*"))
        if len(nodes) > 3:
            mutation(nodes, data.draw)
    try:
        compiled = _compiled(etree.tostring(root))
    except InvalidInput:
        return
    try:
        run = ProcessRun.start(compiled.executable, Silent(), {})
    except EngineError:
        return  # a loop without an exit
    assert ProcessRun.restore(compiled.executable, Silent(), run.dump()).completed == run.completed
