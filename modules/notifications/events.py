"""The events people are told of, and the words for each: files in `templates/<language>/<event>.txt`.

A file opens with two lines, `Oggetto:` (the subject of the e-mail) and `Avviso:` (the line of the bell), and goes on,
after an empty line, with the text of the e-mail. `$nome` and `$link` may stand in the e-mail; the bell, which is read
after signing in, may also say `$compito`, `$pratica` and `$termine`. Nothing else of a case ever enters an e-mail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

from engine.errors import ExecutionFailed

TEMPLATES = Path(__file__).with_name("templates")
LANGUAGES = ("it", "en")
DEFAULT_LANGUAGE = "it"

IN_MAIL = frozenset({"nome", "link"})
IN_BELL = frozenset({"compito", "pratica", "termine"})


@dataclass(frozen=True)
class Event:
    """Something that people are told. An adverse one reaches the person only after a human confirmed it.

    `for_person` says whether the person of the case may be told; they have their own text, `<event>.persona.txt`.
    """

    id: str
    label: str
    is_adverse: bool = False
    for_person: bool = False


EVENTS: Mapping[str, Event] = {
    event.id: event
    for event in (
        Event("compito_assegnato", "Un compito è stato assegnato"),
        Event("compito_in_ritardo", "Un compito è in ritardo"),
        Event("compito_affidato", "Un compito è stato affidato da un collega"),
        Event("esito_commissione", "La commissione ha deciso", for_person=True),
        Event("esito_sfavorevole", "Esito sfavorevole", is_adverse=True, for_person=True),
        Event("nuova_candidatura", "È arrivata una candidatura"),
        Event("convocazione", "Convocazione a un incontro", for_person=True),
        Event("sospensione", "Il patto è sospeso", is_adverse=True, for_person=True),
        Event("ripresa", "Il patto riprende", for_person=True),
        Event("scadenza_spostata", "Una scadenza è stata spostata"),
        Event("richiamo_monitoraggio", "Un incontro di monitoraggio è mancato", for_person=True),
        Event("firma_in_attesa", "Si attende la firma del patto", for_person=True),
        Event("mancata_firma", "Il patto non è stato firmato in tempo"),
        Event("patto_attivato", "Il patto è attivo", for_person=True),
        Event("patto_concluso", "Il patto è concluso", for_person=True),
        Event("patto_abbandonato", "Il patto è stato chiuso", is_adverse=True, for_person=True),
        Event("sostituzione", "È cambiato chi segue il patto", for_person=True),
        Event("escalation", "Una situazione attende il coordinatore"),
        Event("verifica_sei_mesi", "È il momento della verifica a sei mesi", for_person=True),
    )
}
"""The catalogue; an event without its four files does not pass the tests."""


@dataclass(frozen=True)
class Words:
    """The words of one event in one language, filled in."""

    subject: str
    notice: str
    body: str


def known(event_id: str, place: str) -> Event:
    """The event of an identifier; ExecutionFailed, with the list of the known ones, when there is none."""
    event = EVENTS.get(event_id)
    if event is None:
        raise ExecutionFailed(f"{place}: l'evento «{event_id:.60}» non esiste; ci sono: {', '.join(EVENTS)}")
    return event


def words(
    event: Event, language: str, *, mail: Mapping[str, str], bell: Mapping[str, str], person: bool = False
) -> Words:
    """The words for one recipient. `mail` may hold `IN_MAIL`, `bell` may hold `IN_BELL`; what is missing is empty."""
    template = _template(event.id, language if language in LANGUAGES else DEFAULT_LANGUAGE, person)
    for_mail = {name: mail.get(name, "") for name in IN_MAIL}
    for_bell = {name: bell.get(name, "") for name in IN_BELL}
    return Words(
        template.subject,
        _notice(template.notice, for_bell),
        re.sub(r"\n{3,}", "\n\n", Template(template.body).substitute(for_mail)).strip() + "\n",
    )


@lru_cache(maxsize=256)
def _template(event_id: str, language: str, person: bool) -> Words:
    path = TEMPLATES / language / f"{event_id}{'.persona' if person else ''}.txt"
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    return Words(headers["Oggetto"], headers.get("Avviso", ""), body)


def _notice(text: str, values: Mapping[str, str]) -> str:
    """The line of the bell; a part between two points that has nothing to say is left out."""
    parts = [Template(part) for part in text.split(" · ")]
    said = [
        part.substitute(values)
        for part in parts
        if not part.get_identifiers() or any(values[name] for name in part.get_identifiers())
    ]
    return " ".join(" · ".join(said).split())
