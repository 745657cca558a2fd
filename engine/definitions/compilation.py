"""Parses and compiles the files of a definition: executable process, decisions, forms and parameters."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from cachetools import LRUCache

from engine.definitions.parameter_file import (
    ParameterDefinition,
    bounded_by_use,
    obsolete_parameters,
    parse_parameters,
    unknown_keys,
)
from engine.definitions.resources import DeploymentBundle
from engine.errors import Finding, InvalidInput
from engine.languages.bpmn import Diagram, lint, read_diagram
from engine.languages.bpmn.lint import LintContext
from engine.languages.dmn import DecisionError, DecisionModel, parse_decisions
from engine.languages.feel_environment import FUNCTIONS, check_feel
from engine.languages.forms import Form, parse_form
from engine.localization import Message, message
from engine.scheduling.timer_definition import is_literal
from engine.service_tasks import OperationRegistry
from engine.spiff import ExecutableProcess, compile_process

MAX_PARSED_BUNDLES = 128
WITH_EXPRESSIONS = ("bpmn", "dmn", "form")
"""The kinds of files in which expressions read parameters."""
MAX_COMPILED_PROCESSES = 64
T = TypeVar("T")


@dataclass(frozen=True)
class ParsedBundle:
    """The files of one bundle, parsed: its diagram, and its decisions, forms and parameters by identifier."""

    diagram: Diagram
    decisions: Mapping[str, DecisionModel]
    forms: Mapping[str, Form]
    parameters: Mapping[str, ParameterDefinition]
    warnings: tuple[Finding, ...] = ()
    """The findings of the lint that do not forbid the deployment."""
    fingerprint: Hashable = None
    """Equal for the same files and operations; None when it is not known."""

    @property
    def key(self) -> str:
        """The key of the process."""
        return self.diagram.executable[0].id


@dataclass(frozen=True)
class CompiledDefinition:
    """A definition ready to run: its executable process, and the parsed bundle of every process in it by key.

    `definition_ids` has the definition id of every process by key.
    """

    definition_id: str
    key: str
    executable: ExecutableProcess
    bundles: Mapping[str, ParsedBundle]
    definition_ids: Mapping[str, str]

    def form(self, process_id: str, form_id: str) -> Form | None:
        """A form of one of its processes."""
        return self.bundles[process_id].forms.get(form_id)


_parsed_bundles: LRUCache[Hashable, ParsedBundle] = LRUCache(MAX_PARSED_BUNDLES)
_executables: LRUCache[Hashable, ExecutableProcess] = LRUCache(MAX_COMPILED_PROCESSES)
_lock = threading.Lock()


def parse_bundle(bundle: DeploymentBundle, operations: OperationRegistry) -> ParsedBundle:
    """Parse every file of a bundle and check it. Raises InvalidInput with all findings of severity error.

    The result depends only on the content of the files and the registered operations, so it is cached by them.
    """
    fingerprint = (frozenset(operations.operations), *((r.path, r.sha256) for r in bundle.resources))
    return _cached(
        _parsed_bundles,
        fingerprint,
        lambda: replace(_parse_bundle(bundle, operations), fingerprint=fingerprint),
    )


def _cached(cache: LRUCache[Hashable, T], key: Hashable, make: Callable[[], T]) -> T:
    """The cached value of a key, else a new one. Two threads may both make it; then the last one stays."""
    with _lock:
        if key in cache:
            return cache[key]
    made = make()
    with _lock:
        cache[key] = made
    return made


def _parse_bundle(bundle: DeploymentBundle, operations: OperationRegistry) -> ParsedBundle:
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
            parameters.update(parse_parameters(resource.content, resource.path))
            warnings += obsolete_parameters(resource.content, resource.path)
            warnings += unknown_keys(resource.content, resource.path)
        except InvalidInput as problem:
            findings.extend(problem.findings)
    texts = [r.content.decode("utf-8", "replace") for r in bundle.resources if r.kind in WITH_EXPRESSIONS]
    parameters = bounded_by_use(parameters, texts)
    warnings += [warning for declared in parameters.values() for warning in declared.warnings()]
    source = bundle.diagram
    try:
        diagram = read_diagram(source.content, source.path)
    except InvalidInput as problem:
        raise _not_deployable([*findings, *problem.findings]) from problem
    # what a refused file defines is not known: the lint must not report it as missing
    refused = {finding.file for finding in findings}
    context = lint_context(
        operations,
        None if refused & {r.path for r in bundle.of_kind("form")} else frozenset(forms),
        None if refused & {r.path for r in bundle.of_kind("dmn")} else frozenset(decisions),
    )
    linted = lint(diagram, context)
    findings += [finding for finding in linted if finding.severity == "error"]
    if findings:
        raise _not_deployable(findings)
    warnings += [finding for finding in linted if finding.severity != "error"]
    return ParsedBundle(diagram, decisions, forms, parameters, tuple(warnings))


def compile_definition(
    definition_id: str, bundles: Sequence[ParsedBundle], definition_ids: Mapping[str, str]
) -> CompiledDefinition:
    """Compile the first bundle together with the processes it calls (the others).

    Executable processes are immutable and cached by the fingerprints of their bundles: versions and engines share
    them.
    """
    key = bundles[0].key
    fingerprints = tuple(bundle.fingerprint for bundle in bundles)

    def compile_all() -> ExecutableProcess:
        return compile_process(key, [bundle.diagram for bundle in bundles])

    executable = compile_all() if None in fingerprints else _cached(_executables, fingerprints, compile_all)
    return CompiledDefinition(
        definition_id, key, executable, {bundle.key: bundle for bundle in bundles}, dict(definition_ids)
    )


def lint_context(
    operations: OperationRegistry, forms: frozenset[str] | None, decisions: frozenset[str] | None
) -> LintContext:
    """What a diagram may refer to: the registered operations and the files beside it (None: not known)."""

    def check_inputs(topic: str, names: tuple[str, ...]) -> Message | None:
        parameters = {parameter.name: parameter for parameter in operations.operations[topic].parameters}
        for name in names:
            if name not in parameters and parameters:
                return message(
                    "OPERATION_PARAMETER_UNKNOWN", topic=topic, name=name, parameters=tuple(parameters)
                )
            if name not in parameters:
                return message("OPERATION_WITHOUT_PARAMETERS", topic=topic, name=name)
        for name, parameter in parameters.items():
            if parameter.required and name not in names:
                return message("OPERATION_PARAMETER_MISSING", topic=topic, name=name)
        return None

    return LintContext(
        frozenset(operations.operations), check_inputs, forms, decisions, check_feel, check_timer
    )


def check_timer(text: str) -> str | None:
    """What is wrong with the text of a timer, or None."""
    if not text.startswith("=") and is_literal(text):
        return None
    return check_feel(text.removeprefix("="))


def _not_deployable(findings: Sequence[Finding]) -> InvalidInput:
    return InvalidInput("DEFINITION_NOT_DEPLOYABLE", faults=tuple(findings), findings=findings)
