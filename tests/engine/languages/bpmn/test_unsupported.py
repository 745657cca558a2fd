"""What other engines would do with a diagram and this one does not is told, word by word; the rest is not."""

from __future__ import annotations

import pytest

from engine.errors import Finding
from engine.languages.bpmn import lint, read_diagram
from engine.languages.bpmn.lint import LintContext
from engine.languages.bpmn.lint.unsupported import HARMLESS, INSTEAD

HEAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:activiti="http://activiti.org/bpmn"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">"""
DIAGRAM = """{shared}<process id="p" isExecutable="true" {process}>
  <startEvent id="i" {start}/><sequenceFlow id="f" sourceRef="i" targetRef="A"/>
  <{kind} id="A" name="Parla" {activity}>
    <extensionElements>{extensions}</extensionElements>{inside}</{kind}>
  <sequenceFlow id="g" sourceRef="A" targetRef="e"/><endEvent id="e"/></process></definitions>"""


def told(**parts: str) -> list[Finding]:
    """The warnings of a small diagram with something in it."""
    empty = dict.fromkeys(("shared", "process", "start", "activity", "extensions", "inside"), "")
    text = HEAD + DIAGRAM.format(**{**empty, "kind": "userTask", **parts})
    found = lint(
        read_diagram(text.encode(), "prova.bpmn"), LintContext(operations=frozenset({"ufficio.scrivi"}))
    )
    return [one for one in found if one.code == "NOT_RUN"]


SCRIPT = "<camunda:script scriptFormat='groovy'>x = 1</camunda:script>"


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("camunda:executionListener", {"extensions": "<camunda:executionListener event='end' class='C'/>"}),
        (
            "camunda:taskListener",
            {"extensions": f"<camunda:taskListener event='create'>{SCRIPT}</camunda:taskListener>"},
        ),
        (
            "camunda:inputParameter",
            {
                "extensions": "<camunda:inputOutput><camunda:inputParameter name='a'>1</camunda:inputParameter>"
                "</camunda:inputOutput>"
            },
        ),
        (
            "camunda:outputParameter",
            {
                "extensions": f"<camunda:inputOutput><camunda:outputParameter name='a'>{SCRIPT}"
                "</camunda:outputParameter></camunda:inputOutput>"
            },
        ),
        (
            "camunda:formData",
            {"extensions": "<camunda:formData><camunda:formField id='a'/></camunda:formData>"},
        ),
        (
            "camunda:failedJobRetryTimeCycle",
            {"extensions": "<camunda:failedJobRetryTimeCycle>R5/PT1M</camunda:failedJobRetryTimeCycle>"},
        ),
        ("camunda:initiator", {"start": 'camunda:initiator="chi"'}),
        ("camunda:candidateStarterUsers", {"process": 'camunda:candidateStarterUsers="anna"'}),
        (
            "camunda:calledElementBinding",
            {"kind": "callActivity", "activity": 'calledElement="q" camunda:calledElementBinding="version"'},
        ),
        (
            "camunda:local",
            {"kind": "callActivity", "extensions": '<camunda:in variables="all" local="true"/>'},
        ),
        (
            "camunda:class",
            {"kind": "serviceTask", "activity": 'camunda:topic="ufficio.scrivi" camunda:class="C"'},
        ),
        ("camunda:dueDate", {"kind": "manualTask", "activity": 'camunda:dueDate="P1D"'}),
        ("camunda:nuovissimo", {"activity": 'camunda:nuovissimo="sì"'}),
        ("activiti:assignee", {"activity": 'activiti:assignee="anna"'}),
        ("zeebe:ioMapping", {"extensions": "<zeebe:ioMapping/>"}),
        (
            "spiffworkflow:preScript",
            {"extensions": "<spiffworkflow:preScript>x = 1</spiffworkflow:preScript>"},
        ),
        (
            "spiffworkflow:postScript",
            {"extensions": "<spiffworkflow:postScript>x = 1</spiffworkflow:postScript>"},
        ),
        ("potentialOwner", {"inside": "<potentialOwner/>"}),
        ("completionQuantity", {"activity": 'completionQuantity="2"'}),
        ("camunda:errorMessage", {"shared": '<error id="err" camunda:errorMessage="Ahi"/>'}),
    ],
)
def test_what_nobody_runs_is_told_once_with_its_place(word: str, parts: dict[str, str]) -> None:
    found = told(**parts)
    assert len(found) == 1, [str(one) for one in found]
    assert f"«{word}»" in found[0].sentence
    assert found[0].severity == "warning"
    assert found[0].file == "prova.bpmn"
    assert found[0].line > 1
    assert found[0].element_id == {
        "camunda:initiator": "i",
        "camunda:candidateStarterUsers": "p",
        "camunda:errorMessage": "err",
    }.get(word, "A")


@pytest.mark.parametrize(
    "parts",
    [
        {"activity": " ".join(f'camunda:{name}="1"' for name in HARMLESS if name != "properties")},
        {"activity": 'camunda:assignee="anna" camunda:candidateGroups="g" camunda:formRef="m"'},
        {"kind": "serviceTask", "activity": 'camunda:type="external" camunda:topic="ufficio.scrivi"'},
        {"kind": "callActivity", "extensions": '<camunda:in businessKey="#{execution.processBusinessKey}"/>'},
        {"activity": 'startQuantity="1"', "extensions": "<!-- niente --><zeebe:userTask/>"},
    ],
)
def test_what_changes_nothing_is_passed_over(parts: dict[str, str]) -> None:
    assert told(**parts) == []


def test_no_word_is_both_harmless_and_not() -> None:
    assert not set(HARMLESS) & set(INSTEAD)
