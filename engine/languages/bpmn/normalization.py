"""Makes implicit BPMN semantics explicit on a copy of the diagram's XML, before SpiffWorkflow parses it.

Elements keep their ids. Added elements have an id derived from the element they belong to (``A.split``, ``P.start``)
and no element in the model, so they are in no log:

- a process or subprocess without a start event starts at every element without incoming flows;
- all plain start events of a level start together;
- several outgoing flows of an activity or event are a parallel split, an inclusive one if a flow has a condition;
- a flow without condition after an exclusive or inclusive gateway is the default if it is the only one, else true;
- conditions on outgoing flows of other gateways have no meaning and are removed;
- a link becomes a flow from each throw event to the catch event of the same name in the same level;
- data (objects, stores, associations), annotations, groups and the diagram interchange are removed.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.languages.bpmn.compensation_handlers import HANDLER_SUFFIX

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
LEVELS = frozenset(("process", "subProcess", "transaction", "adHocSubProcess"))
ARTIFACTS = frozenset(
    (
        *("dataObject", "dataObjectReference", "dataStoreReference", "dataInputAssociation"),
        *(
            "dataOutputAssociation",
            "ioSpecification",
            "property",
            "dataInput",
            "dataOutput",
            "inputSet",
            "outputSet",
        ),
        *("textAnnotation", "group"),
    )
)
NODES = ("Task", "task", "Event", "Gateway", "Process", "Activity", "transaction")
_CONDITIONAL_GATEWAYS = frozenset(("exclusiveGateway", "inclusiveGateway"))
_WITHOUT_INCOMING_FLOW = frozenset(("boundaryEvent",))
ALWAYS = "true"


def normalize_process(root: etree._Element, process_id: str) -> etree._Element:
    """A copy with one process of the diagram, normalized; `root` is unchanged."""
    made = copy.deepcopy(root)
    for node in list(made):
        identifier = node.get("id") or ""
        if _kind(node) == "process" and (identifier == process_id or identifier.endswith(HANDLER_SUFFIX)):
            _Level(node).normalize()
        elif _kind(node) in ("process", "BPMNDiagram", "collaboration", "dataStore"):
            made.remove(node)
    return made


def _kind(node: etree._Element) -> str:
    tag: Any = node.tag  # a function for comments
    return etree.QName(node).localname if isinstance(tag, str) else ""


class _Level:
    """One process or subprocess with its own elements, without those of nested subprocesses."""

    def __init__(self, node: etree._Element) -> None:
        self.node = node
        self.ids = {str(n.get("id")) for n in node.getroottree().iter() if n.get("id")}
        self.nodes = {
            str(child.get("id")): child for child in node if child.get("id") and _kind(child).endswith(NODES)
        }

    def normalize(self) -> None:
        for child in list(self.node):
            if _kind(child) in ARTIFACTS:
                self.node.remove(child)
        for element in self.nodes.values():
            for part in list(element):
                if _kind(part) in ARTIFACTS:
                    element.remove(part)
            if _kind(element) in LEVELS:
                _Level(element).normalize()
        self._convert_links()
        outgoing: defaultdict[str | None, list[etree._Element]] = defaultdict(list)
        for flow in self._flows():
            outgoing[flow.get("sourceRef")].append(flow)
        for element in self.nodes.values():
            self._add_split(element, outgoing.get(element.get("id"), []))
        self._add_start()

    def _flows(self) -> Iterator[etree._Element]:
        yield from (child for child in self.node if _kind(child) == "sequenceFlow")

    # -- links -----------------------------------------------------------------------------------------------------

    def _convert_links(self) -> None:
        catches = {
            link_name(element): element
            for element in self.nodes.values()
            if _kind(element) == "intermediateCatchEvent" and link_name(element)
        }
        for element in list(self.nodes.values()):
            name = link_name(element)
            if name and _kind(element) == "intermediateThrowEvent" and name in catches:
                self._flow(f"{element.get('id')}.link", element, catches[name])
                _remove_link(element)
        for element in catches.values():
            _remove_link(element)
            element.tag = f"{{{BPMN}}}intermediateThrowEvent"  # it does not wait

    # -- outgoing flows --------------------------------------------------------------------------------------------

    def _add_split(self, element: etree._Element, flows: list[etree._Element]) -> None:
        kind = _kind(element)
        if kind in _CONDITIONAL_GATEWAYS:
            _complete_conditions(kind, element, flows)
        elif kind.endswith("Gateway"):
            for flow in flows:
                _remove_condition(flow)
        elif len(flows) > 1 or any(_condition(flow) is not None for flow in flows):
            self._split(element, flows)

    def _split(self, element: etree._Element, flows: list[etree._Element]) -> None:
        is_conditional = any(_condition(flow) is not None for flow in flows)
        kind = "inclusiveGateway" if is_conditional else "parallelGateway"
        gateway = self._add(kind, f"{element.get('id')}.split")
        default = element.get("default")
        if default:
            del element.attrib["default"]
            gateway.set("default", default)
        for flow in flows:
            flow.set("sourceRef", str(gateway.get("id")))
        self._flow(f"{gateway.get('id')}.flow", element, gateway)
        if is_conditional:
            _complete_conditions(kind, gateway, flows)

    # -- start event -----------------------------------------------------------------------------------------------

    def _add_start(self) -> None:
        starts = [e for e in self.nodes.values() if _kind(e) == "startEvent"]
        if self.node.get("triggeredByEvent") == "true" or starts:
            return
        reached = {flow.get("targetRef") for flow in self._flows()}
        first = [
            element
            for identifier, element in self.nodes.items()
            if identifier not in reached
            and _kind(element) not in _WITHOUT_INCOMING_FLOW
            and element.get("isForCompensation") != "true"
            and element.get("triggeredByEvent") != "true"
        ]
        start = self._add("startEvent", f"{self.node.get('id')}.start")
        source = start
        if len(first) > 1:
            source = self._add("parallelGateway", f"{start.get('id')}.split")
            self._flow(f"{source.get('id')}.flow", start, source)
        for element in first:
            self._flow(f"{start.get('id')}.{element.get('id')}", source, element)

    # -- additions -------------------------------------------------------------------------------------------------

    def _add(self, kind: str, identifier: str) -> etree._Element:
        while identifier in self.ids:
            identifier += "."
        self.ids.add(identifier)
        made = etree.SubElement(self.node, f"{{{BPMN}}}{kind}")
        made.set("id", identifier)
        return made

    def _flow(self, identifier: str, source: etree._Element, target: etree._Element) -> None:
        made = self._add("sequenceFlow", identifier)
        made.set("sourceRef", str(source.get("id")))
        made.set("targetRef", str(target.get("id")))


def link_name(element: etree._Element) -> str:
    """The link name of a link event; empty for other elements."""
    definition = element.find(f"{{{BPMN}}}linkEventDefinition")
    if definition is None:
        return ""
    return (definition.get("name") or element.get("name") or "").strip()


def _remove_link(element: etree._Element) -> None:
    for definition in element.findall(f"{{{BPMN}}}linkEventDefinition"):
        element.remove(definition)


def _condition(flow: etree._Element) -> etree._Element | None:
    found = flow.find(f"{{{BPMN}}}conditionExpression")
    return found if found is not None and (found.text or "").strip() else None


def _remove_condition(flow: etree._Element) -> None:
    for condition in flow.findall(f"{{{BPMN}}}conditionExpression"):
        flow.remove(condition)


def _complete_conditions(kind: str, gateway: etree._Element, flows: list[etree._Element]) -> None:
    """Give each outgoing flow of a conditional gateway a condition, or make it the default flow."""
    default = gateway.get("default")
    open_flows = [flow for flow in flows if _condition(flow) is None and flow.get("id") != default]
    for flow in flows:
        if flow in open_flows:
            _remove_condition(flow)
    if not default and len(open_flows) == 1 and (kind == "exclusiveGateway" or len(flows) == 1):
        gateway.set("default", str(open_flows[0].get("id")))
    elif len(flows) > 1:
        for flow in open_flows:
            etree.SubElement(flow, f"{{{BPMN}}}conditionExpression").text = ALWAYS
