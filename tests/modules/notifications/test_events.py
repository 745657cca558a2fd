"""Every event has its words in both languages, and no e-mail can hold anything of a case."""

from __future__ import annotations

from pathlib import Path
from string import Template

import pytest
from lxml import etree

from engine.errors import ExecutionFailed
from modules.notifications.events import (
    EVENTS,
    IN_BELL,
    IN_MAIL,
    LANGUAGES,
    TEMPLATES,
    Event,
    find_event,
    render_text,
)

MAIL = {"nome": "Anna", "link": "https://patti.example/compiti/1"}
BELL = {"compito": "Firma $nome", "pratica": "n. 12 Fiorenza Inventata", "termine": "31/08/2016"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.id)
def test_every_event_has_a_subject_a_bell_and_a_text(event: Event, language: str) -> None:
    said = render_text(event, language, mail=MAIL, bell=BELL)
    assert "Patti gener-attivi" in said.subject
    assert "Fiorenza Inventata" in said.notice
    assert MAIL["link"] in said.body
    assert "Anna" in said.body
    assert "Fiorenza" not in said.subject + said.body
    assert "$" not in said.subject + said.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", [e for e in EVENTS.values() if e.for_person], ids=lambda event: event.id)
def test_the_person_has_a_text_of_their_own_without_links(event: Event, language: str) -> None:
    said = render_text(event, language, mail={"nome": "Fiorenza"}, bell={}, person=True)
    assert "Fiorenza" in said.body
    assert "http" not in said.body
    assert "Patti" not in said.subject, (
        "the subject does not tell that the person is followed by this project"
    )


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.txt")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_no_template_asks_for_more_than_it_may_say(path: object) -> None:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")  # type: ignore[attr-defined]
    subject, *bell = head.splitlines()
    assert Template(subject).get_identifiers() == []
    assert set(Template(body).get_identifiers()) <= IN_MAIL
    assert set(Template("\n".join(bell)).get_identifiers()) <= IN_BELL


def test_no_template_is_left_over() -> None:
    for language in LANGUAGES:
        expected = set(EVENTS) | {f"{event.id}.persona" for event in EVENTS.values() if event.for_person}
        assert {path.stem for path in (TEMPLATES / language).glob("*.txt")} == expected


def test_an_unknown_language_falls_back_to_italian_and_missing_values_leave_no_trace() -> None:
    said = render_text(EVENTS["compito_in_ritardo"], "de", mail=MAIL, bell={"compito": "Firma"})
    assert said.notice == "In ritardo: Firma"
    assert said.body.startswith("Buongiorno Anna")


def test_an_unknown_event_is_told_with_the_known_ones() -> None:
    with pytest.raises(ExecutionFailed, match="compito_assegnato"):
        find_event("boh", "notifiche.avvisa")


def test_the_processes_tell_only_known_events() -> None:
    camunda = "{http://camunda.org/schema/1.0/bpmn}"
    processes = Path(__file__).parents[3] / "processes"
    told = [
        (file.name, parameter.text or "")
        for file in sorted(processes.glob("*.bpmn"))
        for task in etree.parse(file).iter("{*}serviceTask")
        if task.get(f"{camunda}topic") == "notifiche.avvisa"
        for parameter in task.iter(f"{camunda}inputParameter")
        if parameter.get("name") == "evento"
    ]
    assert told
    assert [(file, event) for file, event in told if not event.startswith("=") and event not in EVENTS] == []
