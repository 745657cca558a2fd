"""The events that users are notified of, and the texts of each: files in `templates/<language>/<event>.txt`.

A file starts with two lines, `Oggetto:` (the subject of the e-mail) and `Avviso:` (the title of the notice in the
bell); the text of the e-mail follows after an empty line. The e-mail may use `$nome` and `$link`; the notice, which is
read after signing in, may use `$compito`, `$pratica` and `$termine`. An e-mail contains no other data of an instance.
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
    """Something that users are notified of. An adverse one is sent to the person only after a user confirmed it.

    `for_person`: the person of the instance can be notified, with the text `<event>.persona.txt`.
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
"""Every event by its identifier."""


@dataclass(frozen=True)
class NotificationText:
    """The texts of an event in a language: subject and body of the e-mail, title of the notice."""

    subject: str
    notice: str
    body: str


def find_event(event_id: str, source: str) -> Event:
    """The event of an identifier. ExecutionFailed when there is none; `source` says who asked for it."""
    event = EVENTS.get(event_id)
    if event is None:
        raise ExecutionFailed(
            "NOTIFICATION_EVENT_UNKNOWN", source=source, event=event_id[:60], known=list(EVENTS)
        )
    return event


def render_text(
    event: Event, language: str, *, mail: Mapping[str, str], bell: Mapping[str, str], person: bool = False
) -> NotificationText:
    """The texts for one recipient. `mail` has the values of `IN_MAIL`, `bell` those of `IN_BELL`; missing ones are
    empty."""
    template = _template(event.id, language if language in LANGUAGES else DEFAULT_LANGUAGE, person)
    for_mail = {name: mail.get(name, "") for name in IN_MAIL}
    for_bell = {name: bell.get(name, "") for name in IN_BELL}
    return NotificationText(
        template.subject,
        _notice(template.notice, for_bell),
        re.sub(r"\n{3,}", "\n\n", Template(template.body).substitute(for_mail)).strip() + "\n",
    )


@lru_cache(maxsize=256)
def _template(event_id: str, language: str, person: bool) -> NotificationText:
    path = TEMPLATES / language / f"{event_id}{'.persona' if person else ''}.txt"
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines())
    return NotificationText(headers["Oggetto"], headers.get("Avviso", ""), body)


def _notice(text: str, values: Mapping[str, str]) -> str:
    """The title of the notice; a part between two points whose values are all empty is left out."""
    parts = [Template(part) for part in text.split(" · ")]
    filled = [
        part.substitute(values)
        for part in parts
        if not part.get_identifiers() or any(values[name] for name in part.get_identifiers())
    ]
    return " ".join(" · ".join(filled).split())
