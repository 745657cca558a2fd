"""Compensation in a diagram: what undoes what, and how handlers are set apart before the library parses.

A handler is drawn beside the flow, not in it: an association leads to it from a boundary event, or it is a subprocess
that a compensation start event begins. The library drops what no flow reaches; here each handler becomes a process of
its own, named after it, and keeps the identifiers that were drawn.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SUFFIX = "~compensation"
"""Ends the name of a handler's process; the rest is the handler's identifier."""
EVENT = "compensateEventDefinition"


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"


def compensates(node: etree._Element) -> bool:
    """Whether this event is one of compensation."""
    return node.find(_tag(EVENT)) is not None


def handlers(root: etree._Element) -> dict[str, str]:
    """Activity → the handler that its compensation boundary event is associated with."""
    drawn_apart = {node.get("id") or "" for node in root.iter() if node.get("isForCompensation") == "true"}
    bordered = {
        node.get("id") or "": node.get("attachedToRef") or ""
        for node in root.iter(_tag("boundaryEvent"))
        if compensates(node)
    }
    found: dict[str, str] = {}
    for association in root.iter(_tag("association")):
        source, target = association.get("sourceRef") or "", association.get("targetRef") or ""
        if source in bordered and target in drawn_apart:
            found[bordered[source]] = target
    return found


def event_subprocesses(root: etree._Element) -> dict[str, str]:
    """Subprocess → the compensation event subprocess drawn inside it."""
    found: dict[str, str] = {}
    for node in _compensating_subprocesses(root):
        parent = node.getparent()
        if parent is not None:
            found[parent.get("id") or ""] = node.get("id") or ""
    return found


def _compensating_subprocesses(root: etree._Element) -> Iterator[etree._Element]:
    for node in root.iter(_tag("subProcess")):
        starts = node.iterfind(_tag("startEvent"))
        if node.get("triggeredByEvent") == "true" and any(compensates(start) for start in starts):
            yield node


def set_apart(root: etree._Element) -> etree._Element:
    """The diagram with each handler as a process of its own; the same object when it has no compensation."""
    if next(root.iter(_tag(EVENT)), None) is None:
        return root
    root = copy.deepcopy(root)
    for node in [node for node in root.iter(_tag("boundaryEvent")) if compensates(node)]:
        _remove(node)
    for node in list(_compensating_subprocesses(root)):
        _remove(node)
        del node.attrib["triggeredByEvent"]
        for start in node.iterfind(_tag("startEvent")):
            for definition in start.findall(_tag(EVENT)):
                start.remove(definition)
        node.tag = _tag("process")
        node.set("isExecutable", "true")
        node.set("id", (node.get("id") or "") + SUFFIX)
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
    process = etree.Element(_tag("process"), {"id": name + SUFFIX, "isExecutable": "true"})
    etree.SubElement(process, _tag("startEvent"), {"id": f"{name}~start"})
    process.append(node)
    flow = {"id": f"{name}~flow", "sourceRef": f"{name}~start", "targetRef": name}
    etree.SubElement(process, _tag("sequenceFlow"), flow)
    etree.SubElement(
        process, _tag("sequenceFlow"), {"id": f"{name}~out", "sourceRef": name, "targetRef": f"{name}~end"}
    )
    etree.SubElement(process, _tag("endEvent"), {"id": f"{name}~end"})
    return process
