"""Gives a diagram from elsewhere what only running it here needs: who, which operation, which message, which condition.

The drawing stays as it is: no node, flow, event or marker is added, moved or taken away. What was meant for another
engine (classes, scripts, expressions, forms) is put in the place of something that the walk can answer: a condition
becomes a variable that is true or false, a service an operation that does nothing, a collection a list of two.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.definitions.compilation import check_timer
from engine.languages.bpmn.expression_dialect import CAMUNDA
from engine.languages.bpmn.parser import BPMN, FLOW_NODES

TOPIC = "corpus.passa"
CALLED = "corpus_chiamato"
CHOICE = "scelta_"
ITEMS = "elenco"
CALLED_PROCESS = f"""<definitions xmlns="{BPMN}" id="D" targetNamespace="prova">
<process id="{CALLED}" isExecutable="true">
<startEvent id="Inizio_chiamato"/><sequenceFlow id="f1" sourceRef="Inizio_chiamato" targetRef="Fine_chiamato"/>
<endEvent id="Fine_chiamato"/></process></definitions>""".encode()
_NODES = tuple(FLOW_NODES)


def processes(root: etree._Element) -> list[etree._Element]:
    """The processes worth walking: those marked executable, or else all that hold a node."""
    drawn = [node for node in root.iterfind(_tag("process")) if any(True for _ in _all(node, *_NODES))]
    return [node for node in drawn if node.get("isExecutable") == "true"] or drawn


def dressed(root: etree._Element, number: int) -> bytes:
    """The file with its process of that number (as `processes` lists them) ready to be walked."""
    copied = copy.deepcopy(root)
    chosen = processes(copied)[number]
    for node in copied.iterfind(_tag("process")):
        node.set("isExecutable", "true" if node is chosen else "false")
    dress = _Dress(copied, chosen)
    dress.people()
    dress.implementations()
    dress.choices()
    dress.repetitions()
    dress.events()
    return etree.tostring(copied)


class _Dress:
    def __init__(self, root: etree._Element, process: etree._Element) -> None:
        self.root = root
        self.process = process
        self._choices = 0

    def people(self) -> None:
        """Who does the tasks, without forms."""
        for node in _all(self.process, "userTask", "startEvent"):
            for name in list(node.attrib):
                if str(name).startswith("{"):
                    del node.attrib[name]
            if node.tag == _tag("userTask"):
                node.set(_camunda("candidateGroups"), "prova")

    def implementations(self) -> None:
        """What automatic activities do: nothing."""
        for node in _all(self.process, *_NODES):
            for extension in node.findall(_tag("extensionElements")):
                node.remove(extension)
        for node in _all(self.process, "businessRuleTask"):
            node.tag = _tag("serviceTask")
        for node in _all(self.process, "serviceTask", "sendTask"):
            _only_own(node)
            node.set(_camunda("type"), "external")
            node.set(_camunda("topic"), TOPIC)
        for node in _all(self.process, "messageEventDefinition"):
            node.set(_camunda("topic"), TOPIC)
        for node in _all(self.process, "scriptTask"):
            _only_own(node)
            node.set("scriptFormat", "feel")
            for script in node.findall(_tag("script")):
                node.remove(script)
            etree.SubElement(node, _tag("script")).text = "={}"
        for node in _all(self.process, "callActivity"):
            _only_own(node)
            node.set("calledElement", CALLED)

    def choices(self) -> None:
        """A variable for each condition, and one where a choosing gateway leaves it out."""
        kinds = {node.get("id"): node for node in _all(self.process, *_NODES)}
        outgoing: dict[str | None, int] = {}
        for flow in _all(self.process, "sequenceFlow"):
            outgoing[flow.get("sourceRef")] = outgoing.get(flow.get("sourceRef"), 0) + 1
        for flow in _all(self.process, "sequenceFlow"):
            source = kinds.get(flow.get("sourceRef"))
            if source is None:
                continue
            chooses = source.tag in (_tag("exclusiveGateway"), _tag("inclusiveGateway"))
            found = flow.find(_tag("conditionExpression"))
            default = source.get("default") is not None and source.get("default") == flow.get("id")
            if found is not None:
                flow.remove(found)
            several = outgoing[flow.get("sourceRef")] > 1
            if not default and ((found is not None and several) or (chooses and several)):
                etree.SubElement(flow, _tag("conditionExpression")).text = self._choice()

    def _choice(self) -> str:
        self._choices += 1
        return f"={CHOICE}{self._choices}"

    def repetitions(self) -> None:
        """Lists of two, ends by chance."""
        for loop in _all(self.process, "multiInstanceLoopCharacteristics"):
            sequential = loop.get("isSequential")
            ends = loop.find(_tag("completionCondition")) is not None
            for child in list(loop):
                loop.remove(child)
            loop.attrib.clear()
            if sequential:
                loop.set("isSequential", sequential)
            loop.set(_camunda("collection"), f"={ITEMS}")
            if ends:
                etree.SubElement(loop, _tag("completionCondition")).text = self._choice()
        for loop in _all(self.process, "standardLoopCharacteristics"):
            for child in list(loop):
                loop.remove(child)
            etree.SubElement(loop, _tag("loopCondition")).text = self._choice()

    def events(self) -> None:
        """Messages, signals, errors and escalations with names of their own, timers that can be read, conditions."""
        for kind, attribute in (("message", "name"), ("signal", "name")):
            for node in self.root.iterfind(_tag(kind)):
                if not node.get(attribute) or "{" in (node.get(attribute) or ""):
                    node.set(attribute, node.get("id") or kind)
        for node in _all(self.process, "receiveTask"):
            _only_own(node)
            self._refer(node, "message")
        for kind in ("message", "signal"):
            for node in _all(self.process, f"{kind}EventDefinition"):
                self._refer(node, kind)
        for node in _all(self.process, "timerEventDefinition"):
            _readable(node)
        for node in _all(self.process, "conditionalEventDefinition"):
            for child in list(node):
                node.remove(child)
            etree.SubElement(node, _tag("condition")).text = self._choice()
        for kind, code in (("error", "errorCode"), ("escalation", "escalationCode")):
            for node in self.root.iterfind(_tag(kind)):
                if not node.get(code):
                    node.set(code, node.get("name") or node.get("id") or kind)

    def _refer(self, node: etree._Element, kind: str) -> None:
        known = {one.get("id") for one in self.root.iterfind(_tag(kind))}
        reference = f"{kind}Ref"
        if node.get(reference) not in known:
            above = node.getparent()
            name = f"corpus_{kind}_{'' if above is None else above.get('id')}"
            added = etree.Element(_tag(kind), {"id": name, "name": name})
            self.root.insert(0, added)
            node.set(reference, name)


def _readable(timer: etree._Element) -> None:
    for kind in ("timeDate", "timeDuration", "timeCycle"):
        found = timer.find(_tag(kind))
        if found is not None:
            text = (found.text or "").strip()
            if (
                not text
                or "{" in text
                or "(" in text
                or check_timer(text) is not None
                or text[0] not in "PR0123456789"
            ):
                found.tag = _tag("timeCycle" if kind == "timeCycle" else "timeDuration")
                found.text = "R3/PT1H" if kind == "timeCycle" else "PT1H"
            return
    etree.SubElement(timer, _tag("timeDuration")).text = "PT1H"


def _only_own(node: etree._Element) -> None:
    """Drop the attributes of vendors."""
    for name in list(node.attrib):
        if str(name).startswith("{"):
            del node.attrib[name]


def _all(node: etree._Element, *names: str) -> Iterator[Any]:
    return node.iter(*map(_tag, names))


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"


def _camunda(name: str) -> str:
    return f"{{{CAMUNDA}}}{name}"
