# ruff: noqa: E501  an element a line, because the tests name lines
"""A small process with an expression in every place that takes one, each replaceable by a test."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

from engine.definitions.compilation import ParsedBundle, parse_bundle
from engine.definitions.resources import DeploymentBundle
from engine.service_tasks import REGISTRY, Operation, OperationContext, OperationRegistry, Parameter

TEXTS = {
    "condition": "eta >= 18",
    "timer": '=duration("P1D")',
    "input": "=nome",
    "output": "=risultato.esito",
    "collection": "=righe",
    "cardinality": "",
    "completion": "",
    "script": "eta + 1",
    "in": "=eta",
    "due": '=oggi() + duration("P15D")',
    "key": "=codice",
    "cell": "[18..39]",
    "answer": '"ammesso"',
    "form": "=eta < 18",
}


def operations() -> OperationRegistry:
    """The operations of the project and one that gives back what it was given."""
    registry = OperationRegistry(dict(REGISTRY.operations), dict(REGISTRY.handlers))
    registry.add(
        Operation(
            "prova.ripeti",
            "Ripeti",
            "Solo per le prove.",
            {},
            (Parameter("testo", str, True, None),),
            _repeat,
        )
    )
    return registry


def _repeat(context: OperationContext, testo: str) -> dict[str, str]:
    return {"esito": testo}


def files(**changed: str) -> dict[str, bytes]:
    """The files, with some texts replaced."""
    texts = {name: escape(text) for name, text in {**TEXTS, **changed}.items()}
    form_text = {**TEXTS, **changed}["form"].replace("\\", "\\\\").replace('"', '\\"')
    return {
        "vecchio.bpmn": _diagram(texts).encode(),
        "regole.dmn": _table(texts).encode(),
        "dati.form": _form(form_text).encode(),
    }


def parts(**changed: str) -> ParsedBundle:
    """The process read and checked; InvalidInput when it is refused."""
    return parse_bundle(DeploymentBundle.from_files(files(**changed)), operations())


def _diagram(t: dict[str, str]) -> str:
    loop = f"<loopCardinality>{t['cardinality']}</loopCardinality>" if t["cardinality"] else ""
    ending = f"<completionCondition>{t['completion']}</completionCondition>" if t["completion"] else ""
    collection = f' c:collection="{t["collection"]}" c:elementVariable="riga"' if not loop else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:c="http://camunda.org/schema/1.0/bpmn" id="D" targetNamespace="prova">
<process id="vecchio" name="Vecchi dialetti" isExecutable="true" c:candidateStarterGroups="assistente_sociale">
<startEvent id="Inizio"/><sequenceFlow id="f1" sourceRef="Inizio" targetRef="Maggiorenne"/>
<exclusiveGateway id="Maggiorenne" name="È maggiorenne?" default="no"/>
<sequenceFlow id="si" name="sì" sourceRef="Maggiorenne" targetRef="Regole"><conditionExpression>{t["condition"]}</conditionExpression></sequenceFlow>
<sequenceFlow id="no" name="no" sourceRef="Maggiorenne" targetRef="Fine_no"/><endEvent id="Fine_no"/>
<businessRuleTask id="Regole" name="Applica le regole" c:decisionRef="regole" c:resultVariable="esito" c:mapDecisionResult="singleEntry"/>
<sequenceFlow id="f3" sourceRef="Regole" targetRef="Calcola"/>
<scriptTask id="Calcola" name="Calcola" scriptFormat="feel" c:resultVariable="calcolo"><script>{t["script"]}</script></scriptTask>
<sequenceFlow id="f4" sourceRef="Calcola" targetRef="Operazione"/>
<serviceTask id="Operazione" name="Fa' qualcosa" c:type="external" c:topic="prova.ripeti"><extensionElements><c:inputOutput>
<c:inputParameter name="testo">{t["input"]}</c:inputParameter>
<c:outputParameter name="ripetuto">{t["output"]}</c:outputParameter></c:inputOutput></extensionElements></serviceTask>
<sequenceFlow id="f5" sourceRef="Operazione" targetRef="Compila"/>
<userTask id="Compila" name="Compila" c:candidateGroups="assistente_sociale" c:formRef="dati" c:dueDate="{t["due"].replace('"', "&quot;")}">
<multiInstanceLoopCharacteristics isSequential="true"{collection}>{loop}
{ending}</multiInstanceLoopCharacteristics></userTask>
<sequenceFlow id="f6" sourceRef="Compila" targetRef="Attendi"/>
<intermediateCatchEvent id="Attendi" name="Attendi un giorno"><timerEventDefinition id="t"><timeDuration>{t["timer"]}</timeDuration></timerEventDefinition></intermediateCatchEvent>
<sequenceFlow id="f7" sourceRef="Attendi" targetRef="Chiama"/>
<callActivity id="Chiama" name="Chiama" calledElement="altro"><extensionElements><c:in sourceExpression="{t["in"].replace('"', "&quot;")}" target="anni"/></extensionElements></callActivity>
<sequenceFlow id="f8" sourceRef="Chiama" targetRef="Risposta"/>
<receiveTask id="Risposta" name="Attendi la risposta" messageRef="M"><extensionElements><c:properties><c:property name="chiave" value="{t["key"].replace('"', "&quot;")}"/></c:properties></extensionElements></receiveTask>
<sequenceFlow id="f9" sourceRef="Risposta" targetRef="Fine"/><endEvent id="Fine"/>
</process><message id="M" name="risposta"/></definitions>
"""


def _table(t: dict[str, str]) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="Regole" namespace="n">
  <decision id="regole" name="Regole">
    <decisionTable id="tabella">
      <input id="i" label="eta"><inputExpression id="e"><text>eta</text></inputExpression></input>
      <output id="o" name="esito"/>
      <rule id="r1"><inputEntry id="c1"><text>&lt; 18</text></inputEntry>
        <outputEntry id="a1"><text>"minore"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="c2"><text>
          {t["cell"]}</text></inputEntry>
        <outputEntry id="a2"><text>{t["answer"]}</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>
"""


def _form(condition: str) -> str:
    return f"""{{
  "type": "default", "id": "dati", "schemaVersion": 16,
  "components": [
    {{"type": "textfield", "id": "Campo_nome", "key": "nome", "label": "Nome"}},
    {{
      "type": "textfield", "id": "Campo_tutore", "key": "tutore", "label": "Tutore",
      "conditional": {{"hide": "{condition}"}}
    }}
  ]
}}
"""


CALLED = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:c="http://camunda.org/schema/1.0/bpmn" id="D2" targetNamespace="prova">
<process id="altro" name="Altro" isExecutable="true" c:candidateStarterGroups="assistente_sociale">
<startEvent id="Inizio"/><sequenceFlow id="f1" sourceRef="Inizio" targetRef="Leggi"/>
<userTask id="Leggi" name="Leggi gli anni" c:candidateGroups="assistente_sociale"/>
<sequenceFlow id="f2" sourceRef="Leggi" targetRef="Fine"/><endEvent id="Fine"/>
</process></definitions>
"""


def write(folder: Path, **changed: str) -> Path:
    """The process and the one it calls, as a folder to publish."""
    for name, content in files(**changed).items():
        place = folder / name if name.endswith(".bpmn") else folder / "vecchio" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    (folder / "altro.bpmn").write_bytes(CALLED)
    return folder
