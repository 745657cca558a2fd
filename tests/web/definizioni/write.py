"""Writes the small process that the tests of the pages run on: run it after changing it here."""

# ruff: noqa: E501
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

# id, tag, name, x, y, lane, attributes, inner XML
NODES: list[tuple[str, str, str, int, int, str, str, str]] = [
    (
        "Start_Prova",
        "startEvent",
        "Domanda",
        220,
        120,
        "as",
        'camunda:formRef="domanda" camunda:formRefBinding="deployment"',
        "",
    ),
    (
        "Service_Registra",
        "serviceTask",
        "Registra la persona",
        300,
        98,
        "as",
        'camunda:type="external" camunda:topic="persone.registra"',
        '<camunda:inputOutput><camunda:inputParameter name="cognome">=cognome</camunda:inputParameter>'
        '<camunda:inputParameter name="nome">=nome</camunda:inputParameter>'
        '<camunda:inputParameter name="data_nascita">=data_nascita</camunda:inputParameter>'
        '<camunda:inputParameter name="codice_fiscale">=codice_fiscale</camunda:inputParameter></camunda:inputOutput>',
    ),
    (
        "Service_Budget",
        "serviceTask",
        "Apri il budget",
        450,
        98,
        "as",
        'camunda:type="external" camunda:topic="budget.apri"',
        "",
    ),
    (
        "Task_Scheda",
        "userTask",
        "Scrivi la scheda sociale",
        600,
        98,
        "as",
        'camunda:formRef="scheda" camunda:formRefBinding="deployment" camunda:dueDate="P1D"',
        '<camunda:properties><camunda:property name="stato" value="in_analisi"/></camunda:properties>',
    ),
    ("Task_Colloquio", "userTask", "Prepara il colloquio", 750, 98, "as", 'camunda:dueDate="P10D"', ""),
    (
        "Task_Valuta",
        "userTask",
        "Valuta la proposta",
        750,
        298,
        "me",
        'camunda:formRef="valutazione" camunda:formRefBinding="deployment" camunda:dueDate="P10D"',
        '<camunda:properties><camunda:property name="stato" value="proposto"/>'
        '<camunda:property name="riservato" value="true"/></camunda:properties>',
    ),
    ("End_Prova", "endEvent", "Fine", 950, 320, "me", "", ""),
]
DOCUMENTATION = {
    "Task_Scheda": "Incontra la persona e scrivi che cosa sa fare e di che cosa ha bisogno.",
    "Task_Valuta": "Leggi la scheda con la microequipe e decidi se proporre il patto.",
    "Task_Colloquio": "Telefona e fissa il giorno.",
}
FLOWS = [
    ("Start_Prova", "Service_Registra"),
    ("Service_Registra", "Service_Budget"),
    ("Service_Budget", "Task_Scheda"),
    ("Task_Scheda", "Task_Colloquio"),
    ("Task_Colloquio", "Task_Valuta"),
    ("Task_Valuta", "End_Prova"),
]
SIZES = {"startEvent": (36, 36), "endEvent": (36, 36)}


def _size(tag: str) -> tuple[int, int]:
    return SIZES.get(tag, (110, 80))


def diagram() -> str:
    """The BPMN file."""
    shapes, elements = [], []
    for node_id, tag, name, x, y, _lane, attributes, inner in NODES:
        flows = "".join(f"<bpmn:incoming>F_{a}_{b}</bpmn:incoming>" for a, b in FLOWS if b == node_id)
        flows += "".join(f"<bpmn:outgoing>F_{a}_{b}</bpmn:outgoing>" for a, b in FLOWS if a == node_id)
        text = (
            f"<bpmn:documentation>{DOCUMENTATION[node_id]}</bpmn:documentation>"
            if node_id in DOCUMENTATION
            else ""
        )
        extra = f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>" if inner else ""
        elements.append(
            f'<bpmn:{tag} id="{node_id}" name="{name}" {attributes}>{text}{extra}{flows}</bpmn:{tag}>'
        )
        w, h = _size(tag)
        shapes.append(
            f'<bpmndi:BPMNShape id="{node_id}_di" bpmnElement="{node_id}"><dc:Bounds x="{x}" y="{y}" width="{w}" height="{h}"/>'
            f"</bpmndi:BPMNShape>"
        )
    places = {node[0]: (node[3], node[4], *_size(node[1])) for node in NODES}
    for a, b in FLOWS:
        (ax, ay, aw, ah), (bx, by, _bw, bh) = places[a], places[b]
        if a == "Task_Colloquio":
            points = [(ax + aw // 2, ay + ah), (bx + aw // 2, by)]
        else:
            points = [(ax + aw, ay + ah // 2), (bx, by + bh // 2)]
        ways = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
        elements.append(f'<bpmn:sequenceFlow id="F_{a}_{b}" sourceRef="{a}" targetRef="{b}"/>')
        shapes.append(f'<bpmndi:BPMNEdge id="F_{a}_{b}_di" bpmnElement="F_{a}_{b}">{ways}</bpmndi:BPMNEdge>')
    boundary = (
        '<bpmn:boundaryEvent id="Message_Tutor" name="Cambia il tutor" attachedToRef="Task_Valuta" cancelActivity="false">'
        "<bpmn:documentation>Il messaggio porta «nuovo_tutor» e «motivo_sostituzione».</bpmn:documentation>"
        '<bpmn:outgoing>F_tutor</bpmn:outgoing><bpmn:messageEventDefinition id="M_def" messageRef="Message_1"/></bpmn:boundaryEvent>'
        '<bpmn:endEvent id="End_Tutor" name="Tutor cambiato"><bpmn:incoming>F_tutor</bpmn:incoming></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="F_tutor" sourceRef="Message_Tutor" targetRef="End_Tutor"/>'
    )
    shapes += [
        '<bpmndi:BPMNShape id="Message_Tutor_di" bpmnElement="Message_Tutor"><dc:Bounds x="792" y="360" width="36" height="36"/></bpmndi:BPMNShape>',
        '<bpmndi:BPMNShape id="End_Tutor_di" bpmnElement="End_Tutor"><dc:Bounds x="950" y="400" width="36" height="36"/></bpmndi:BPMNShape>',
        '<bpmndi:BPMNEdge id="F_tutor_di" bpmnElement="F_tutor"><di:waypoint x="828" y="385"/><di:waypoint x="950" y="418"/></bpmndi:BPMNEdge>',
    ]
    lanes = ""
    for lane, name in (("as", "Assistente sociale"), ("me", "Microequipe")):
        refs = "".join(f"<bpmn:flowNodeRef>{n[0]}</bpmn:flowNodeRef>" for n in NODES if n[5] == lane)
        refs += (
            "<bpmn:flowNodeRef>Message_Tutor</bpmn:flowNodeRef><bpmn:flowNodeRef>End_Tutor</bpmn:flowNodeRef>"
            if lane == "me"
            else ""
        )
        lanes += f'<bpmn:lane id="Lane_{lane}" name="{name}">{refs}</bpmn:lane>'
    for lane, y in (("as", 40), ("me", 240)):
        shapes.insert(
            0,
            f'<bpmndi:BPMNShape id="Lane_{lane}_di" bpmnElement="Lane_{lane}" isHorizontal="true"><dc:Bounds x="190" y="{y}" width="860" height="200"/></bpmndi:BPMNShape>',
        )
    shapes.insert(
        0,
        '<bpmndi:BPMNShape id="Pool_di" bpmnElement="Pool" isHorizontal="true"><dc:Bounds x="160" y="40" width="890" height="400"/></bpmndi:BPMNShape>',
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
        'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
        'xmlns:modeler="http://camunda.org/schema/modeler/1.0" modeler:executionPlatform="Camunda Platform" '
        'modeler:executionPlatformVersion="7.22.0" id="D" targetNamespace="http://bpmn.io/schema/bpmn">\n'
        '<bpmn:collaboration id="C"><bpmn:participant id="Pool" name="Prova" processRef="prova"/></bpmn:collaboration>\n'
        '<bpmn:process id="prova" name="Percorso di prova" isExecutable="true" '
        'camunda:candidateStarterGroups="assistente_sociale" camunda:historyTimeToLive="P10Y">\n'
        "<bpmn:documentation>Un percorso breve per le prove delle pagine.</bpmn:documentation>"
        f'<bpmn:laneSet id="Lanes">{lanes}</bpmn:laneSet>\n'
        + "\n".join(elements)
        + boundary
        + "\n</bpmn:process>\n"
        '<bpmn:message id="Message_1" name="sostituzione_tutor"/>\n'
        '<bpmndi:BPMNDiagram id="BD"><bpmndi:BPMNPlane id="BP" bpmnElement="C">'
        + "\n".join(shapes)
        + "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>\n</bpmn:definitions>\n"
    )


def _field(kind: str, key: str, label: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "id": f"Field_{key}",
        "key": key,
        "label": label,
        "layout": {"row": f"R_{key}", "columns": None},
        **more,
    }


REQUIRED = {"validate": {"required": True}}
FORMS = {
    "domanda": [
        _field("textfield", "cognome", "Cognome", **REQUIRED),
        _field("textfield", "nome", "Nome", **REQUIRED),
        _field(
            "datetime",
            "data_nascita",
            "Data di nascita",
            subtype="date",
            properties={"non_futuro": "true"},
            **REQUIRED,
        ),
        _field("textfield", "codice_fiscale", "Codice fiscale", properties={"formato": "codice_fiscale"}),
        _field("textfield", "motivo_senza_codice", "Perché manca il codice fiscale"),
    ],
    "scheda": [
        _field("textarea", "bisogni", "Bisogni", **REQUIRED),
        _field(
            "radio",
            "lavoro",
            "Condizione lavorativa",
            values=[
                {"label": "Inoccupato", "value": "inoccupato"},
                {"label": "Disoccupato", "value": "disoccupato"},
            ],
            **REQUIRED,
        ),
        _field("textfield", "mestiere", "Ultimo mestiere", conditional={"hide": '=lavoro != "disoccupato"'}),
    ],
    "valutazione": [
        _field(
            "select",
            "esito",
            "Esito",
            values=[
                {"label": "Propone il patto", "value": "propone"},
                {"label": "Non propone", "value": "no"},
            ],
            **REQUIRED,
        ),
        _field("textarea", "note_riservate", "Note riservate"),
        _field("filepicker", "verbale", "Verbale", accept=".pdf"),
    ],
}


def form(form_id: str) -> str:
    """One form file."""
    body = {
        "type": "default",
        "id": form_id,
        "schemaVersion": 16,
        "executionPlatform": "Camunda Platform",
        "executionPlatformVersion": "7.22.0",
        "components": FORMS[form_id],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


PARAMETERS = """eta_max: {valore: 39, tipo: intero, etichetta: "Età massima", aiuto: "Ammissibile fino al giorno prima del compleanno successivo.", unita: anni}
"""

if __name__ == "__main__":
    (HERE / "prova.bpmn").write_text(diagram(), encoding="utf-8")
    for one in FORMS:
        (HERE / "prova" / f"{one}.form").write_text(form(one), encoding="utf-8")
    (HERE / "prova" / "parametri.yaml").write_text(PARAMETERS, encoding="utf-8")
