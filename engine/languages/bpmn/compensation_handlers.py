"""Compensation in a diagram: finds the handlers, and extracts each as a process of its own before compilation.

A handler is not in the sequence flow: an association leads to it from a boundary event, or it is a subprocess with a
compensation start event. SpiffWorkflow drops elements that no flow reaches; as a process of its own a handler is kept,
and its elements keep their ids.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
HANDLER_SUFFIX = "~compensation"
"""The id of a handler's process is the id of the handler with this suffix."""
EVENT = "compensateEventDefinition"


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"


def is_compensation_event(node: etree._Element) -> bool:
    """Whether this is a compensation event."""
    return node.find(_tag(EVENT)) is not None


def find_handlers(root: etree._Element) -> dict[str, str]:
    """Id of an activity → id of the handler that its compensation boundary event is associated with."""
    handlers = {node.get("id") or "" for node in root.iter() if node.get("isForCompensation") == "true"}
    compensated = {
        node.get("id") or "": node.get("attachedToRef") or ""
        for node in root.iter(_tag("boundaryEvent"))
        if is_compensation_event(node)
    }
    found: dict[str, str] = {}
    for association in root.iter(_tag("association")):
        source, target = association.get("sourceRef") or "", association.get("targetRef") or ""
        if source in compensated and target in handlers:
            found[compensated[source]] = target
    return found


def find_compensation_subprocesses(root: etree._Element) -> dict[str, str]:
    """Id of a subprocess → id of the compensation event subprocess in it."""
    found: dict[str, str] = {}
    for node in _compensating_subprocesses(root):
        parent = node.getparent()
        if parent is not None:
            found[parent.get("id") or ""] = node.get("id") or ""
    return found


def _compensating_subprocesses(root: etree._Element) -> Iterator[etree._Element]:
    for node in root.iter(_tag("subProcess")):
        starts = node.iterfind(_tag("startEvent"))
        if node.get("triggeredByEvent") == "true" and any(is_compensation_event(start) for start in starts):
            yield node


def extract_compensation_handlers(root: etree._Element) -> etree._Element:
    """A copy of the diagram with each handler as a process of its own; `root` itself when it has no compensation."""
    if next(root.iter(_tag(EVENT)), None) is None:
        return root
    root = copy.deepcopy(root)
    for node in [node for node in root.iter(_tag("boundaryEvent")) if is_compensation_event(node)]:
        _remove(node)
    for node in list(_compensating_subprocesses(root)):
        _remove(node)
        del node.attrib["triggeredByEvent"]
        for start in node.iterfind(_tag("startEvent")):
            for definition in start.findall(_tag(EVENT)):
                start.remove(definition)
        node.tag = _tag("process")
        node.set("isExecutable", "true")
        node.set("id", (node.get("id") or "") + HANDLER_SUFFIX)
        root.append(node)
    for node in [node for node in root.iter() if node.get("isForCompensation") == "true"]:
        _remove(node)
        root.append(_process_around(node))
    return root


def _remove(node: etree._Element) -> None:
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)


def _process_around(node: etree._Element) -> etree._Element:
    name = node.get("id") or ""
    process = etree.Element(_tag("process"), {"id": name + HANDLER_SUFFIX, "isExecutable": "true"})
    etree.SubElement(process, _tag("startEvent"), {"id": f"{name}~start"})
    process.append(node)
    flow = {"id": f"{name}~flow", "sourceRef": f"{name}~start", "targetRef": name}
    etree.SubElement(process, _tag("sequenceFlow"), flow)
    etree.SubElement(
        process, _tag("sequenceFlow"), {"id": f"{name}~out", "sourceRef": name, "targetRef": f"{name}~end"}
    )
    etree.SubElement(process, _tag("endEvent"), {"id": f"{name}~end"})
    return process
