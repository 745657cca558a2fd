"""A new value of a parameter is tried on running instances: what would fail there is refused, and nothing changes."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from engine.engine import Engine
from engine.errors import InvalidInput
from engine.execution import parameter_trial
from engine.languages.feel import EvaluationLimits
from engine.simulation import World
from engine.spiff import ProcessRun
from engine.storage.tables import event
from tests.engine.statement_log import recorded_statements, without_begin

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:c="http://camunda.org/schema/1.0/bpmn"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="D" targetNamespace="prova">"""
TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="T" name="T" namespace="prova">
<decision id="tavola" name="Tavola"><decisionTable id="t" hitPolicy="FIRST">
<input id="i"><inputExpression id="e" typeRef="string"><text>{expression}</text></inputExpression></input>
<output id="o" name="esito" typeRef="number"/>
<rule id="r"><inputEntry id="x"><text>-</text></inputEntry><outputEntry id="y"><text>1</text></outputEntry></rule>
</decisionTable></decision></definitions>"""
DAYS = "n: {valore: 10, tipo: intero, minimo: -1000000000, massimo: 10000000000, unita: giorni, etichetta: Giorni}"
LATER = '=oggi() + duration("P" + string(parametro("n")) + "D")'
BETWEEN = '=data + duration("P" + string(parametro("n")) + "D")'


def process(due: str = "", timer: str = "", condition: str = "", rule: bool = False) -> bytes:
    """Two tasks, Prima and Dopo; then perhaps a decision, a timer and a condition."""
    parts = [
        '<process id="prova_valori" name="Valori" isExecutable="true" c:candidateStarterGroups="assistente_sociale">',
        '<startEvent id="Inizio"/><sequenceFlow id="f0" sourceRef="Inizio" targetRef="Prima"/>',
        f'<userTask id="Prima" name="Prima" c:assignee="anna" {f"c:dueDate={quoteattr(due)}" if due else ""}/>',
        '<sequenceFlow id="f1" sourceRef="Prima" targetRef="Dopo"/>',
        '<userTask id="Dopo" name="Dopo" c:assignee="anna"/>',
    ]
    last = "Dopo"

    def follow(element: str, element_id: str) -> None:
        nonlocal last
        parts.append(element)
        parts.append(f'<sequenceFlow id="a_{element_id}" sourceRef="{last}" targetRef="{element_id}"/>')
        last = element_id

    if rule:
        follow(
            '<businessRuleTask id="Decide" name="Decide" c:decisionRef="tavola" c:decisionRefBinding="deployment" '
            'c:mapDecisionResult="singleEntry" c:resultVariable="esito"/>',
            "Decide",
        )
    if timer:
        follow(
            '<intermediateCatchEvent id="Attesa" name="Attesa"><timerEventDefinition>'
            f'<timeDate xsi:type="tFormalExpression">{escape(timer)}</timeDate>'
            "</timerEventDefinition></intermediateCatchEvent>",
            "Attesa",
        )
    if condition:
        follow('<exclusiveGateway id="Bivio" name="Bivio" default="no"/>', "Bivio")
        parts.append(
            '<sequenceFlow id="si" name="Oltre la soglia" sourceRef="Bivio" targetRef="Fine">'
            f'<conditionExpression xsi:type="tFormalExpression">{escape(condition)}</conditionExpression>'
            "</sequenceFlow>"
            '<sequenceFlow id="no" sourceRef="Bivio" targetRef="Fine2"/><endEvent id="Fine2"/>'
        )
        parts.append('<endEvent id="Fine"/>')
    else:
        parts.append(f'<sequenceFlow id="z" sourceRef="{last}" targetRef="Fine"/><endEvent id="Fine"/>')
    return (HEAD + "".join(parts) + "</process></definitions>").encode()


def deploy(world: World, parameters: str, table: str = "", **parts: Any) -> None:
    """Deploy the process with these parameters, and a table with this input expression."""
    files = {"prova_valori.bpmn": process(rule=bool(table), **parts), "parametri.yaml": parameters.encode()}
    if table:
        files["tavola.dmn"] = TABLE.format(expression=escape(table)).encode()
    world.engine.deployments.deploy(DeploymentBundle.from_files(files), SYSTEM)


def begin(world: World, scope: str = "cremona", **variables: Any) -> int:
    """Start an instance; its number."""
    return world.engine.instances.start("prova_valori", variables, SYSTEM, scope).number


def put(world: World, value: object, scope: str = "") -> None:
    """Put a value in force."""
    world.engine.parameters.set("prova_valori", "n", scope, value, "Prova", SYSTEM)


def refused(world: World, value: object, scope: str = "") -> str:
    """The sentence of a refusal, after which nothing has changed: neither values nor log."""
    before = everything(world)
    with pytest.raises(InvalidInput) as problem:
        put(world, value, scope)
    assert everything(world) == before
    assert problem.value.code == "PARAMETER_TRIAL_FAILED"
    assert "Nothing has changed" in problem.value.sentence("en")
    return str(problem.value.message)


def everything(world: World) -> tuple[object, ...]:
    """The values in every scope, and how long the log is."""
    engine: Engine = world.engine
    values = [
        [
            (view.name, view.value, view.source)
            for view in engine.parameters.list("prova_valori", scope, SYSTEM)
        ]
        for scope in ("", "cremona", "cremasco", "cremasco/crema")
    ]
    with engine.database.read() as connection:
        return (*values, len(connection.execute(event.select()).all()))


@pytest.mark.parametrize(
    ("parts", "element"),
    [({"due": LATER}, "«Prima» (Prima)"), ({"timer": LATER}, "«Attesa» (Attesa)")],
    ids=["due date", "timer"],
)
def test_a_date_that_cannot_be_used_is_refused(world: World, parts: dict[str, str], element: str) -> None:
    deploy(world, DAYS, **parts)
    put(world, 10**9)  # nobody would feel it
    put(world, 10)
    number = begin(world)
    for value in (10**9, 10**10, -5, 2_917_000):
        sentence = refused(world, value)
        assert f"pratica n. {number}: in {element}" in sentence
    assert "oltre l'anno 9998" in refused(world, 2_915_700)
    put(world, 0)
    put(world, 3650)


def test_a_date_that_goes_back_in_time_is_refused(world: World) -> None:
    deploy(world, DAYS, due='=oggi() + duration("P1D") * parametro("n")')
    begin(world)
    assert "tornerebbe indietro nel tempo" in refused(world, -5)
    put(world, 3)


def test_what_failed_before_does_not_forbid_a_value(world: World) -> None:
    deploy(world, DAYS, due=LATER, timer=BETWEEN)
    begin(world)  # has no `data` yet
    put(world, 20)


def test_the_variables_of_the_instance_count(world: World) -> None:
    deploy(world, DAYS, timer=BETWEEN)
    begin(world)
    number = begin(world, data="2016-02-01")
    begin(world)
    put(world, 30)
    deploy(world, DAYS, timer='=date(data) + duration("P" + string(parametro("n")) + "D")')
    number = begin(world, data="2016-02-01")
    assert f"n. {number}" in refused(world, 10**9)
    put(world, 40)


def test_a_condition_that_gives_neither_yes_nor_no_is_refused(world: World) -> None:
    deploy(world, "n: {valore: '5', tipo: testo}", condition='=7 > number(parametro("n"))')
    put(world, "molti")
    put(world, "5")
    number = begin(world)
    sentence = refused(world, "molti")
    assert f"pratica n. {number}: in «Oltre la soglia» (si) la condizione non si calcola" in sentence
    put(world, "6")


def test_a_table_that_cannot_be_applied_is_refused(world: World) -> None:
    deploy(world, "n: {valore: 5, tipo: intero}", table='string(count(for i in 1..parametro("n") return i))')
    put(world, 10**9)
    put(world, 5)
    number = begin(world)
    sentence = refused(world, 10**9)
    assert f"pratica n. {number}: in «Decide» (Decide) la tabella tavola non si applica" in sentence
    put(world, 50)


def test_only_the_instances_of_the_scope_count(world: World) -> None:
    deploy(world, DAYS, due=LATER)
    crema = begin(world, "cremasco/crema")
    put(world, 10**9, "cremona")
    assert f"n. {crema}" in refused(world, 10**9, "cremasco")
    assert f"n. {crema}" in refused(world, 10**9)
    put(world, 4, "cremasco/crema")
    put(world, 10**9, "cremasco")  # crema has a value of its own
    before = everything(world)
    with pytest.raises(InvalidInput, match=f"n. {crema}"):
        world.engine.parameters.reset("prova_valori", "n", "cremasco/crema", "Prova", SYSTEM)
    assert everything(world) == before


def test_closed_instances_do_not_count_and_suspended_ones_do(world: World) -> None:
    deploy(world, DAYS, due=LATER)
    case = world.engine.instances.start("prova_valori", {}, SYSTEM, "cremona")
    world.engine.instances.suspend(case.id, "Prova", SYSTEM)
    refused(world, 10**9)
    world.engine.instances.cancel(case.id, "Prova", SYSTEM)
    put(world, 10**9)


def test_an_older_version_that_still_runs_counts(world: World) -> None:
    deploy(world, DAYS, due=LATER)
    number = begin(world)
    deploy(world, DAYS)
    begin(world)
    assert f"n. {number}" in refused(world, 10**9)


def test_a_due_date_that_may_be_missing_may_go_missing(world: World) -> None:
    deploy(world, DAYS, due='=if parametro("n") = 0 then null else oggi() + duration("P1D") * parametro("n")')
    begin(world)
    put(world, 0)


def test_a_check_changes_nothing(world: World) -> None:
    deploy(world, DAYS, due=LATER)
    begin(world)
    before = everything(world)
    assert world.engine.parameters.check("prova_valori", "n", "", "7", SYSTEM) == 7
    with pytest.raises(InvalidInput, match="pratica n"):
        world.engine.parameters.check("prova_valori", "n", "", 10**9, SYSTEM)
    assert everything(world) == before


def test_the_trial_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(world, DAYS, due=LATER)
    for _ in range(5):
        begin(world)
    monkeypatch.setattr(parameter_trial, "MAX_INSTANCES", 2)
    monkeypatch.setattr(parameter_trial, "MIN_OF_A_VERSION", 1)
    restored = []
    real = ProcessRun.restore

    def counted(*arguments: Any) -> Any:
        restored.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(ProcessRun, "restore", counted)
    put(world, 20)
    assert len(restored) == 2
    monkeypatch.setattr(parameter_trial, "TRIAL_LIMITS", EvaluationLimits(steps=0))
    put(world, 30)
    assert len(restored) == 3


def test_the_trial_only_reads(world: World) -> None:
    deploy(world, DAYS, due=LATER, timer=LATER, condition='=parametro("n") > 3')
    begin(world)
    with recorded_statements(world.engine) as found:
        world.engine.parameters.check("prova_valori", "n", "", 7, SYSTEM)
    assert found
    assert [text for text in without_begin(found) if not text.lstrip().startswith("SELECT")] == []
