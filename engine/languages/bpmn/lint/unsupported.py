"""Warnings about extensions and elements that other engines execute and this one does not: listeners, delegates…

Extensions without influence on an instance (threads, history time to live, modeler templates) give no warning;
`HARMLESS` lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.errors import Finding
from engine.languages.bpmn.expression_dialect import CAMUNDA
from engine.languages.bpmn.parser import BPMN, FLOW_NODES, Diagram, source_line
from engine.localization import Message, message

EXTERNAL = ("serviceTask", "sendTask", "messageEventDefinition")
"""Elements that may name an operation; without one they are refused by other checks."""

READ: dict[str, tuple[str, ...]] = {
    "candidateStarterGroups": ("process",),
    **dict.fromkeys(
        ("assignee", "candidateGroups", "candidateUsers", "dueDate", "followUpDate", "priority"),
        ("userTask",),
    ),
    "formRef": ("userTask", "startEvent"),
    "formKey": ("userTask", "startEvent"),
    "topic": (*EXTERNAL, "endEvent", "intermediateThrowEvent"),
    "type": EXTERNAL,
    "decisionRef": ("businessRuleTask",),
    "mapDecisionResult": ("businessRuleTask",),
    "resultVariable": ("businessRuleTask", "scriptTask"),
    "collection": ("multiInstanceLoopCharacteristics",),
    "elementVariable": ("multiInstanceLoopCharacteristics",),
    "escalationCodeVariable": ("escalationEventDefinition",),
    "errorCodeVariable": ("errorEventDefinition",),
    "errorMessageVariable": ("errorEventDefinition",),
    "in": ("callActivity",),
    "out": ("callActivity",),
    "inputParameter": ("serviceTask", "sendTask", "endEvent", "intermediateThrowEvent"),
    "outputParameter": ("serviceTask", "sendTask", "endEvent", "intermediateThrowEvent"),
}
"""Camunda attribute or element → the BPMN elements in which the engine reads it."""

HARMLESS = frozenset(
    {
        "properties",
        "async",
        "asyncBefore",
        "asyncAfter",
        "exclusive",
        "jobPriority",
        "taskPriority",
        "historyTimeToLive",
        "versionTag",
        "formRefBinding",
        "formRefVersion",
        "diagramRelationId",
        "modelerTemplate",
        "modelerTemplateVersion",
        "modelerTemplateIcon",
    }
)
"""Camunda attributes and elements that are ignored without a warning; docs/pages/diagrams.py says why for each."""

INSTEAD: dict[str, str] = {
    "executionListener": "INSTEAD_OF_EXECUTION_LISTENER",
    "taskListener": "INSTEAD_OF_TASK_LISTENER",
    "in": "INSTEAD_OF_IN_MAPPING",
    "out": "INSTEAD_OF_OUT_MAPPING",
    "inputParameter": "INSTEAD_OF_INPUT_PARAMETER",
    "outputParameter": "INSTEAD_OF_OUTPUT_PARAMETER",
    "formData": "INSTEAD_OF_EMBEDDED_FORM",
    "formProperty": "INSTEAD_OF_EMBEDDED_FORM",
    "connector": "INSTEAD_OF_IMPLEMENTATION",
    "class": "INSTEAD_OF_IMPLEMENTATION",
    "delegateExpression": "INSTEAD_OF_IMPLEMENTATION",
    "expression": "INSTEAD_OF_IMPLEMENTATION",
    "field": "INSTEAD_OF_FIELD_INJECTION",
    "failedJobRetryTimeCycle": "INSTEAD_OF_RETRY_CYCLE",
    "errorEventDefinition": "INSTEAD_OF_ERROR_DEFINITION",
    "initiator": "INSTEAD_OF_INITIATOR",
    "errorMessage": "INSTEAD_OF_ERROR_MESSAGE",
    "candidateStarterUsers": "INSTEAD_OF_STARTER_USERS",
    "isStartableInTasklist": "INSTEAD_OF_STARTABLE_FLAG",
    "decisionRefBinding": "INSTEAD_OF_DECISION_BINDING",
    "decisionRefVersion": "INSTEAD_OF_DECISION_BINDING",
    "calledElementBinding": "INSTEAD_OF_CALLED_ELEMENT_BINDING",
    "calledElementVersion": "INSTEAD_OF_CALLED_ELEMENT_BINDING",
    "calledElementVersionTag": "INSTEAD_OF_CALLED_ELEMENT_BINDING",
    "variableMappingClass": "INSTEAD_OF_VARIABLE_MAPPING",
    "variableMappingDelegateExpression": "INSTEAD_OF_VARIABLE_MAPPING",
    "variableName": "INSTEAD_OF_VARIABLE_EVENTS",
    "variableEvents": "INSTEAD_OF_VARIABLE_EVENTS",
    "businessKey": "INSTEAD_OF_BUSINESS_KEY",
    "local": "INSTEAD_OF_LOCAL_VARIABLES",
    "resource": "INSTEAD_OF_EXTERNAL_RESOURCE",
}
"""Attributes and elements with an effect in Camunda and none here → the code of the sentence on what to do instead."""

DEFAULT_BEHAVIOUR = {
    "calledElementBinding": ("deployment", "latest"),
    "decisionRefBinding": ("deployment",),
    "isStartableInTasklist": ("true",),
    "businessKey": ("#{execution.processBusinessKey}", "${execution.processBusinessKey}"),
    "local": ("false",),
    "type": ("external",),
}
"""Attributes that with these values ask for what this engine does anyway."""

FOREIGN: dict[str, tuple[str, str]] = {
    "http://activiti.org/bpmn": ("activiti", "Activiti"),
    "http://flowable.org/bpmn": ("flowable", "Flowable"),
    "http://www.camunda.com/fox": ("fox", "Camunda fox"),
    "http://camunda.org/schema/zeebe/1.0": ("zeebe", "Camunda 8"),
    "http://spiffworkflow.org/bpmn/schema/1.0/core": ("spiffworkflow", "SpiffWorkflow"),
    "http://www.jboss.org/drools": ("tns", "jBPM"),
}
"""The extensions of other engines → their usual prefix and the engine's name."""

FOREIGN_HARMLESS = HARMLESS | {"unitTests", "userTask"}
_SHARED = ("error", "escalation", "message", "signal")
_PERFORMERS = ("performer", "humanPerformer", "potentialOwner", "resourceRole")


def check_unsupported(diagram: Diagram) -> Iterator[Finding]:
    """A warning for each extension or element of the process that this engine does not execute."""
    process = diagram.executable[0]
    for root in diagram.tree:
        if root.get("id") == process.id or _kind(root) in _SHARED:
            for node in root.iter():
                if _kind(node):
                    yield from _NodeChecker(diagram.file, node).findings()


def _kind(node: etree._Element) -> str:
    """The BPMN name of a node; empty for what is not BPMN's."""
    tag: Any = node.tag  # a function for comments
    return tag.rpartition("}")[2] if isinstance(tag, str) and tag.startswith(f"{{{BPMN}}}") else ""


class _NodeChecker:
    """One BPMN node with its attributes and its own extension elements."""

    def __init__(self, file: str, node: etree._Element) -> None:
        self.file = file
        self.node = node
        self.kind = _kind(node)

    def findings(self) -> Iterator[Finding]:
        if self.kind == "extensionElements":
            return
        seen: set[str] = set()
        foreign: dict[str, set[str]] = {}
        for space, name, value, line in self._extensions():
            if space == CAMUNDA and name not in seen and self._is_ignored(name, value):
                seen.add(name)
                instead = message(INSTEAD.get(name, "INSTEAD_OF_UNKNOWN_EXTENSION"))
                yield self._found(message("LINT_CAMUNDA_EXTENSION_NOT_RUN", name=name, instead=instead), line)
            elif space in FOREIGN and name not in FOREIGN_HARMLESS:
                foreign.setdefault(space, set()).add(name)
        for space, names in foreign.items():
            prefix, engine = FOREIGN[space]
            extensions = [f"«{prefix}:{name}»" for name in sorted(names)]
            sentence = message("LINT_FOREIGN_EXTENSIONS_NOT_RUN", extensions=extensions, engine=engine)
            yield self._found(sentence, source_line(self.node))
        yield from self._unsupported_bpmn()

    def _extensions(self) -> Iterator[tuple[str, str, str, int]]:
        """(namespace, name, value, line) of each extension of the node."""
        for key, value in self.node.attrib.items():
            named = etree.QName(str(key))
            yield named.namespace or "", named.localname, str(value), source_line(self.node)
        for group in self.node.iterfind(f"{{{BPMN}}}extensionElements"):
            for part in group:
                tag: Any = part.tag  # a function for comments
                if not isinstance(tag, str):
                    continue
                named = etree.QName(part)
                if named.localname == "inputOutput" and named.namespace == CAMUNDA:
                    for one in part.iterfind(f"{{{CAMUNDA}}}*"):
                        yield CAMUNDA, etree.QName(one).localname, "", source_line(one)
                    continue
                if named.localname in ("in", "out") and named.namespace == CAMUNDA:
                    for name in ("businessKey", "local"):
                        if part.get(name) is not None:
                            yield CAMUNDA, name, str(part.get(name)), source_line(part)
                yield named.namespace or "", named.localname, "", source_line(part)

    def _is_ignored(self, name: str, value: str) -> bool:
        if name in HARMLESS or value.strip() in DEFAULT_BEHAVIOUR.get(name, ()):
            return False
        if self.kind in EXTERNAL and not self.node.get(f"{{{CAMUNDA}}}topic") and name != "executionListener":
            return self.kind == "messageEventDefinition"  # a task without an operation is refused for that
        return self.kind not in READ.get(name, ())

    def _unsupported_bpmn(self) -> Iterator[Finding]:
        """The parts of BPMN itself that the engine does not execute."""
        line = source_line(self.node)
        for name in ("startQuantity", "completionQuantity"):
            if (self.node.get(name) or "1") != "1":
                yield self._found(message("LINT_TOKEN_QUANTITY_NOT_RUN", name=name), line)
        if self.kind in _PERFORMERS:
            sentence = message("LINT_PERFORMER_NOT_READ", kind=self.kind)
            yield self._found(sentence, line)
        if self.kind == "assignment":
            sentence = message("LINT_DATA_ASSIGNMENT_NOT_RUN")
            yield self._found(sentence, line)
        if self.kind == "correlationSubscription":
            sentence = message("LINT_CORRELATION_NOT_READ")
            yield self._found(sentence, line)
        if self.kind == "multiInstanceLoopCharacteristics" and self.node.get("behavior", "All") != "All":
            yield self._found(message("LINT_LOOP_BEHAVIOR_NOT_RUN"), line)

    def _found(self, sentence: Message, line: int) -> Finding:
        owner = next(
            (
                one
                for one in (self.node, *self.node.iterancestors())
                if _kind(one) in FLOW_NODES or _kind(one) in ("process", "sequenceFlow", *_SHARED)
            ),
            self.node,
        )
        return Finding(
            "NOT_RUN", sentence, self.file, owner.get("id") or "", owner.get("name") or "", line, "warning"
        )
