"""What a diagram tells other engines and nobody does here: listeners, scripts beside a task, foreign extensions.

A diagram that asks for something in words this engine does not read is not run wrong in silence: each of them is a
warning that names it. What changes nothing of what happens to a case (threads, how long a history is kept, what a
modelling tool remembers) is passed over; `HARMLESS` lists it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from engine.errors import Finding
from engine.languages.bpmn.expression_dialect import CAMUNDA
from engine.languages.bpmn.parser import BPMN, FLOW_NODES, Diagram, line_of

EXTERNAL = ("serviceTask", "sendTask", "messageEventDefinition")
"""What may name an operation; without one it is refused, whatever else it says."""

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
"""Camunda's words → where the engine reads them."""

HARMLESS: dict[str, str] = {
    "properties": "dove non si leggono sono solo appunti",
    "async": "ogni passo è già salvato da sé, e le operazioni si ritentano",
    "asyncBefore": "come sopra",
    "asyncAfter": "come sopra",
    "exclusive": "due passi della stessa pratica non corrono mai insieme",
    "jobPriority": "i lavori automatici si fanno in ordine di tempo",
    "taskPriority": "come sopra",
    "historyTimeToLive": "il registro non si cancella",
    "versionTag": "è un'etichetta: le versioni hanno un numero",
    "formRefBinding": "il modulo è quello pubblicato con il diagramma",
    "formRefVersion": "come sopra",
    "diagramRelationId": "lo usa il modellatore",
    "modelerTemplate": "come sopra",
    "modelerTemplateVersion": "come sopra",
    "modelerTemplateIcon": "come sopra",
}
"""Camunda's words that change nothing of what happens to a case, and why."""

INSTEAD: dict[str, str] = {
    "executionListener": "disegna ciò che fa come attività (di servizio o script) prima o dopo questo elemento",
    "taskListener": "disegna ciò che fa come attività prima o dopo il compito; gli avvisi agli operatori partono da sé",
    "in": "passa i valori come parametri (input) dell'evento",
    "out": "qui non torna indietro nulla: toglilo",
    "inputParameter": "calcola il valore prima, in un'attività script; qui i parametri valgono solo per le operazioni",
    "outputParameter": "calcola il valore dopo, in un'attività script; qui i risultati sono solo delle operazioni",
    "formData": "disegna il modulo in un file .form e nominalo con «formRef»",
    "formProperty": "disegna il modulo in un file .form e nominalo con «formRef»",
    "connector": "scegli un'operazione: tipo «External» e un Topic",
    "class": "scegli un'operazione: tipo «External» e un Topic",
    "delegateExpression": "scegli un'operazione: tipo «External» e un Topic",
    "expression": "scegli un'operazione: tipo «External» e un Topic",
    "field": "passa il valore all'operazione come parametro (input)",
    "failedJobRetryTimeCycle": "quante volte si ritenta lo dice l'operazione",
    "errorEventDefinition": "l'errore lo dà l'operazione, con il suo codice: raccoglilo con un evento di bordo",
    "initiator": "chi ha avviato la pratica è nel registro, non in una variabile: chiedilo in un modulo",
    "errorMessage": "la frase è quella di chi dà l'errore",
    "candidateStarterUsers": "chi può avviare si dice per ruoli, con «candidateStarterGroups»",
    "isStartableInTasklist": "per non farlo avviare togli i ruoli che possono farlo",
    "decisionRefBinding": "la tabella è quella pubblicata con il diagramma: metti nel pacchetto quella che vuoi",
    "decisionRefVersion": "la tabella è quella pubblicata con il diagramma: metti nel pacchetto quella che vuoi",
    "calledElementBinding": "si chiama la versione in vigore quando questo diagramma è pubblicato",
    "calledElementVersion": "si chiama la versione in vigore quando questo diagramma è pubblicato",
    "calledElementVersionTag": "si chiama la versione in vigore quando questo diagramma è pubblicato",
    "variableMappingClass": "scrivi che cosa passa fra gli «In mappings» e gli «Out mappings»",
    "variableMappingDelegateExpression": "scrivi che cosa passa fra gli «In mappings» e gli «Out mappings»",
    "variableName": "la condizione si guarda a ogni cambiamento: metti nella condizione ciò che conta",
    "variableEvents": "la condizione si guarda a ogni cambiamento: metti nella condizione ciò che conta",
    "businessKey": "il processo chiamato fa parte della stessa pratica: passa il valore come variabile",
    "local": "passano tutte le variabili visibili: scrivi una per una quelle che vuoi",
    "resource": "scrivi il testo qui, non in un altro file",
}
"""Camunda's words that do something there and nothing here → what to do instead."""

SAME_AS_HERE = {
    "calledElementBinding": ("deployment", "latest"),
    "decisionRefBinding": ("deployment",),
    "isStartableInTasklist": ("true",),
    "businessKey": ("#{execution.processBusinessKey}", "${execution.processBusinessKey}"),
    "local": ("false",),
    "type": ("external",),
}
"""Words that ask, with these values, for what happens here anyway."""

FOREIGN: dict[str, tuple[str, str]] = {
    "http://activiti.org/bpmn": ("activiti", "Activiti"),
    "http://flowable.org/bpmn": ("flowable", "Flowable"),
    "http://www.camunda.com/fox": ("fox", "Camunda fox"),
    "http://camunda.org/schema/zeebe/1.0": ("zeebe", "Camunda 8"),
    "http://spiffworkflow.org/bpmn/schema/1.0/core": ("spiffworkflow", "SpiffWorkflow"),
    "http://www.jboss.org/drools": ("tns", "jBPM"),
}
"""The extensions of other engines → their usual prefix and the engine's name."""

FOREIGN_HARMLESS = frozenset(HARMLESS) | {"unitTests", "userTask"}
_SHARED = ("error", "escalation", "message", "signal")
_PERFORMERS = ("performer", "humanPerformer", "potentialOwner", "resourceRole")


def check_unread(diagram: Diagram) -> Iterator[Finding]:
    """A warning for each thing of the process that other engines would do and this one does not."""
    process = diagram.executable[0]
    for root in diagram.tree:
        if root.get("id") == process.id or _kind(root) in _SHARED:
            for node in root.iter():
                if _kind(node):
                    yield from _Unread(diagram.file, node).findings()


def _kind(node: etree._Element) -> str:
    """The BPMN name of a node; empty for what is not BPMN's."""
    tag: Any = node.tag  # a function for comments
    return tag.rpartition("}")[2] if isinstance(tag, str) and tag.startswith(f"{{{BPMN}}}") else ""


class _Unread:
    """One BPMN node with its attributes and the extension elements right in it."""

    def __init__(self, file: str, node: etree._Element) -> None:
        self.file = file
        self.node = node
        self.kind = _kind(node)

    def findings(self) -> Iterator[Finding]:
        if self.kind == "extensionElements":
            return
        seen: set[str] = set()
        foreign: dict[str, set[str]] = {}
        for space, name, value, line in self._words():
            if space == CAMUNDA and name not in seen and self._unread(name, value):
                seen.add(name)
                instead = INSTEAD.get(name, "qui non è letto: toglilo, o disegna ciò che fa")
                yield self._found(f"«camunda:{name}» non viene eseguito: {instead}", line)
            elif space in FOREIGN and name not in FOREIGN_HARMLESS:
                foreign.setdefault(space, set()).add(name)
        for space, names in foreign.items():
            prefix, engine = FOREIGN[space]
            listed = ", ".join(f"«{prefix}:{name}»" for name in sorted(names))
            sentence = f"{listed}: estensioni di {engine}, che non vengono eseguite; riscrivile con quelle di Camunda 7"
            yield self._found(sentence, line_of(self.node))
        yield from self._of_bpmn()

    def _words(self) -> Iterator[tuple[str, str, str, int]]:
        """(namespace, name, value, line) of each extension of the node."""
        for key, value in self.node.attrib.items():
            named = etree.QName(str(key))
            yield named.namespace or "", named.localname, str(value), line_of(self.node)
        for group in self.node.iterfind(f"{{{BPMN}}}extensionElements"):
            for part in group:
                tag: Any = part.tag  # a function for comments
                if not isinstance(tag, str):
                    continue
                named = etree.QName(part)
                if named.localname == "inputOutput" and named.namespace == CAMUNDA:
                    for one in part.iterfind(f"{{{CAMUNDA}}}*"):
                        yield CAMUNDA, etree.QName(one).localname, "", line_of(one)
                    continue
                if named.localname in ("in", "out") and named.namespace == CAMUNDA:
                    for name in ("businessKey", "local"):
                        if part.get(name) is not None:
                            yield CAMUNDA, name, str(part.get(name)), line_of(part)
                yield named.namespace or "", named.localname, "", line_of(part)

    def _unread(self, name: str, value: str) -> bool:
        if name in HARMLESS or value.strip() in SAME_AS_HERE.get(name, ()):
            return False
        if self.kind in EXTERNAL and not self.node.get(f"{{{CAMUNDA}}}topic") and name != "executionListener":
            return self.kind == "messageEventDefinition"  # a task without an operation is refused for that
        return self.kind not in READ.get(name, ())

    def _of_bpmn(self) -> Iterator[Finding]:
        """What BPMN itself has and the engine does not do."""
        line = line_of(self.node)
        for name in ("startQuantity", "completionQuantity"):
            if (self.node.get(name) or "1") != "1":
                yield self._found(
                    f"«{name}» non viene eseguito: disegna un gateway parallelo o una ripetizione", line
                )
        if self.kind in _PERFORMERS:
            sentence = f"«{self.kind}» non viene letto: di' chi lo fa con una corsia o con i gruppi candidati"
            yield self._found(sentence, line)
        if self.kind == "assignment":
            sentence = (
                "l'assegnazione di un'associazione dati non viene eseguita: scrivi il valore in uno script"
            )
            yield self._found(sentence, line)
        if self.kind == "correlationSubscription":
            sentence = "la correlazione di BPMN non viene letta: scrivi la proprietà «chiave» dell'evento a messaggio"
            yield self._found(sentence, line)
        if self.kind == "multiInstanceLoopCharacteristics" and self.node.get("behavior", "All") != "All":
            yield self._found("«behavior» non viene eseguito: usa la condizione di fine", line)

    def _found(self, sentence: str, line: int) -> Finding:
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
