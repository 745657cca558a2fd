"""What is wrong with a diagram, before anything runs: each finding says where it is and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Finding
from engine.languages.bpmn import element_expressions
from engine.languages.bpmn.lint.compensation import check_compensation
from engine.languages.bpmn.lint.events import check_event, check_event_gateway, check_event_subprocess
from engine.languages.bpmn.lint.flows import check_beginning, check_connections, check_flow
from engine.languages.bpmn.lint.starts import check_instantiating, check_start
from engine.languages.bpmn.lint.unsupported import check_unread
from engine.languages.bpmn.model import Element, Flow, ProcessModel
from engine.languages.bpmn.parser import ACTIVITIES, Diagram, line_of

UNSUPPORTED = {
    "adHocSubProcess": "i sottoprocessi ad hoc non sono eseguiti: disegna un ciclo con una condizione d'uscita",
    "complexGateway": "il gateway complesso non è eseguito: usa un gateway esclusivo, inclusivo o parallelo",
}
RESERVED_IDS = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})


@dataclass(frozen=True)
class Surroundings:
    """What a diagram may refer to: operations (topic → its checker), forms, decisions, texts' syntax check."""

    operations: frozenset[str] = frozenset()
    check_inputs: Callable[[str, tuple[str, ...]], str | None] = lambda topic, names: None
    forms: frozenset[str] | None = None
    decisions: frozenset[str] | None = None
    check_feel: Callable[[str], str | None] = lambda text: None
    check_timer: Callable[[str], str | None] = lambda text: None
    roles: frozenset[str] | None = field(default=None)


def lint(diagram: Diagram, around: Surroundings) -> list[Finding]:
    """All findings of a diagram, in the order of its elements. Those of severity ``error`` forbid its deployment."""
    if len(diagram.executable) != 1:
        sentence = (
            "Nessun processo è eseguibile: spunta «Executable» nelle proprietà del processo"
            if not diagram.executable
            else "Un file deve contenere un solo processo eseguibile: dividi gli altri in file propri"
        )
        return [Finding("ONE_PROCESS", sentence, diagram.file, line=1)]
    process = diagram.executable[0]
    checker = _Checker(diagram.file, process, around)
    instantiating = check_instantiating(diagram.tree, diagram.file)
    return [*_duplicates(diagram), *instantiating, *checker.findings(), *check_unread(diagram)]


def _duplicates(diagram: Diagram) -> Iterator[Finding]:
    seen: set[str] = set()
    for node in diagram.tree.iter():
        tag: Any = node.tag  # a function for comments
        identifier = node.get("id") if isinstance(tag, str) else None
        if identifier and identifier in seen:
            yield Finding(
                "DUPLICATE_ID",
                f"L'identificativo «{identifier}» è usato due volte: cambiane uno",
                diagram.file,
                identifier,
                line=line_of(node),
            )
        seen.add(identifier or "")


class _Checker:
    def __init__(self, file: str, process: ProcessModel, around: Surroundings) -> None:
        self.file = file
        self.process = process
        self.around = around
        self.flows = {flow.id: flow for flow in process.flows}

    def findings(self) -> Iterator[Finding]:
        if not self.process.id:
            yield Finding("NO_ID", "Il processo non ha un identificativo", self.file, line=self.process.line)
        yield from check_beginning(self.process, "", self.file)
        for element in self.process.elements.values():
            yield from self._element(element)
        for flow in self.process.flows:
            yield from self._flow(flow)

    def _found(self, element: Element, code: str, sentence: str, severity: str = "error") -> Finding:
        return Finding(code, sentence, self.file, element.id, element.name, element.line, severity)

    def _element(self, element: Element) -> Iterator[Finding]:
        if element.type in UNSUPPORTED:
            yield self._found(element, "UNSUPPORTED_ELEMENT", UNSUPPORTED[element.type])
            return
        if element.id in RESERVED_IDS:
            sentence = (
                f"l'identificativo «{element.id}» è riservato al motore: scegline un altro nelle proprietà"
            )
            yield self._found(element, "RESERVED_ID", sentence)
        yield from check_event(self.process, element, self._found)
        yield from check_start(element, self._found)
        yield from check_compensation(self.process, element, self._found)
        yield from check_connections(self.process, element, self._found)
        yield from self._kind(element)
        yield from self._loop(element)
        yield from self._texts(element)
        if not element.name and element.type in ACTIVITIES:
            yield self._found(
                element, "NO_NAME", "dai un nome all'attività: è quello che legge l'operatore", "warning"
            )

    def _kind(self, element: Element) -> Iterator[Finding]:
        check = _BY_TYPE.get(element.type)
        if check is not None:
            yield from check(self, element)

    def _business_rule(self, element: Element) -> Iterator[Finding]:
        if not element.decision or not element.result_variable:
            sentence = "indica la tabella (Decision ref) e la variabile del risultato"
            yield self._found(element, "NO_DECISION", sentence)
        elif self.around.decisions is not None and element.decision not in self.around.decisions:
            sentence = f"nei file .dmn non c'è la decisione «{element.decision}»"
            yield self._found(element, "UNKNOWN_DECISION", sentence)

    def _script(self, element: Element) -> Iterator[Finding]:
        if element.script_format != "feel" or not element.script:
            yield self._found(
                element, "SCRIPT_FORMAT", "lo script deve avere formato «feel» e un'espressione"
            )

    def _call(self, element: Element) -> Iterator[Finding]:
        if not element.called:
            yield self._found(element, "NO_CALLED_PROCESS", "indica il processo chiamato (Called element)")

    def _receive(self, element: Element) -> Iterator[Finding]:
        if not element.message:
            yield self._found(element, "NO_MESSAGE", "scegli il messaggio atteso e dagli un nome")

    def _subprocess(self, element: Element) -> Iterator[Finding]:
        if element.triggered_by_event and self._undoes(element):
            return
        if element.triggered_by_event:
            yield from check_event_subprocess(self.process, element, self._found)
        else:
            yield from check_beginning(self.process, element.id, self.file)

    def _undoes(self, element: Element) -> bool:
        starts = [
            e for e in self.process.elements.values() if e.parent_id == element.id and e.type == "startEvent"
        ]
        return len(starts) == 1 and starts[0].events == ("compensate",)

    def _exclusive(self, element: Element) -> Iterator[Finding]:
        if len(element.outgoing) > 1 and not any(self.flows[flow].is_default for flow in element.outgoing):
            sentence = "segna un flusso come predefinito, per i casi che nessuna condizione prevede"
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
                "nessuno può fare questo compito: mettilo in una corsia o indica i gruppi candidati",
            )
        if self.around.forms is not None and element.form_id and element.form_id not in self.around.forms:
            yield self._found(
                element,
                "UNKNOWN_FORM",
                f"non c'è il modulo «{element.form_id}»: aggiungi il file .form alla cartella del processo",
            )
        for other in filter(None, map(str.strip, element.properties.get("diverso_da", "").split(","))):
            if (
                ":" not in other and other not in self.process.elements
            ):  # process:Element is another diagram's
                yield self._found(
                    element,
                    "UNKNOWN_ELEMENT",
                    f"«diverso_da» nomina «{other}», che qui non c'è; di un altro processo? Scrivi processo:{other}",
                )

    def _service(self, element: Element) -> Iterator[Finding]:
        if not element.topic:
            yield self._found(
                element,
                "NO_OPERATION",
                "scegli l'operazione: tipo «External» e un Topic, per esempio budget.impegna",
            )
        elif element.topic not in self.around.operations:
            close = element_expressions.closest(element.topic, self.around.operations)
            yield self._found(
                element,
                "UNKNOWN_OPERATION",
                f"l'operazione «{element.topic}» non esiste" + (f": forse «{close}»?" if close else ""),
            )
        else:
            problem = self.around.check_inputs(element.topic, tuple(name for name, _ in element.inputs))
            if problem:
                yield self._found(element, "BAD_INPUT", problem)

    def _loop(self, element: Element) -> Iterator[Finding]:
        loop = element.multi_instance
        if loop is not None and not loop.collection and not loop.cardinality:
            yield self._found(
                element, "NO_COLLECTION", "di' su che cosa si ripete: una collezione o un numero di volte"
            )
        if loop is not None and loop.collection and loop.cardinality:
            yield self._found(
                element, "TWO_COLLECTIONS", "indica o la collezione o il numero di volte, non tutti e due"
            )

    def _texts(self, element: Element) -> Iterator[Finding]:
        for place, text in element_expressions.expressions(element):
            problem = self.around.check_feel(text)
            if problem:
                yield self._found(element, "BAD_EXPRESSION", f"{place}, «{text}»: {problem}")
        if element.timer is not None:
            if not element.timer.kind or not element.timer.text:
                yield self._found(
                    element, "EMPTY_TIMER", "scrivi quando scatta: una data, una durata o una ripetizione"
                )
            else:
                problem = self.around.check_timer(element.timer.text)
                if problem:
                    yield self._found(element, "BAD_TIMER", f"«{element.timer.text}»: {problem}")

    def _flow(self, flow: Flow) -> Iterator[Finding]:
        yield from check_flow(self.process, flow, self.file)
        if flow.condition:
            problem = self.around.check_feel(flow.condition)
            if problem:
                sentence = f"condizione «{flow.condition}»: {problem}"
                yield Finding("BAD_EXPRESSION", sentence, self.file, flow.id, flow.name, flow.line)


_BY_TYPE: dict[str, Callable[[_Checker, Element], Iterator[Finding]]] = {
    "userTask": _Checker._user_task,
    "serviceTask": _Checker._service,
    "sendTask": _Checker._send,
    "endEvent": _Checker._throw,
    "intermediateThrowEvent": _Checker._throw,
    "businessRuleTask": _Checker._business_rule,
    "scriptTask": _Checker._script,
    "callActivity": _Checker._call,
    "receiveTask": _Checker._receive,
    "subProcess": _Checker._subprocess,
    "transaction": _Checker._subprocess,
    "exclusiveGateway": _Checker._exclusive,
    "eventBasedGateway": _Checker._event_gateway,
}
