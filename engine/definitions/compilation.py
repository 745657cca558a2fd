"""A definition's files, read and compiled: program, decisions, forms, parameters. Shared by all who run it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from engine.definitions.parameter_file import ParameterDefinition, old_parameters, read_parameters
from engine.definitions.resources import Bundle
from engine.errors import Finding, InvalidInput
from engine.languages.bpmn import Diagram, lint, read_diagram
from engine.languages.bpmn.lint import Surroundings
from engine.languages.dmn import DecisionError, DecisionModel, parse_decisions
from engine.languages.feel_environment import FUNCTIONS, check_feel
from engine.languages.forms import Form, parse_form
from engine.scheduling.timer_definition import is_literal
from engine.service_tasks import OperationRegistry
from engine.spiff import Program, compile_program

MOST_KEPT = 128
MOST_PROGRAMS = 64
T = TypeVar("T")


@dataclass(frozen=True)
class Parts:
    """What one bundle holds, compiled: its diagram, and its decisions, forms and parameters by identifier."""

    diagram: Diagram
    decisions: Mapping[str, DecisionModel]
    forms: Mapping[str, Form]
    parameters: Mapping[str, ParameterDefinition]
    warnings: tuple[Finding, ...] = ()
    """What the lint has to say that forbids nothing."""
    mark: Hashable = None
    """The same for the same files and operations; None says nothing."""

    @property
    def key(self) -> str:
        """The key of the process."""
        return self.diagram.executable[0].id


@dataclass(frozen=True)
class Compiled:
    """A definition ready to run: its program, and the parts of every process in it by process key."""

    definition_id: str
    key: str
    program: Program
    parts: Mapping[str, Parts]
    definition_ids: Mapping[str, str]

    def form(self, process_id: str, form_id: str) -> Form | None:
        """A form of one of its processes."""
        return self.parts[process_id].forms.get(form_id)


_read: OrderedDict[Hashable, Parts] = OrderedDict()
_programs: OrderedDict[Hashable, Program] = OrderedDict()
_lock = threading.Lock()


def read_parts(bundle: Bundle, operations: OperationRegistry) -> Parts:
    """Read every file of a bundle and check it. Raises InvalidInput with all findings of severity error.

    The same files are read once: what they say depends on nothing but their content and the operations there are.
    """
    key = (frozenset(operations.operations), *((r.path, r.sha256) for r in bundle.resources))
    return _once(_read, key, MOST_KEPT, lambda: replace(_read_parts(bundle, operations), mark=key))


def _once(kept: OrderedDict[Hashable, T], key: Hashable, most: int, make: Callable[[], T]) -> T:
    """What is kept for a key, else made and kept; the one used longest ago makes room."""
    with _lock:
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
    made = make()
    with _lock:
        kept[key] = made
        while len(kept) > most:
            kept.popitem(last=False)
    return made


def _read_parts(bundle: Bundle, operations: OperationRegistry) -> Parts:
    findings: list[Finding] = []
    decisions: dict[str, DecisionModel] = {}
    forms: dict[str, Form] = {}
    parameters: dict[str, ParameterDefinition] = {}
    for resource in bundle.of_kind("dmn"):
        try:
            model = parse_decisions(resource.content, source=resource.path, functions=FUNCTIONS)
            decisions.update(dict.fromkeys(model.decision_ids, model))
        except DecisionError as problem:
            findings.append(
                Finding(
                    "BAD_DECISION",
                    problem.message,
                    resource.path,
                    problem.element or "",
                    line=problem.line or 0,
                )
            )
    for resource in bundle.of_kind("form"):
        try:
            form = parse_form(resource.content, resource.path)
            forms[form.id] = form
        except InvalidInput as problem:
            findings.extend(problem.findings or [Finding("BAD_FORM", problem.message, resource.path)])
    warnings: list[Finding] = []
    for resource in bundle.of_kind("parameters"):
        try:
            parameters.update(read_parameters(resource.content, resource.path))
            warnings += old_parameters(resource.content, resource.path)
        except InvalidInput as problem:
            findings.extend(problem.findings)
    drawing = bundle.diagram
    try:
        diagram = read_diagram(drawing.content, drawing.path)
    except InvalidInput as problem:
        raise _refused([*findings, *problem.findings]) from problem
    refused = {finding.file for finding in findings}  # what a file that cannot be read holds is not known
    around = surroundings(
        operations,
        None if refused & {r.path for r in bundle.of_kind("form")} else frozenset(forms),
        None if refused & {r.path for r in bundle.of_kind("dmn")} else frozenset(decisions),
    )
    told = lint(diagram, around)
    findings += [finding for finding in told if finding.severity == "error"]
    if findings:
        raise _refused(findings)
    warnings += [finding for finding in told if finding.severity != "error"]
    return Parts(diagram, decisions, forms, parameters, tuple(warnings))


def compile_parts(definition_id: str, parts: Sequence[Parts], definition_ids: Mapping[str, str]) -> Compiled:
    """Compile the first of `parts` together with the processes it calls (the others).

    The same parts are compiled once: versions and engines share the program, which no run changes.
    """
    key = parts[0].key
    marks = tuple(part.mark for part in parts)

    def compile_them() -> Program:
        return compile_program(key, [part.diagram for part in parts])

    program = compile_them() if None in marks else _once(_programs, marks, MOST_PROGRAMS, compile_them)
    return Compiled(definition_id, key, program, {part.key: part for part in parts}, dict(definition_ids))


def surroundings(
    operations: OperationRegistry, forms: frozenset[str] | None, decisions: frozenset[str] | None
) -> Surroundings:
    """What the lint may rely on: the operations registered and the files beside the diagram (None: not known)."""

    def check_inputs(topic: str, names: tuple[str, ...]) -> str | None:
        operation = operations.operations[topic]
        known = {parameter.name: parameter for parameter in operation.parameters}
        for name in names:
            if name not in known:
                return (
                    f"l'operazione {topic} non ha il parametro «{name}»; ha: {', '.join(known) or 'nessuno'}"
                )
        missing = [name for name, parameter in known.items() if parameter.required and name not in names]
        if missing:
            return f"all'operazione {topic} manca il parametro «{missing[0]}»"
        return None

    return Surroundings(
        frozenset(operations.operations), check_inputs, forms, decisions, check_feel, check_timer
    )


def check_timer(text: str) -> str | None:
    """What is wrong with a timer's text, or None."""
    if not text.startswith("=") and is_literal(text):
        return None
    return check_feel(text.removeprefix("="))


def _refused(findings: Sequence[Finding]) -> InvalidInput:
    listed = "\n".join(str(finding) for finding in findings)
    return InvalidInput(f"La definizione non si può pubblicare:\n{listed}", findings=findings)
