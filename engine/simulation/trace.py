"""What a scenario tells while it runs: one line a step, and under it what happened, with the hour in Rome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.access.actors import SYSTEM
from engine.history.models import Event
from engine.simulation.scenario_parser import Step
from engine.simulation.world import World
from engine.temporal import in_rome

WORDS: Mapping[str, str] = {
    "task.created": "si apre «{element}»",
    "task.completed": "{actor} completa «{element}»",
    "task.cancelled": "un compito non serve più",
    "timer.fired": "scatta «{element}»",
    "phase.changed": "stato: {to}",
    "operation.called": "operazione {topic}",
    "operation.refused": "operazione {topic} rifiutata: {sentence}",
    "operation.failed": "operazione fallita, si ritenta: {sentence}",
    "decision.made": "decisione {decision}",
    "document.issued": "documento {kind} v{version}, protocollo {protocol}",
    "message.received": "arriva il messaggio «{message}»",
    "incident.opened": "INCIDENTE: {sentence}",
    "instance.started": "pratica avviata da {actor}",
    "instance.completed": "pratica conclusa",
    "instance.cancelled": "pratica annullata",
    "instance.suspended": "pratica sospesa: {reason}",
    "instance.resumed": "pratica ripresa",
    "participant.added": "{role}: {who}",
    "participant.ended": "non è più {role}: {who}",
}


class Trace:
    """Collects nothing and says nothing; `Printed` writes lines."""

    def step(self, world: World, step: Step) -> None:
        """A step is about to be done."""

    def happened(self, world: World) -> None:
        """It is done."""


class Printed(Trace):
    """Writes each line with `write`."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._seen: dict[str, int] = {}
        self._mails = 0

    def step(self, world: World, step: Step) -> None:
        """One line: number, kind, the main words of the step."""
        self._write(
            f"{in_rome(world.now):%d/%m/%Y %H:%M}  {step.number:>3}. {step.kind} {_summary(step.content)}"
        )

    def happened(self, world: World) -> None:
        """The new lines of the log of every case, then the mails that left."""
        for case in world.cases:
            while events := world.engine.history.timeline(case, SYSTEM, after=self._seen.get(case, 0)):
                self._seen[case] = events[-1].id
                for event in events:
                    if event.kind in WORDS:
                        self._write(
                            f"                         · {in_rome(event.at):%d/%m %H:%M} {_words(event)}"
                        )
        for mail in world.mailbox.mails[self._mails :]:
            self._write(
                f"                         · {in_rome(mail.at):%d/%m %H:%M} posta a {mail.to}: {mail.subject}"
            )
        self._mails = len(world.mailbox.mails)


def _words(event: Event) -> str:
    data: dict[str, Any] = {key: value for key, value in event.data.items() if key != "actor"}
    return WORDS[event.kind].format_map(
        _Blank(data, actor=event.actor_id, element=event.element_name or "", who=event.data.get("actor", ""))
    )


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _summary(content: Any) -> str:
    if not isinstance(content, Mapping):
        return str(content)
    shown = {key: value for key, value in content.items() if key != "valori"}
    return ", ".join(f"{key}: {value}" for key, value in shown.items())
