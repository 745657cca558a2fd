"""Scenario files: what is read, what is refused, and where."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.simulation import read_scenarios
from engine.simulation.checks import compare
from engine.simulation.scenario_parser import File

HEAD = "scenario: uno\ninizio: 2016-01-28T10:00:00+01:00\n"


def write(folder: Path, text: str) -> Path:
    """A scenario file."""
    file = folder / "uno.scenarios.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_values_keep_their_kind(tmp_path: Path) -> None:
    values = "{importo: 2000.10, ore: 38, ora: 10:30, il: 2016-02-29, presente: no, firma: true, file: !allegato a.pdf}"
    file = write(tmp_path, HEAD + f"passi:\n  - completa: {{compito: X, come: anna, valori: {values}}}\n")
    (scenario,) = read_scenarios(file)
    assert scenario.start == datetime(2016, 1, 28, 9, tzinfo=UTC)
    assert scenario.steps[0].content["valori"] == {
        "importo": Decimal("2000.10"),
        "ore": 38,
        "ora": "10:30",
        "il": date(2016, 2, 29),
        "presente": "no",
        "firma": True,
        "file": File("a.pdf"),
    }
    assert scenario.steps[0].line == 4


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("passi: [", 1, "YAML"),
        ("", 1, "non contiene scenari"),
        ("scenario: x\npassi: []\n", 1, "«inizio»"),
        ("scenario: x\ninizio: 2016-01-28\npassi: []\n", 1, "fuso"),
        (HEAD + "passi:\n  - vola: {}\n", 4, "«vola»"),
        (HEAD + "passi:\n  - {avvia: {}, attendi: {}}\n", 4, "una sola parola"),
        (HEAD + "passi:\n  - avvia: {come: anna, come: bruno}\n", 4, "due volte"),
        (HEAD + "paxi: 1\npassi: []\n", 1, "«paxi»"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(InvalidInput) as refused:
        read_scenarios(file)
    assert words in refused.value.message
    assert refused.value.findings[0].line == line


def test_several_scenarios_in_one_file(tmp_path: Path) -> None:
    file = write(tmp_path, f"{HEAD}passi: []\n---\n{HEAD.replace('uno', 'due')}passi: []\n")
    assert [scenario.name for scenario in read_scenarios(file)] == ["uno", "due"]


@pytest.mark.parametrize(
    ("expected", "found", "difference"),
    [
        ({"a": 1}, {"a": Decimal("1.00"), "b": 2}, ""),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, "a.b[1]: atteso 2, c'è 3"),
        ({"a": True}, {"a": 1}, "a: atteso True, c'è 1"),
        ({"a": None}, {}, ""),
        ({"a": 1}, {}, "a: atteso 1, non c'è"),
        ([1], [1, 2], ": attesi 1 elementi, ci sono 2"),
        ({"il": date(2016, 1, 1)}, {"il": date(2016, 1, 1)}, ""),
    ],
)
def test_comparing_values(expected: object, found: object, difference: str) -> None:
    assert compare(expected, found) == difference
