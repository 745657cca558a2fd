"""Parses a DMN file: first the elements, then their requirements."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from engine.languages.dmn.boxed_expressions import compile_child, formal_parameters, null_expression
from engine.languages.dmn.decision_table_parser import input_variable
from engine.languages.dmn.item_types import parse_item_definitions, type_reference
from engine.languages.dmn.model import (
    BusinessKnowledgeModel,
    Decision,
    DecisionModel,
    DecisionService,
    InputData,
    Requirement,
)
from engine.languages.dmn.xml import DmnReader, line_of, parse_xml
from engine.languages.feel import BUILTINS, FunctionRegistry

NAMING = frozenset(
    {
        "variable",
        "inputData",
        "decision",
        "businessKnowledgeModel",
        "formalParameter",
        "itemComponent",
        "decisionService",
        "import",
        "column",
        "output",
        "parameter",
    }
)
LOCAL = frozenset({"variable", "formalParameter"})
_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")


def parse_decisions(
    xml: bytes,
    *,
    source: str,
    functions: FunctionRegistry = BUILTINS,
    imports: Iterable[DecisionModel] = (),
    strict: bool = True,
) -> DecisionModel:
    """Parses a DMN file (1.1 to 1.5).

    source: the file's name, for errors. functions: the functions that expressions may call. imports: the models that
    it may import, by namespace. strict: refuse the file when an expression cannot be compiled (else that expression
    is null). Raises DecisionError with file, element and line.
    """
    root = parse_xml(xml, source)
    reader = DmnReader(root, source, functions, strict=strict)
    models = {model.namespace: model for model in imports}
    reader.names = _names(reader, models.values())
    parse_item_definitions(reader)
    try:
        elements = _elements(reader)
    except RecursionError:
        raise reader.error("DMN_EXPRESSIONS_NESTED_TOO_DEEPLY", root, code="feel.limit") from None
    _add_requirements(reader, elements, models)
    _check_cycles(reader, elements)
    return DecisionModel(source, root.get("namespace") or "", elements)


def _names(reader: DmnReader, imported: Iterable[DecisionModel]) -> frozenset[str]:
    """The names that the FEEL parser has to know: those of several words, and those of functions.

    Functions of the model take precedence over built-ins of the same name.
    """
    names: set[str] = set()
    for element in reader.root.iter():
        tag = reader.tag(element)
        if tag in NAMING:
            name = element.get("name") or ""
            called = tag in ("businessKnowledgeModel", "decisionService")
            if called or (not _IDENTIFIER.match(name) and name not in reader.functions):
                names.add(name)
    for model in imported:
        names.update(one.name for one in model.elements.values() if not _IDENTIFIER.match(one.name))
    return frozenset(name for name in names if name.strip())


def _elements(reader: DmnReader) -> dict[str, object]:
    """The elements that others may require, by id, with compiled logic and without requirements yet."""
    elements: dict[str, object] = {}
    for element in reader.root:
        tag, key = reader.tag(element), element.get("id") or element.get("name") or ""
        if tag not in ("decision", "inputData", "businessKnowledgeModel", "decisionService"):
            continue
        if not key or key in elements:
            raise reader.error("DMN_MISSING_OR_DUPLICATE_ID", element)
        variable = reader.child(element, "variable")
        name = element.get("name") or (variable.get("name") if variable is not None else "") or key
        declared_type = type_reference(None if variable is None else variable.get("typeRef"))
        match tag:
            case "inputData":
                elements[key] = InputData(name, declared_type)
            case "decision":
                elements[key] = _decision(reader, element, key, name, variable)
            case "businessKnowledgeModel":
                elements[key] = _knowledge(reader, element, key, name)
            case _:
                elements[key] = DecisionService(name, reader)
    return elements


def _decision(
    reader: DmnReader,
    element: etree._Element,
    key: str,
    name: str,
    variable: etree._Element | None,
) -> Decision:
    reader.variables_read = set()
    logic = compile_child(reader, element, key)
    if logic is None:
        if reader.strict:
            raise reader.error("DMN_DECISION_WITHOUT_LOGIC", element)
        logic = null_expression
    local = {one.get("name") for one in element.iter() if reader.tag(one) in LOCAL and one is not variable}
    local |= {input_variable(one) for one in element.iter() if reader.tag(one) == "input"}
    local |= {one.get("iteratorVariable") for one in element.iter() if reader.tag(one)}
    declared_type = type_reference(None if variable is None else variable.get("typeRef"))
    return Decision(
        key,
        _visible_name(variable, name),
        line_of(element),
        logic,
        declared_type,
        reader,
        frozenset(reader.variables_read) - local - {"item", "partial"},
    )


def _visible_name(variable: etree._Element | None, name: str) -> str:
    """The name by which other decisions read the value: that of its variable, else that of the element."""
    return (variable.get("name") or name) if variable is not None else name


def _knowledge(reader: DmnReader, element: etree._Element, key: str, name: str) -> BusinessKnowledgeModel:
    logic = reader.child(element, "encapsulatedLogic")
    if logic is None:
        return BusinessKnowledgeModel(name, [], null_expression, reader)
    kind = logic.get("kind") or "FEEL"
    if kind not in ("FEEL", "F"):
        if reader.strict:
            raise reader.error("DMN_EXTERNAL_FUNCTION", element, kind=kind)
        return BusinessKnowledgeModel(name, formal_parameters(reader, logic), null_expression, reader)
    return BusinessKnowledgeModel(
        name, formal_parameters(reader, logic), compile_child(reader, logic, key) or null_expression, reader
    )


def _add_requirements(
    reader: DmnReader, elements: dict[str, object], models: dict[str, DecisionModel]
) -> None:
    """Adds the requirements of each element."""
    names = {one.get("namespace"): one.get("name") or "" for one in reader.children(reader.root, "import")}
    for element in reader.root:
        owner = elements.get(element.get("id") or element.get("name") or "")
        if isinstance(owner, (Decision, BusinessKnowledgeModel)):
            for holder in reader.children(element, "informationRequirement", "knowledgeRequirement"):
                for reference in reader.children(
                    holder, "requiredDecision", "requiredInput", "requiredKnowledge"
                ):
                    found = _resolve(reader, reference, elements, models, names)
                    if found is not None:
                        owner.requires.append(found)
        elif isinstance(owner, DecisionService):
            _add_service_requirements(reader, element, owner, elements, models, names)


def _add_service_requirements(
    reader: DmnReader,
    element: etree._Element,
    service: DecisionService,
    elements: dict[str, object],
    models: dict[str, DecisionModel],
    names: dict[str | None, str],
) -> None:
    for reference in reader.children(element, "outputDecision", "inputDecision", "inputData"):
        found = _resolve(reader, reference, elements, models, names)
        target = None if found is None else found.target
        if isinstance(target, InputData):
            service.input_data.append(target)
        elif isinstance(target, Decision):
            (
                service.output_decisions
                if reader.tag(reference) == "outputDecision"
                else service.input_decisions
            ).append(target)


def _resolve(
    reader: DmnReader,
    reference: etree._Element,
    elements: dict[str, object],
    models: dict[str, DecisionModel],
    names: dict[str | None, str],
) -> Requirement | None:
    """The element that a href points to, in this model or in an imported one."""
    namespace, _, key = (reference.get("href") or "").rpartition("#")
    if not namespace or namespace == reader.root.get("namespace"):
        target = elements.get(key)
        model = ""
    else:
        imported = models.get(namespace)
        target = None if imported is None else imported.elements.get(key)
        model = names.get(namespace, "")
    if isinstance(target, (Decision, InputData, BusinessKnowledgeModel, DecisionService)):
        return Requirement(target, model)
    if reader.strict:
        href = reference.get("href")
        if model or namespace:
            raise reader.error("DMN_IMPORTED_MODEL_MISSING", reference, href=href)
        raise reader.error("DMN_BROKEN_REFERENCE", reference, href=href)
    return None


def _check_cycles(reader: DmnReader, elements: dict[str, object]) -> None:
    """Refuses a decision that requires itself, directly or through others."""
    done: set[int] = set()
    for start in elements.values():
        stack: list[tuple[Decision, int]] = []
        path: set[int] = set()
        if isinstance(start, Decision) and id(start) not in done:
            stack.append((start, 0))
            path.add(id(start))
        while stack:
            decision, position = stack.pop()
            if position == len(decision.requires):
                done.add(id(decision))
                path.discard(id(decision))
                continue
            stack.append((decision, position + 1))
            target = decision.requires[position].target
            if not isinstance(target, Decision) or id(target) in done:
                continue
            if id(target) in path:
                cyclic = next((one for one in reader.root if one.get("id") == target.element_id), None)
                raise reader.error("DMN_DECISION_REQUIRES_ITSELF", cyclic, name=target.name)
            path.add(id(target))
            stack.append((target, 0))
