"""Receive tasks and event gateways that begin a case are start events drawn otherwise: they are read as such.

A receive task with ``instantiate="true"`` that nothing leads to becomes the message start of its name; an event gateway
likewise disappears, and each event behind it becomes a start (BPMN 2.0.2, 13.1). Elements keep their ids; the gateway
itself, which decides nothing any more, leaves no trace. All that cannot be read so is told by `left_over`.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_TASK = f"{{{BPMN}}}receiveTask"
_GATEWAY = f"{{{BPMN}}}eventBasedGateway"
_CATCH = f"{{{BPMN}}}intermediateCatchEvent"
_START = f"{{{BPMN}}}startEvent"
_FLOW = f"{{{BPMN}}}sequenceFlow"
_LOOPS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")


def as_starts(root: etree._Element) -> None:
    """Turn into start events what begins a case, in place."""
    for process in root.iterfind(f"{{{BPMN}}}process"):
        for task in process.findall(_TASK):
            if _instantiates(task) and not _problem(task):
                _begin(task)
        for gateway in process.findall(_GATEWAY):
            if _instantiates(gateway) and not _problem(gateway):
                for flow in _flows(gateway, "sourceRef"):
                    _begin(_target(flow))
                    process.remove(flow)
                process.remove(gateway)


def left_over(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Each element that still says it begins a case, with a sentence on why it cannot."""
    for tag in (_TASK, _GATEWAY):
        for node in root.iter(tag):
            if _instantiates(node):
                yield node, _problem(node)


def _instantiates(node: etree._Element) -> bool:
    return node.get("instantiate") == "true"


def _problem(node: etree._Element) -> str:
    """Why a node cannot be read as a start; empty when it can."""
    parent = node.getparent()
    if parent is None or parent.tag != f"{{{BPMN}}}process":
        return "solo al livello del processo si fa nascere una pratica: togli «instantiate», o spostalo fuori"
    if _flows(node, "targetRef"):
        return "ciò che fa nascere una pratica non riceve flussi: togli il flusso che arriva, o «instantiate»"
    if node.tag == _TASK:
        return _task_problem(node)
    if node.get("eventGatewayType") == "Parallel":
        return (
            "un gateway che fa nascere la pratica solo quando tutti gli eventi sono accaduti non è eseguito: "
            "comincia con il primo e attendi gli altri dopo"
        )
    for flow in _flows(node, "sourceRef"):
        target = _target(flow)
        if target is None or target.tag not in (_TASK, _CATCH):
            return "dopo un gateway che fa nascere una pratica devono esserci solo eventi da attendere"
        if len(_flows(target, "targetRef")) > 1:
            return (
                f"«{target.get('name') or target.get('id')}» riceve anche altri flussi: "
                "ciò che fa nascere una pratica non riceve che quello del gateway"
            )
        if told := _task_problem(target):
            return told
    return ""


def _task_problem(node: etree._Element) -> str:
    siblings = node.getparent()
    assert siblings is not None
    bordered = any(other.get("attachedToRef") == node.get("id") for other in siblings)
    if bordered or any(node.find(f"{{{BPMN}}}{loop}") is not None for loop in _LOOPS):
        return (
            f"«{node.get('name') or node.get('id')}» fa nascere una pratica: "
            "non può ripetersi né avere eventi di bordo, perché non c'è un prima in cui attenda"
        )
    return ""


def _begin(node: etree._Element | None) -> None:
    assert node is not None
    if node.tag == _TASK:
        definition = etree.SubElement(node, f"{{{BPMN}}}messageEventDefinition")
        if message := node.get("messageRef"):
            definition.set("messageRef", message)
    for attribute in ("messageRef", "instantiate"):
        node.attrib.pop(attribute, "")
    node.tag = _START


def _flows(node: etree._Element, end: str) -> list[etree._Element]:
    parent = node.getparent()
    assert parent is not None
    return [flow for flow in parent.iterfind(_FLOW) if flow.get(end) == node.get("id")]


def _target(flow: etree._Element) -> etree._Element | None:
    parent = flow.getparent()
    assert parent is not None
    return next((node for node in parent if node.get("id") == flow.get("targetRef")), None)
