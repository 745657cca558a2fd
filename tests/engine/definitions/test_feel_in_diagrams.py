"""Every place of a diagram, table or form that takes FEEL: read at deployment, told where it is wrong, and run.

The same process is played in FEEL, in Camunda 7's words and in SpiffWorkflow's: the case goes the same way.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Finding, InvalidInput
from engine.simulation import World
from engine.spiff.variable_scopes import VariableView
from tests.engine.conftest import START
from tests.engine.feel_diagrams import operations, parts, write


def refusal(**changed: str) -> Finding:
    """The one finding that refuses the process."""
    with pytest.raises(InvalidInput) as refused:
        parts(**changed)
    (finding,) = [finding for finding in refused.value.findings if finding.severity == "error"]
    return finding


PLACES = [
    ("condition", "vecchio.bpmn", "si", "sì", 6),
    ("script", "vecchio.bpmn", "Calcola", "Calcola", 10),
    ("input", "vecchio.bpmn", "Operazione", "Fa' qualcosa", 12),
    ("output", "vecchio.bpmn", "Operazione", "Fa' qualcosa", 12),
    ("due", "vecchio.bpmn", "Compila", "Compila", 16),
    ("collection", "vecchio.bpmn", "Compila", "Compila", 16),
    ("cardinality", "vecchio.bpmn", "Compila", "Compila", 16),
    ("completion", "vecchio.bpmn", "Compila", "Compila", 16),
    ("timer", "vecchio.bpmn", "Attendi", "Attendi un giorno", 20),
    ("in", "vecchio.bpmn", "Chiama", "Chiama", 22),
    ("key", "vecchio.bpmn", "Risposta", "Attendi la risposta", 24),
    ("cell", "regole.dmn", "c2", "", 10),
    ("answer", "regole.dmn", "a2", "", 11),
    ("form", "dati.form", "Campo_tutore", "", 7),
]


@pytest.mark.parametrize(("place", "file", "element", "name", "line"), PLACES)
def test_a_syntax_error_has_file_element_line_column_and_a_sentence(
    place: str, file: str, element: str, name: str, line: int
) -> None:
    finding = refusal(**{place: "eta = = 3" if file == "regole.dmn" else "=eta = = 3"})
    assert (finding.file, finding.element_id, finding.element_name) == (file, element, name)
    assert finding.line == line
    assert "riga 1, colonna 5 di «eta = = 3»" in finding.sentence
    assert "«==» non è un operatore FEEL: si scrive «=»" in finding.sentence


@pytest.mark.parametrize(("place", "file", "element", "name", "line"), PLACES)
def test_a_function_that_does_not_exist_is_told_too(
    place: str, file: str, element: str, name: str, line: int
) -> None:
    text = "3 > etaa(nato, oggi())"
    finding = refusal(**{place: text if file == "regole.dmn" else f"={text}"})
    assert (finding.file, finding.element_id, finding.line) == (file, element, line)
    assert f"La funzione «etaa» non esiste: forse «eta»? (riga 1, colonna 5 di «{text}»)" in finding.sentence


@pytest.mark.parametrize(
    ("place", "text", "feel"),
    [
        ("condition", "${execution.getVariable('eta') >= 18}", "eta >= 18"),
        ("condition", "${anagrafe.controlla(persona)}", "esito"),
        ("input", "${righe[0]}", "righe[1]"),
        ("output", "${risultato.size()}", "count(risultato)"),
        ("collection", "${righe.get('a')}", 'get value(righe, "a")'),
        ("timer", "${now()}", "adesso()"),
        ("due", "${dateTime()}", "adesso()"),
        ("script", "${stato.equals('a')}", 'stato = "a"'),
        ("condition", "len(righe) > 0", "count(righe) > 0"),
        ("condition", "righe[0] > 3", "righe[1] > 3"),
        ("completion", "'si' in voti", 'list contains(voti, "si")'),
        ("input", "=18 <= eta <= 39", "18 <= eta and eta <= 39"),
        ("due", "=fine == None", "fine = null"),
    ],
)
def test_what_is_not_simple_is_refused_with_its_feel(place: str, text: str, feel: str) -> None:
    finding = refusal(**{place: text})
    assert finding.file == "vecchio.bpmn"
    assert finding.element_id
    assert finding.line > 1
    assert finding.sentence.endswith(feel) or f"in FEEL: {feel} (riga 1, colonna 1" in finding.sentence


def test_a_text_whose_gap_does_not_close_is_refused() -> None:
    assert "non ha il suo «}»" in refusal(input="Patto di ${nome").sentence


DIALECTS: dict[str, dict[str, str]] = {
    "feel": {
        "condition": '=eta >= 18 and stato != "chiuso"',
        "input": '="Patto di " + nome',
        "output": "=risultato.esito",
        "collection": "=righe",
        "completion": "=fatto",
        "script": "=eta + 1",
        "timer": '=duration("PT" + string(ore) + "H")',
        "due": "=termine",
        "in": "=eta + 1",
    },
    "camunda": {
        "condition": "${eta >= 18 && stato != 'chiuso'}",
        "input": "Patto di ${nome}",
        "output": "${risultato.esito}",
        "collection": "${righe}",
        "completion": "${!empty fatto && fatto}",
        "script": "${eta + 1}",
        "timer": "PT${ore}H",
        "due": "${termine}",
        "in": "${eta + 1}",
        "key": "${codice}",
    },
    "python": {
        "condition": "eta >= 18 and stato != 'chiuso'",
        "completion": "fatto == True",
        "cardinality": "len_righe // 1",
        "input": '="Patto di " + nome',
        "due": "=termine",
        "timer": '=duration("PT" + string(ore) + "H")',
        "in": "eta + 1",
    },
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_same_process_in_three_dialects(dialect: str, tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "eta": 39, "stato": "aperto", "nome": "Tea", "righe": ["a", "b", "c"], "len_righe": 3, "ore": 24,
        "termine": "2016-03-20", "codice": "K1",
    }  # fmt: skip
    folder = write(tmp_path, **DIALECTS[dialect])
    with World.open(START, deploy=[folder], operations=operations()) as world:
        world.start("vecchio", by="anna", values=values)
        seen = world.variables()
        assert (seen["esito"], seen["calcolo"], seen["ripetuto"]) == ("ammesso", 40, "Patto di Tea")
        due = world.tasks()[0].row.due_at
        assert due is not None
        assert due.date().isoformat() == "2016-03-20"
        world.tasks()[0].complete(by="anna", values={"nome": "uno"})
        world.tasks()[0].complete(by="anna", values={"nome": "due"})
        world.tasks()[0].complete(by="anna", values={"nome": "tre"})
        world.advance(hours=23)
        assert world.tasks() == ()
        world.advance(hours=1)
        assert world.variables()["anni"] == 40
        world.task("Leggi gli anni").complete(by="anna")
        assert world.message("risposta", by="anna", key="K1") == 1
        assert world.instance().state == "completed"


def test_why_a_rule_applied_is_kept_with_the_case(tmp_path: Path) -> None:
    folder = write(tmp_path)
    values = {"eta": 40, "nome": "Tea", "righe": ["a"], "codice": "K1"}
    with World.open(START, deploy=[folder], operations=operations()) as world:
        case = world.start("vecchio", by="anna", values=values).id
        young = world.start("vecchio", by="anna", values={**values, "eta": 25}).id
        world.restart()
        told = {
            one: [
                event.data["evidence"]
                for event in world.engine.history.timeline(one, world.actor("anna")).items
                if event.kind == "decision.made"
            ]
            for one in (case, young)
        }
    assert told[case] == [["regola 1: eta 40 non è < 18", "regola 2: eta 40 non è in [18..39]"]]
    assert told[young] == [["regola 2: eta 25 è in [18..39]"]]


def test_the_clock_of_the_language_is_the_engines(tmp_path: Path) -> None:
    script = (
        "[oggi() = today(), adesso() = now(), string(today()), string(date(now())),"
        ' eta(data di nascita: date("1976-03-02"), alla data: oggi()), giorni lavorativi(oggi(), oggi() + @"P7D"),'
        " string(aggiungi giorni lavorativi(oggi(), 3))]"
    )
    folder = write(tmp_path, script=script)
    with World.open(
        START + timedelta(hours=13, minutes=30), deploy=[folder], operations=operations()
    ) as world:
        world.start("vecchio", by="anna", values={"eta": 20, "nome": "x", "righe": ["a"]})
        assert world.variables()["calcolo"] == [
            True, True, "2016-03-01", "2016-03-01", 39, 6, "2016-03-04"
        ]  # fmt: skip


def test_the_variables_of_a_case_are_handed_over_without_copying_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Conditions, tables, scripts, mappings, loops, due dates, timers and keys ask for single names."""

    def refuse(view: VariableView) -> None:
        raise AssertionError("the variables were walked")

    folder = write(tmp_path)
    values = {"eta": 25, "nome": "Tea", "righe": ["a"], "codice": "K1", "molto": ["x" * 1000] * 1000}
    with World.open(START, deploy=[folder], operations=operations()) as world:
        monkeypatch.setattr(VariableView, "__iter__", refuse)
        monkeypatch.setattr(VariableView, "__len__", refuse)
        world.start("vecchio", by="anna", values=values)
        world.task("Compila").complete(by="anna", values={"nome": "uno"})
        world.advance(days=1)
        world.task("Leggi gli anni").complete(by="anna")
        assert world.message("risposta", by="anna", key="K1") == 1
        assert world.instance().state == "completed"
