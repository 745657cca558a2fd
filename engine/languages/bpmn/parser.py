"""Parses .bpmn files into their model. XML entities, DTDs and network access are off, and the size is bounded."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from lxml import etree

from engine.errors import Finding, InvalidInput
from engine.languages.bpmn import compensation_handlers
from engine.languages.bpmn.expression_dialect import CAMUNDA, condition_to_feel, parameter_to_feel, to_feel
from engine.languages.bpmn.instantiating_elements import convert_to_start_events
from engine.languages.bpmn.model import (
    Assignment,
    DataMapping,
    Element,
    Flow,
    MultiInstance,
    ProcessModel,
    StandardLoop,
    Timer,
)
from engine.languages.bpmn.normalization import link_name
from engine.localization import message

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
NAMESPACES = {"bpmn": BPMN, "camunda": CAMUNDA}
MAX_DIAGRAM_BYTES = 4_000_000
MESSAGE_KEY = "chiave"
"""The property of a message event with the correlation key, in FEEL."""

ACTIVITIES = (
    *(
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "scriptTask",
    ),
    *("callActivity", "subProcess", "transaction"),
)
FLOW_NODES = frozenset(
    (
        *ACTIVITIES,
        "adHocSubProcess",
        *("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"),
        *("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"),
    )
)
_TIMER_KINDS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


@dataclass(frozen=True)
class Diagram:
    """A parsed diagram: its processes, and the XML tree that is compiled. `file` names it in messages."""

    file: str
    processes: tuple[ProcessModel, ...]
    tree: etree._Element

    @property
    def executable(self) -> tuple[ProcessModel, ...]:
        """The processes that can be run."""
        return tuple(process for process in self.processes if process.executable)


def role_id(name: str) -> str:
    """A lane's name as the identifier of a role: ``"Assistente sociale"`` → ``"assistente_sociale"``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "_".join("".join(c if c.isalnum() else " " for c in plain.lower()).split())


def source_line(node: etree._Element) -> int:
    """The line of an element in the file; 0 for one that was added."""
    line: Any = node.sourceline
    return line if isinstance(line, int) else 0


def parse_xml(content: bytes, file: str) -> etree._Element:
    """Parse untrusted XML. Raises InvalidInput with the line of the error."""
    if len(content) > MAX_DIAGRAM_BYTES:
        megabytes = MAX_DIAGRAM_BYTES // 1_000_000
        raise InvalidInput.for_file("FILE_TOO_LARGE", message("DIAGRAM_TOO_LARGE", megabytes=megabytes), file)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as problem:
        sentence = message("DIAGRAM_NOT_XML", detail=problem.msg)
        finding = Finding("BAD_XML", sentence, file, line=problem.lineno or 0)
        raise InvalidInput("FILE_INVALID", file=file, problem=sentence, findings=[finding]) from problem
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:
        sentence = message("DIAGRAM_WITH_DOCTYPE")
        finding = Finding("DOCTYPE_REFUSED", sentence, file, line=1)
        raise InvalidInput("FILE_INVALID", file=file, problem=sentence, findings=[finding])
    return root


def read_diagram(content: bytes, file: str) -> Diagram:
    """Parse a .bpmn file. Raises InvalidInput for what is not BPMN; `lint` reports what cannot be run."""
    root = parse_xml(content, file)
    if root.tag != f"{{{BPMN}}}definitions":
        sentence = message("DIAGRAM_NOT_BPMN")
        finding = Finding("NOT_BPMN", sentence, file, line=source_line(root))
        raise InvalidInput("FILE_INVALID", file=file, problem=sentence, findings=[finding])
    _add_flow_ids(root)
    convert_to_start_events(root)
    parser = _ProcessParser(root)
    processes = tuple(parser.process(node) for node in root.iterfind(f"{{{BPMN}}}process"))
    return Diagram(file, processes, root)


def _add_flow_ids(root: etree._Element) -> None:
    """Give an id to every flow without one, which BPMN allows."""
    taken = {node.get("id") for node in root.iter()}
    number = 0
    for flow in root.iter(f"{{{BPMN}}}sequenceFlow"):
        if not flow.get("id"):
            while (name := f"flusso_{(number := number + 1)}") in taken:
                pass
            flow.set("id", name)


class _ProcessParser:
    """Parses the processes of one file; holds what elements refer to by id."""

    def __init__(self, root: etree._Element) -> None:
        self.messages = {n.get("id"): to_feel(n.get("name")) for n in root.iterfind(f"{{{BPMN}}}message")}
        self.signals = {n.get("id"): to_feel(n.get("name")) for n in root.iterfind(f"{{{BPMN}}}signal")}
        self.escalations = {
            n.get("id"): n.get("escalationCode") or n.get("name") or ""
            for n in root.iterfind(f"{{{BPMN}}}escalation")
        }
        self.handlers = compensation_handlers.find_handlers(root)
        self.compensation_subprocess = compensation_handlers.find_compensation_subprocesses(root)
        self.has_compensation = _with_containers(root, {*self.handlers, *self.compensation_subprocess})
        self.errors = {
            n.get("id"): n.get("errorCode") or n.get("name") or "" for n in root.iterfind(f"{{{BPMN}}}error")
        }

    def process(self, node: etree._Element) -> ProcessModel:
        """One bpmn:process with all elements of its subprocesses."""
        lanes: dict[str, str] = {}
        for lane in node.iter(f"{{{BPMN}}}lane"):
            for reference in lane.iterfind(f"{{{BPMN}}}flowNodeRef"):
                lanes[(reference.text or "").strip()] = lane.get("name") or ""
        defaults = {(n.getparent(), n.get("id"), n.get("default")) for n in node.iter() if n.get("default")}
        flows = [self._flow(n, defaults) for n in node.iter(f"{{{BPMN}}}sequenceFlow")]
        process_id = node.get("id") or ""
        elements = {e.id: e for e in self._elements(node, process_id, "", lanes, flows)}
        return ProcessModel(
            id=process_id,
            name=node.get("name") or process_id,
            executable=node.get("isExecutable") == "true",
            documentation=_documentation(node),
            starters=_names(node.get(f"{{{CAMUNDA}}}candidateStarterGroups")),
            line=source_line(node),
            properties=_properties(node),
            elements=elements,
            flows=tuple(flows),
        )

    def _elements(
        self, node: etree._Element, process_id: str, parent: str, lanes: Mapping[str, str], flows: list[Flow]
    ) -> Iterator[Element]:
        for child in node:
            tag: Any = child.tag  # a function for comments
            if not isinstance(tag, str) or not tag.startswith(f"{{{BPMN}}}"):
                continue
            kind = etree.QName(child).localname
            if kind not in FLOW_NODES:
                continue
            element_id = child.get("id") or ""
            lane = lanes.get(element_id) or lanes.get(parent, "")
            yield self._element(child, kind, process_id, parent, lane, flows)
            if kind in ("subProcess", "transaction", "adHocSubProcess"):
                yield from self._elements(child, process_id, element_id, {**lanes, element_id: lane}, flows)

    def _element(
        self, node: etree._Element, kind: str, process_id: str, parent: str, lane: str, flows: list[Flow]
    ) -> Element:
        element_id = node.get("id") or ""
        error_event = node.find(f"{{{BPMN}}}errorEventDefinition")
        escalation = node.find(f"{{{BPMN}}}escalationEventDefinition")
        message_ref = node.get("messageRef") or _first_attribute(node, "messageEventDefinition", "messageRef")
        inputs, outputs = _parameters(node)
        return Element(
            id=element_id,
            type=kind,
            name=" ".join((node.get("name") or "").split()),
            line=source_line(node),
            documentation=_documentation(node),
            lane=lane,
            process_id=process_id,
            parent_id=parent,
            properties=_properties(node),
            inputs=inputs,
            outputs=outputs,
            assignment=Assignment(
                *(
                    to_feel(node.get(f"{{{CAMUNDA}}}{name}"))
                    for name in (
                        "assignee",
                        "candidateGroups",
                        "candidateUsers",
                        "dueDate",
                        "followUpDate",
                        "priority",
                    )
                )
            ),
            form_id=node.get(f"{{{CAMUNDA}}}formRef") or node.get(f"{{{CAMUNDA}}}formKey") or "",
            topic=node.get(f"{{{CAMUNDA}}}topic")
            or _first_attribute(node, "messageEventDefinition", f"{{{CAMUNDA}}}topic"),
            decision=node.get(f"{{{CAMUNDA}}}decisionRef") or "",
            decision_result=node.get(f"{{{CAMUNDA}}}mapDecisionResult") or "singleResult",
            result_variable=node.get(f"{{{CAMUNDA}}}resultVariable") or "",
            script=_script(node),
            script_format=(node.get("scriptFormat") or "").lower(),
            called_element=node.get("calledElement") or "",
            in_mappings=_mappings(node, "in"),
            out_mappings=_mappings(node, "out"),
            timer=_timer(node),
            message=self.messages.get(message_ref, ""),
            error_code=None
            if error_event is None
            else self.errors.get(error_event.get("errorRef") or "", ""),
            error_code_variable=_camunda_attribute(error_event, "errorCodeVariable"),
            error_message_variable=_camunda_attribute(error_event, "errorMessageVariable"),
            signal=self.signals.get(_first_attribute(node, "signalEventDefinition", "signalRef"), ""),
            escalation_code=None
            if escalation is None
            else self.escalations.get(escalation.get("escalationRef") or "", ""),
            escalation_code_variable=_camunda_attribute(escalation, "escalationCodeVariable"),
            condition=condition_to_feel(
                node.findtext(f"{{{BPMN}}}conditionalEventDefinition/{{{BPMN}}}condition")
            ),
            events=tuple(
                etree.QName(n).localname.removesuffix("EventDefinition")
                for n in node
                if str(n.tag).endswith("EventDefinition")
            ),
            compensation_handler=self.handlers.get(element_id, ""),
            compensation_subprocess=self.compensation_subprocess.get(element_id, ""),
            has_compensation=element_id in self.has_compensation,
            involves_compensation=compensation_handlers.is_compensation_event(node)
            or node.find(f"{{{BPMN}}}cancelEventDefinition") is not None,
            for_compensation=node.get("isForCompensation") == "true",
            activity_ref=_first_attribute(node, compensation_handlers.EVENT, "activityRef"),
            waits_for_completion=_first_attribute(node, compensation_handlers.EVENT, "waitForCompletion")
            != "false",
            attached_to=node.get("attachedToRef") or "",
            interrupting=(node.get("cancelActivity") or node.get("isInterrupting") or "true") == "true",
            triggered_by_event=node.get("triggeredByEvent") == "true",
            multi_instance=_multi_instance(node),
            loop=_loop(node),
            link=link_name(node),
            incoming=tuple(flow.id for flow in flows if flow.target == element_id),
            outgoing=tuple(flow.id for flow in flows if flow.source == element_id),
        )

    @staticmethod
    def _flow(
        node: etree._Element, defaults: Set[tuple[etree._Element | None, str | None, str | None]]
    ) -> Flow:
        condition = node.find(f"{{{BPMN}}}conditionExpression")
        source = node.get("sourceRef") or ""
        default = (node.getparent(), source, node.get("id")) in defaults
        text = "" if condition is None else condition_to_feel(condition.text)
        return Flow(
            node.get("id") or "",
            node.get("name") or "",
            source,
            node.get("targetRef") or "",
            text,
            source_line(node),
            default,
        )


def _with_containers(root: etree._Element, inner: set[str]) -> set[str]:
    """The ids, with those of all subprocesses and processes that contain them."""
    return {
        container.get("id") or ""
        for node in root.iter()
        if inner and node.get("id") in inner
        for container in (node, *node.iterancestors())
    }


def _documentation(node: etree._Element) -> str:
    return "\n".join((n.text or "").strip() for n in node.iterfind(f"{{{BPMN}}}documentation")).strip()


def _extensions(node: etree._Element, name: str) -> Iterator[etree._Element]:
    for extensions in node.iterfind(f"{{{BPMN}}}extensionElements"):
        yield from extensions.iterfind(f"{{{CAMUNDA}}}{name}")


def _properties(node: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for group in _extensions(node, "properties"):
        for item in group.iterfind(f"{{{CAMUNDA}}}property"):
            name, value = item.get("name") or "", item.get("value") or ""
            found[name] = condition_to_feel(value) if name == MESSAGE_KEY else value
    return found


def _parameters(node: etree._Element) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    def read(kind: str) -> tuple[tuple[str, str], ...]:
        return tuple(
            (item.get("name") or "", parameter_to_feel(item))
            for group in _extensions(node, "inputOutput")
            for item in group.iterfind(f"{{{CAMUNDA}}}{kind}")
        )

    return read("inputParameter"), read("outputParameter")


def _script(node: etree._Element) -> str:
    """The script of a task in FEEL; Camunda's ${…} is converted."""
    return condition_to_feel(node.findtext(f"{{{BPMN}}}script"))


def _mappings(node: etree._Element, kind: str) -> tuple[DataMapping, ...]:
    found = []
    for item in _extensions(node, kind):
        if item.get("businessKey") is not None:
            continue
        expression = condition_to_feel(item.get("sourceExpression")) or None
        found.append(
            DataMapping(
                source=expression or item.get("source") or "",
                target=item.get("target") or "",
                is_expression=expression is not None,
                all_variables=item.get("variables") == "all",
            )
        )
    return tuple(found)


def _timer(node: etree._Element) -> Timer | None:
    definition = node.find(f"{{{BPMN}}}timerEventDefinition")
    if definition is None:
        return None
    for name, kind in _TIMER_KINDS.items():
        body = definition.find(f"{{{BPMN}}}{name}")
        if body is not None:
            return Timer(kind, to_feel(body.text))
    return Timer("", "")


def _multi_instance(node: etree._Element) -> MultiInstance | None:
    loop = node.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
    if loop is None:
        return None
    return MultiInstance(
        sequential=loop.get("isSequential") == "true",
        collection=condition_to_feel(loop.get(f"{{{CAMUNDA}}}collection")),
        element_variable=loop.get(f"{{{CAMUNDA}}}elementVariable") or "",
        cardinality=condition_to_feel(loop.findtext(f"{{{BPMN}}}loopCardinality")),
        condition=condition_to_feel(loop.findtext(f"{{{BPMN}}}completionCondition")),
        output_collection=_properties(node).get("raccogli", ""),
    )


def _loop(node: etree._Element) -> StandardLoop | None:
    loop = node.find(f"{{{BPMN}}}standardLoopCharacteristics")
    if loop is None:
        return None
    maximum = (loop.get("loopMaximum") or "").strip()
    return StandardLoop(
        test_before=loop.get("testBefore") == "true",
        maximum=int(maximum) if maximum.isdecimal() else None,
        condition=condition_to_feel(loop.findtext(f"{{{BPMN}}}loopCondition")),
    )


def _first_attribute(node: etree._Element, child: str, attribute: str) -> str:
    found = node.find(f"{{{BPMN}}}{child}")
    return "" if found is None else found.get(attribute) or ""


def _camunda_attribute(node: etree._Element | None, name: str) -> str:
    return "" if node is None else node.get(f"{{{CAMUNDA}}}{name}") or ""


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
