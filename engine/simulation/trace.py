"""Trace of a running scenario: a line for each step and for each event it caused, with the time in Europe/Rome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.access import SYSTEM
from engine.history.models import Event
from engine.simulation.scenario_parser import Step
from engine.simulation.world import World
from engine.storage.sql.keyset_pagination import Cursor
from engine.temporal import in_rome

EVENT_DESCRIPTIONS: Mapping[str, str] = {
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
    """A trace that writes nothing; `PrintedTrace` writes lines."""

    def step(self, world: World, step: Step) -> None:
        """Called before a step."""

    def step_done(self, world: World) -> None:
        """Called after a step."""


class PrintedTrace(Trace):
    """Writes each line with `write`."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._seen: dict[str, str] = {}
        self._mails = 0

    def step(self, world: World, step: Step) -> None:
        """Write number, kind and content of the step."""
        self._write(
            f"{in_rome(world.now):%d/%m/%Y %H:%M}  {step.number:>3}. {step.kind} {_summary(step.content)}"
        )

    def step_done(self, world: World) -> None:
        """Write the new events of every instance and the e-mails sent."""
        for instance_id in world.instance_ids:
            while events := world.engine.history.timeline(
                instance_id, SYSTEM, after=self._seen.get(instance_id, "")
            ).items:
                self._seen[instance_id] = Cursor((events[-1].id,)).encode()
                for event in events:
                    if event.kind in EVENT_DESCRIPTIONS:
                        self._write(
                            f"                         · {in_rome(event.at):%d/%m %H:%M} {_description(event)}"
                        )
        for mail in world.mailbox.mails[self._mails :]:
            self._write(
                f"                         · {in_rome(mail.at):%d/%m %H:%M} posta a {mail.to}: {mail.subject}"
            )
        self._mails = len(world.mailbox.mails)


def _description(event: Event) -> str:
    data: dict[str, Any] = {key: value for key, value in event.data.items() if key != "actor"}
    return EVENT_DESCRIPTIONS[event.kind].format_map(
        _WithDefault(
            data, actor=event.actor_id, element=event.element_name or "", who=event.data.get("actor", "")
        )
    )


class _WithDefault(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _summary(content: Any) -> str:
    if not isinstance(content, Mapping):
        return str(content)
    shown = {key: value for key, value in content.items() if key != "valori"}
    return ", ".join(f"{key}: {value}" for key, value in shown.items())
