"""Why a decision table answered as it did can be read in the case's page."""

from __future__ import annotations

import html

import pytest

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from tests.engine.feel_diagrams import files
from tests.web.people import Desk, Office

DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:c="http://camunda.org/schema/1.0/bpmn" id="D" targetNamespace="p">
<process id="requisiti" name="Requisiti" isExecutable="true" c:candidateStarterGroups="assistente_sociale">
<startEvent id="Inizio"/><sequenceFlow id="f1" sourceRef="Inizio" targetRef="Regole"/>
<businessRuleTask id="Regole" name="Controlla i requisiti" c:decisionRef="regole" c:resultVariable="esito"/>
<sequenceFlow id="f2" sourceRef="Regole" targetRef="Leggi"/>
<userTask id="Leggi" name="Leggi l'esito" c:candidateGroups="assistente_sociale"/>
<sequenceFlow id="f3" sourceRef="Leggi" targetRef="Fine"/><endEvent id="Fine"/>
</process></definitions>
"""  # noqa: E501


@pytest.mark.parametrize(
    ("eta", "told"),
    [
        (25, ["regola 2: eta 25 è in [18..39]"]),
        (40, ["regola 1: eta 40 non è < 18", "regola 2: eta 40 non è in [18..39]"]),
    ],
)
def test_the_history_says_which_rules_hit_and_why(
    office: Office, anna: Desk, eta: int, told: list[str]
) -> None:
    bundle = DeploymentBundle.from_files({"requisiti.bpmn": DIAGRAM, "regole.dmn": files()["regole.dmn"]})
    office.engine.deployments.deploy(bundle, SYSTEM)
    case = office.engine.instances.start("requisiti", {"eta": eta}, office.actor("anna"), "cremasco/crema").id
    page = html.unescape(anna.get(f"/pratiche/{case}").text)
    assert "Controlla i requisiti" in page
    for sentence in told:
        assert sentence in page
