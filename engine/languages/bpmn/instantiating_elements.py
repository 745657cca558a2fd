"""Converts receive tasks and event gateways with ``instantiate="true"`` to start events (BPMN 2.0.2, 13.1).

A receive task without incoming flows becomes a message start event with the same id; an event gateway is removed, and
each event after it becomes a start event. `unconverted_elements` gives those that cannot be converted.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.localization import Message, message

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_TASK = f"{{{BPMN}}}receiveTask"
_GATEWAY = f"{{{BPMN}}}eventBasedGateway"
_CATCH = f"{{{BPMN}}}intermediateCatchEvent"
_START = f"{{{BPMN}}}startEvent"
_FLOW = f"{{{BPMN}}}sequenceFlow"
_LOOPS = ("multiInstanceLoopCharacteristics", "standardLoopCharacteristics")


def convert_to_start_events(root: etree._Element) -> None:
    """Convert the instantiating elements of every process, in place."""
    for process in root.iterfind(f"{{{BPMN}}}process"):
        for task in process.findall(_TASK):
            if _instantiates(task) and not _problem(task):
                _convert(task)
        for gateway in process.findall(_GATEWAY):
            if _instantiates(gateway) and not _problem(gateway):
                for flow in _flows(gateway, "sourceRef"):
                    _convert(_target(flow))
                    process.remove(flow)
                process.remove(gateway)


def unconverted_elements(root: etree._Element) -> Iterator[tuple[etree._Element, Message]]:
    """Each remaining element with ``instantiate="true"``, with the reason why it cannot start an instance."""
    for tag in (_TASK, _GATEWAY):
        for node in root.iter(tag):
            if _instantiates(node) and (problem := _problem(node)):
                yield node, problem


def _instantiates(node: etree._Element) -> bool:
    return node.get("instantiate") == "true"


def _problem(node: etree._Element) -> Message | None:
    """Why a node cannot be converted to a start event; None when it can."""
    parent = node.getparent()
    if parent is None or parent.tag != f"{{{BPMN}}}process":
        return message("LINT_INSTANTIATE_OUTSIDE_PROCESS")
    if _flows(node, "targetRef"):
        return message("LINT_INSTANTIATE_WITH_INCOMING_FLOW")
    if node.tag == _TASK:
        return _task_problem(node)
    if node.get("eventGatewayType") == "Parallel":
        return message("LINT_INSTANTIATE_PARALLEL_GATEWAY")
    for flow in _flows(node, "sourceRef"):
        target = _target(flow)
        if target is None or target.tag not in (_TASK, _CATCH):
            return message("LINT_INSTANTIATE_GATEWAY_TARGET")
        if len(_flows(target, "targetRef")) > 1:
            return message(
                "LINT_INSTANTIATE_TARGET_WITH_OTHER_FLOWS", label=target.get("name") or target.get("id")
            )
        if problem := _task_problem(target):
            return problem
    return None


def _task_problem(node: etree._Element) -> Message | None:
    siblings = node.getparent()
    assert siblings is not None
    has_boundary = any(other.get("attachedToRef") == node.get("id") for other in siblings)
    if has_boundary or any(node.find(f"{{{BPMN}}}{loop}") is not None for loop in _LOOPS):
        return message("LINT_INSTANTIATE_REPEATED_OR_BOUNDED", label=node.get("name") or node.get("id"))
    return None


def _convert(node: etree._Element | None) -> None:
    assert node is not None
    if node.tag == _TASK:
        definition = etree.SubElement(node, f"{{{BPMN}}}messageEventDefinition")
        if reference := node.get("messageRef"):
            definition.set("messageRef", reference)
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
