"""Sentences of the catalogue: parameters, plurals, languages."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine import localization
from engine.errors import InvalidInput
from engine.localization import Message, in_language, message, restored_message, storable_parameters

HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""
ITALIAN = """
msgid "TRIAL_DAYS"
msgid_plural "TRIAL_DAYS"
msgstr[0] "manca un giorno"
msgstr[1] "mancano {count} giorni"

msgid "TRIAL_NESTED"
msgstr "«{name}» entro {day:date}, alle {at:moment}: {problem}"

msgid "TRIAL_NAMES"
msgstr "{names:list}; {names:alternatives}"
"""
ENGLISH = """
msgid "TRIAL_DAYS"
msgid_plural "TRIAL_DAYS"
msgstr[0] "one day is left"
msgstr[1] "{count} days are left"

msgid "TRIAL_NESTED"
msgstr "“{name}” by {day:date}, at {at:moment}: {problem}"

msgid "TRIAL_NAMES"
msgstr "{names:list}; {names:alternatives}"
"""


@pytest.fixture(autouse=True)
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for language, text in (("it", ITALIAN), ("en", ENGLISH)):
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "errors.po").write_text(HEADER + text, encoding="utf-8")
    monkeypatch.setattr(localization, "_FOLDERS", list(localization._FOLDERS))
    localization.add_catalogue(tmp_path)
    yield
    localization._entries.cache_clear()


def test_a_count_chooses_singular_or_plural() -> None:
    assert message("TRIAL_DAYS", count=1) == "manca un giorno"
    assert message("TRIAL_DAYS", count=0) == "mancano 0 giorni"
    assert message("TRIAL_DAYS", count=3).in_language("en") == "3 days are left"


def test_a_message_inside_another_follows_the_language() -> None:
    told = message(
        "TRIAL_NESTED",
        name="Firma",
        day=date(2016, 3, 27),
        at=datetime(2016, 3, 27, 1, tzinfo=UTC),
        problem=message("TRIAL_DAYS", count=1),
    )
    assert told == "«Firma» entro 27/03/2016, alle 27/03/2016 03:00: manca un giorno"
    assert told.in_language("en") == "“Firma” by 27/03/2016, at 27/03/2016 03:00: one day is left"
    assert told.in_language("de") == told
    assert in_language("come l'ho scritto", "en") == "come l'ho scritto"


def test_values_are_never_read_as_templates() -> None:
    hostile = "{name.__class__} {0} %s {"
    told = message("TRIAL_NESTED", name=hostile, day="mai", at="mai", problem=hostile)
    assert hostile in told
    assert hostile in told.in_language("en")


def test_names_are_joined_in_the_language() -> None:
    told = message("TRIAL_NAMES", names=["a", "b"])
    assert told == "a, b; a o b"
    assert told.in_language("en") == "a, b; a or b"


def test_what_the_catalogue_lacks_is_shown_as_it_is() -> None:
    assert message("La stampante è spenta") == "La stampante è spenta"
    assert message("TRIAL_NAMES") == "{names}; {names}"


def test_a_message_survives_storage() -> None:
    told = message(
        "TRIAL_NESTED", name="x", day=date(2016, 1, 1), at="y", problem=message("TRIAL_DAYS", count=2)
    )
    again = restored_message(told.code, storable_parameters(told), str(told))
    assert isinstance(again, Message)
    assert again == told
    assert again.in_language("en") == told.in_language("en")
    assert copy.deepcopy(told).in_language("en") == told.in_language("en")
    assert restored_message("GONE_CODE", {}, "la frase di allora") == "la frase di allora"


def test_an_error_has_a_code_parameters_and_a_sentence_in_each_language() -> None:
    problem = InvalidInput("TRIAL_DAYS", count=2, fields={"giorno": message("TRIAL_DAYS", count=1)})
    assert (problem.code, problem.parameters) == ("TRIAL_DAYS", {"count": 2})
    assert str(problem) == problem.message == "mancano 2 giorni"
    assert problem.sentence("en") == "2 days are left"
    assert InvalidInput("TRIAL_DAYS", code="ALTRO", count=1).code == "ALTRO"
