"""From a DMN file to a decision model: elements first, then what each requires of the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from lxml import etree

from engine.languages.dmn.boxed_expressions import boxed_child, null, parameters_of
from engine.languages.dmn.decision_table_parser import variable_of
from engine.languages.dmn.item_types import read_item_definitions, type_reference
from engine.languages.dmn.model import Decision, DecisionModel, InputData, Knowledge, Requirement, Service
from engine.languages.dmn.xml import Reader, line_of, parse_xml
from engine.languages.feel import BUILTINS, Expression, FunctionRegistry, TestColumn

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
    """Reads a DMN file (1.1 to 1.5).

    source: the file's name, for errors. functions: what expressions may call. imports: models it may import, by
    namespace. strict: refuse the file when an expression cannot be read (else that expression is null).
    Raises DecisionError with file, element and line.
    """
    root = parse_xml(xml, source)
    reader = _NotingReader(root, source, functions, strict=strict)
    models = {model.namespace: model for model in imports}
    reader.names = _names(reader, models.values())
    read_item_definitions(reader)
    try:
        elements = _elements(reader)
    except RecursionError:
        raise reader.fail("Le espressioni del modello sono troppo annidate", root, "feel.limit") from None
    _connect(reader, elements, models)
    _refuse_cycles(reader, elements)
    return DecisionModel(source, root.get("namespace") or "", elements)


class _NotingReader(Reader):
    """Notes the variables the expressions read, so that a decision can tell its inputs."""

    def __init__(
        self, root: etree._Element, source: str, functions: FunctionRegistry, *, strict: bool
    ) -> None:
        super().__init__(root, source, functions, strict=strict)
        self.noted: set[str] = set()

    def _compile(self, text: str, element: etree._Element, names: object, compile_: object) -> Expression:
        expression = super()._compile(text, element, names, compile_)  # type: ignore[arg-type]
        self.noted |= expression.names
        return expression

    def column(
        self, cells: list[tuple[str, int]], elements: dict[str, etree._Element], names: Collection[str]
    ) -> TestColumn:
        """As the reader's, noting what the cells read."""
        column = super().column(cells, elements, names)
        self.noted |= column.names
        return column


def _names(reader: Reader, imported: Iterable[DecisionModel]) -> frozenset[str]:
    """Names the expressions of the file may use that a parser has to be told: those of several words, and those
    of functions (which come before built-ins of the same name)."""
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


def _elements(reader: _NotingReader) -> dict[str, object]:
    """Every element others may require, by id, its logic compiled and its requirements still empty."""
    elements: dict[str, object] = {}
    for element in reader.root:
        tag, key = reader.tag(element), element.get("id") or element.get("name") or ""
        if tag not in ("decision", "inputData", "businessKnowledgeModel", "decisionService"):
            continue
        if not key or key in elements:
            raise reader.fail("L'elemento non ha un id, o ne ha uno già usato", element)
        variable = reader.child(element, "variable")
        name = element.get("name") or (variable.get("name") if variable is not None else "") or key
        wanted = type_reference(None if variable is None else variable.get("typeRef"))
        match tag:
            case "inputData":
                elements[key] = InputData(name, wanted)
            case "decision":
                elements[key] = _decision(reader, element, key, name, variable)
            case "businessKnowledgeModel":
                elements[key] = _knowledge(reader, element, key, name)
            case _:
                elements[key] = Service(name, reader)
    return elements


def _decision(
    reader: _NotingReader, element: etree._Element, key: str, name: str, variable: etree._Element | None
) -> Decision:
    reader.noted = set()
    logic = boxed_child(reader, element, key)
    if logic is None:
        if reader.strict:
            raise reader.fail(
                "La decisione non ha una logica: disegna la tabella o scrivi l'espressione", element
            )
        logic = null
    own = {one.get("name") for one in element.iter() if reader.tag(one) in LOCAL and one is not variable}
    own |= {variable_of(one) for one in element.iter() if reader.tag(one) == "input"}
    own |= {one.get("iteratorVariable") for one in element.iter() if reader.tag(one)}
    wanted = type_reference(None if variable is None else variable.get("typeRef"))
    return Decision(
        key,
        _visible_name(variable, name),
        line_of(element),
        logic,
        wanted,
        reader,
        frozenset(reader.noted) - own - {"item", "partial"},
    )


def _visible_name(variable: etree._Element | None, name: str) -> str:
    """How other decisions see the value: its variable's name, else the element's."""
    return (variable.get("name") or name) if variable is not None else name


def _knowledge(reader: Reader, element: etree._Element, key: str, name: str) -> Knowledge:
    logic = reader.child(element, "encapsulatedLogic")
    if logic is None:
        return Knowledge(name, [], null, reader)
    kind = logic.get("kind") or "FEEL"
    if kind not in ("FEEL", "F"):
        if reader.strict:
            raise reader.fail(f"Le funzioni {kind} non sono ammesse: scrivi la funzione in FEEL", element)
        return Knowledge(name, parameters_of(reader, logic), null, reader)
    return Knowledge(name, parameters_of(reader, logic), boxed_child(reader, logic, key) or null, reader)


def _connect(reader: Reader, elements: dict[str, object], models: dict[str, DecisionModel]) -> None:
    """Fills in what each element requires."""
    names = {one.get("namespace"): one.get("name") or "" for one in reader.children(reader.root, "import")}
    for element in reader.root:
        owner = elements.get(element.get("id") or element.get("name") or "")
        if isinstance(owner, (Decision, Knowledge)):
            for holder in reader.children(element, "informationRequirement", "knowledgeRequirement"):
                for reference in reader.children(
                    holder, "requiredDecision", "requiredInput", "requiredKnowledge"
                ):
                    found = _find(reader, reference, elements, models, names)
                    if found is not None:
                        owner.requires.append(found)
        elif isinstance(owner, Service):
            _connect_service(reader, element, owner, elements, models, names)


def _connect_service(
    reader: Reader,
    element: etree._Element,
    service: Service,
    elements: dict[str, object],
    models: dict[str, DecisionModel],
    names: dict[str | None, str],
) -> None:
    for reference in reader.children(element, "outputDecision", "inputDecision", "inputData"):
        found = _find(reader, reference, elements, models, names)
        target = None if found is None else found.target
        if isinstance(target, InputData):
            service.inputs.append(target)
        elif isinstance(target, Decision):
            (service.outputs if reader.tag(reference) == "outputDecision" else service.given).append(target)


def _find(
    reader: Reader,
    reference: etree._Element,
    elements: dict[str, object],
    models: dict[str, DecisionModel],
    names: dict[str | None, str],
) -> Requirement | None:
    """What a href points to, here or in an imported model."""
    namespace, _, key = (reference.get("href") or "").rpartition("#")
    if not namespace or namespace == reader.root.get("namespace"):
        target = elements.get(key)
        model = ""
    else:
        imported = models.get(namespace)
        target = None if imported is None else imported.elements.get(key)
        model = names.get(namespace, "")
    if isinstance(target, (Decision, InputData, Knowledge, Service)):
        return Requirement(target, model)
    if reader.strict:
        raise reader.fail(
            f"Il riferimento «{reference.get('href')}» non porta a nessun elemento"
            + (" (il modello importato non c'è)" if model or namespace else ""),
            reference,
        )
    return None


def _refuse_cycles(reader: Reader, elements: dict[str, object]) -> None:
    """A decision that requires itself, however far round, cannot be taken."""
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
                place = next((one for one in reader.root if one.get("id") == target.element_id), None)
                raise reader.fail(
                    f"La decisione «{target.name}» richiede se stessa: togli una freccia del cerchio", place
                )
            path.add(id(target))
            stack.append((target, 0))
