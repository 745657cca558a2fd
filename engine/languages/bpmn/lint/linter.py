"""Checks a diagram element by element: every finding says what is wrong, where, and how to correct it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from engine.errors import Finding
from engine.languages.bpmn.element_expressions import expressions
from engine.languages.bpmn.lint.compensation import check_compensation
from engine.languages.bpmn.lint.events import check_event, check_event_gateway, check_event_subprocess
from engine.languages.bpmn.lint.flows import check_connections, check_flow, check_start_exists
from engine.languages.bpmn.lint.starts import check_instantiating_elements, check_start
from engine.languages.bpmn.lint.unsupported import check_unsupported
from engine.languages.bpmn.model import Element, Flow, ProcessModel
from engine.languages.bpmn.parser import ACTIVITIES, Diagram, source_line
from engine.localization import Message, message

UNSUPPORTED_ELEMENTS = {
    "adHocSubProcess": "LINT_AD_HOC_SUBPROCESS",
    "complexGateway": "LINT_COMPLEX_GATEWAY",
}
"""Elements that are refused → the code of the sentence that says what to draw instead."""
RESERVED_IDS = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})


@dataclass(frozen=True)
class LintContext:
    """What a diagram may refer to, and the checks of its expressions.

    `operations` are the topics of service tasks, `check_inputs` checks the names of an operation's inputs; None for
    `forms` and `decisions` means that they are not known. The checks give what is wrong, or None.
    """

    operations: frozenset[str] = frozenset()
    check_inputs: Callable[[str, tuple[str, ...]], Message | None] = lambda topic, names: None
    forms: frozenset[str] | None = None
    decisions: frozenset[str] | None = None
    check_feel: Callable[[str], str | None] = lambda text: None
    check_timer: Callable[[str], str | None] = lambda text: None


def lint(diagram: Diagram, context: LintContext) -> list[Finding]:
    """All findings of a diagram, in the order of its elements. Those of severity ``error`` forbid its deployment."""
    if len(diagram.executable) != 1:
        sentence = (
            message("LINT_NO_EXECUTABLE_PROCESS")
            if not diagram.executable
            else message("LINT_SEVERAL_EXECUTABLE_PROCESSES")
        )
        return [Finding("ONE_PROCESS", sentence, diagram.file, line=1)]
    process = diagram.executable[0]
    checker = _ProcessChecker(diagram.file, process, context)
    instantiating = check_instantiating_elements(diagram.tree, diagram.file)
    return [*_duplicates(diagram), *instantiating, *checker.findings(), *check_unsupported(diagram)]


def _duplicates(diagram: Diagram) -> Iterator[Finding]:
    seen: set[str] = set()
    for node in diagram.tree.iter():
        tag: Any = node.tag  # a function for comments
        identifier = node.get("id") if isinstance(tag, str) else None
        if identifier and identifier in seen:
            yield Finding(
                "DUPLICATE_ID",
                message("LINT_DUPLICATE_ID", identifier=identifier),
                diagram.file,
                identifier,
                line=source_line(node),
            )
        seen.add(identifier or "")


class _ProcessChecker:
    """The checks of one process."""

    def __init__(self, file: str, process: ProcessModel, context: LintContext) -> None:
        self.file = file
        self.process = process
        self.context = context
        self.flows = {flow.id: flow for flow in process.flows}

    def findings(self) -> Iterator[Finding]:
        if not self.process.id:
            yield Finding("NO_ID", message("LINT_PROCESS_WITHOUT_ID"), self.file, line=self.process.line)
        yield from check_start_exists(self.process, "", self.file)
        for element in self.process.elements.values():
            yield from self._element(element)
        for flow in self.process.flows:
            yield from self._flow(flow)

    def _found(self, element: Element, code: str, sentence: Message, severity: str = "error") -> Finding:
        return Finding(code, sentence, self.file, element.id, element.name, element.line, severity)

    def _element(self, element: Element) -> Iterator[Finding]:
        if element.type in UNSUPPORTED_ELEMENTS:
            yield self._found(element, "UNSUPPORTED_ELEMENT", message(UNSUPPORTED_ELEMENTS[element.type]))
            return
        if element.id in RESERVED_IDS:
            sentence = message("LINT_RESERVED_ID", id=element.id)
            yield self._found(element, "RESERVED_ID", sentence)
        yield from check_event(self.process, element, self._found)
        yield from check_start(element, self._found)
        yield from check_compensation(self.process, element, self._found)
        yield from check_connections(self.process, element, self._found)
        yield from self._by_type(element)
        yield from self._multi_instance(element)
        yield from self._expressions(element)
        if not element.name and element.type in ACTIVITIES:
            yield self._found(element, "NO_NAME", message("LINT_ACTIVITY_WITHOUT_NAME"), "warning")

    def _by_type(self, element: Element) -> Iterator[Finding]:
        check = _CHECKS.get(element.type)
        if check is not None:
            yield from check(self, element)

    def _business_rule(self, element: Element) -> Iterator[Finding]:
        if not element.decision or not element.result_variable:
            sentence = message("LINT_NO_DECISION")
            yield self._found(element, "NO_DECISION", sentence)
        elif self.context.decisions is not None and element.decision not in self.context.decisions:
            sentence = message("LINT_UNKNOWN_DECISION", decision=element.decision)
            yield self._found(element, "UNKNOWN_DECISION", sentence)

    def _script(self, element: Element) -> Iterator[Finding]:
        if element.script_format != "feel" or not element.script:
            yield self._found(element, "SCRIPT_FORMAT", message("LINT_SCRIPT_NOT_FEEL"))

    def _call(self, element: Element) -> Iterator[Finding]:
        if not element.called_element:
            yield self._found(element, "NO_CALLED_PROCESS", message("LINT_NO_CALLED_ELEMENT"))

    def _receive(self, element: Element) -> Iterator[Finding]:
        if not element.message:
            yield self._found(element, "NO_MESSAGE", message("LINT_RECEIVE_TASK_WITHOUT_MESSAGE"))

    def _subprocess(self, element: Element) -> Iterator[Finding]:
        if element.triggered_by_event and self._is_compensation_subprocess(element):
            return
        if element.triggered_by_event:
            yield from check_event_subprocess(self.process, element, self._found)
        else:
            yield from check_start_exists(self.process, element.id, self.file)

    def _is_compensation_subprocess(self, element: Element) -> bool:
        starts = self.process.start_events_of(element.id)
        return len(starts) == 1 and starts[0].events == ("compensate",)

    def _exclusive(self, element: Element) -> Iterator[Finding]:
        if len(element.outgoing) > 1 and not any(self.flows[flow].is_default for flow in element.outgoing):
            sentence = message("LINT_NO_DEFAULT_FLOW")
            yield self._found(element, "NO_DEFAULT", sentence, "warning")

    def _event_gateway(self, element: Element) -> Iterator[Finding]:
        yield from check_event_gateway(self.process, element, self._found)

    def _throw(self, element: Element) -> Iterator[Finding]:
        if element.topic:
            yield from self._service(element)

    def _send(self, element: Element) -> Iterator[Finding]:
        if element.topic or not element.message:
            yield from self._service(element)

    def _user_task(self, element: Element) -> Iterator[Finding]:
        assigned = element.assignment
        if not (assigned.assignee or assigned.candidate_groups or assigned.candidate_users or element.lane):
            yield self._found(
                element,
                "NOBODY",
                message("LINT_NOBODY_CAN_DO_TASK"),
            )
        if self.context.forms is not None and element.form_id and element.form_id not in self.context.forms:
            yield self._found(
                element,
                "UNKNOWN_FORM",
                message("LINT_UNKNOWN_FORM", form_id=element.form_id),
            )
        for other in filter(None, map(str.strip, element.properties.get("diverso_da", "").split(","))):
            # "process:Element" names an element of another diagram
            if ":" not in other and other not in self.process.elements:
                yield self._found(
                    element,
                    "UNKNOWN_ELEMENT",
                    message("LINT_UNKNOWN_OTHER_TASK", other=other),
                )

    def _service(self, element: Element) -> Iterator[Finding]:
        if not element.topic:
            yield self._found(
                element,
                "NO_OPERATION",
                message("LINT_NO_OPERATION"),
            )
        elif element.topic not in self.context.operations:
            similar = get_close_matches(element.topic, list(self.context.operations), n=1)
            sentence = (
                message("LINT_UNKNOWN_OPERATION_SIMILAR", topic=element.topic, similar=similar[0])
                if similar
                else message("LINT_UNKNOWN_OPERATION", topic=element.topic)
            )
            yield self._found(element, "UNKNOWN_OPERATION", sentence)
        else:
            problem = self.context.check_inputs(element.topic, tuple(name for name, _ in element.inputs))
            if problem:
                yield self._found(element, "BAD_INPUT", problem)

    def _multi_instance(self, element: Element) -> Iterator[Finding]:
        loop = element.multi_instance
        if loop is not None and not loop.collection and not loop.cardinality:
            yield self._found(element, "NO_COLLECTION", message("LINT_LOOP_WITHOUT_COLLECTION"))
        if loop is not None and loop.collection and loop.cardinality:
            yield self._found(
                element, "TWO_COLLECTIONS", message("LINT_LOOP_WITH_COLLECTION_AND_CARDINALITY")
            )

    def _expressions(self, element: Element) -> Iterator[Finding]:
        for location, text in expressions(element):
            problem = self.context.check_feel(text)
            if problem:
                yield self._found(
                    element,
                    "BAD_EXPRESSION",
                    message("LINT_INVALID_EXPRESSION", location=location, text=text, problem=problem),
                )
        if element.timer is not None:
            if not element.timer.kind or not element.timer.text:
                yield self._found(element, "EMPTY_TIMER", message("LINT_EMPTY_TIMER"))
            else:
                problem = self.context.check_timer(element.timer.text)
                if problem:
                    yield self._found(
                        element,
                        "BAD_TIMER",
                        message("LINT_INVALID_TIMER", text=element.timer.text, problem=problem),
                    )

    def _flow(self, flow: Flow) -> Iterator[Finding]:
        yield from check_flow(self.process, flow, self.file)
        if flow.condition:
            problem = self.context.check_feel(flow.condition)
            if problem:
                sentence = message("LINT_INVALID_CONDITION", condition=flow.condition, problem=problem)
                yield Finding("BAD_EXPRESSION", sentence, self.file, flow.id, flow.name, flow.line)


_CHECKS: dict[str, Callable[[_ProcessChecker, Element], Iterator[Finding]]] = {
    "userTask": _ProcessChecker._user_task,
    "serviceTask": _ProcessChecker._service,
    "sendTask": _ProcessChecker._send,
    "endEvent": _ProcessChecker._throw,
    "intermediateThrowEvent": _ProcessChecker._throw,
    "businessRuleTask": _ProcessChecker._business_rule,
    "scriptTask": _ProcessChecker._script,
    "callActivity": _ProcessChecker._call,
    "receiveTask": _ProcessChecker._receive,
    "subProcess": _ProcessChecker._subprocess,
    "transaction": _ProcessChecker._subprocess,
    "exclusiveGateway": _ProcessChecker._exclusive,
    "eventBasedGateway": _ProcessChecker._event_gateway,
}
