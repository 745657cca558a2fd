"""A stand-in for the engine, so that an operation can be called alone: one instance, fixed time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection

from engine.access import Actor
from engine.access.actors import actor
from engine.errors import ExecutionFailed
from engine.service_tasks import REGISTRY, InstanceRef

NOON = datetime(2016, 3, 14, 11, 0, tzinfo=UTC)


def instance(
    instance_id: str = "caso1",
    *,
    subject: str | None = "persona1",
    linked_from: str | None = None,
    scope: str = "cremona",
) -> InstanceRef:
    return InstanceRef(
        instance_id,
        1,
        "patto_autonomia:1",
        "patto_autonomia",
        1,
        instance_id,
        scope,
        subject,
        "Prova",
        linked_from,
    )


@dataclass
class Context:
    """Records what the operation asked the engine to do."""

    connection: Connection
    instance: InstanceRef = field(default_factory=instance)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    actor: Actor = field(
        default_factory=lambda: actor("anna", "Anna Prova", ["assistente_sociale"], "cremona")
    )
    now: datetime = NOON
    today: date = date(2016, 3, 14)
    element_id: str = "Activity_1"
    element_name: str = "Spesa"
    variables: Mapping[str, Any] = field(default_factory=dict)
    subject: tuple[str, str] | None = None
    participants: list[tuple[str, str, str]] = field(default_factory=list)
    records: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def parameter(self, name: str) -> Any:
        if name not in self.parameters:
            raise ExecutionFailed(f"Nessun parametro {name}")
        return self.parameters[name]

    def enqueue(self, kind: str, payload: Mapping[str, Any], key: str, due: datetime | None = None) -> None:
        raise AssertionError("nothing leaves the database here")

    def set_subject(self, subject: str, title: str) -> None:
        self.subject = (subject, title)

    def add_participant(self, actor_id: str, role: str) -> None:
        self.participants.append(("add", actor_id, role))

    def end_participant(self, actor_id: str, role: str) -> None:
        self.participants.append(("end", actor_id, role))

    def record(self, kind: str, data: Mapping[str, Any]) -> None:
        self.records.append((kind, data))


def call(context: Context, topic: str, **inputs: Any) -> dict[str, Any]:
    """Call an operation as the engine does for a service task: inputs converted, inside a savepoint."""
    operation = REGISTRY.get(topic)
    assert operation is not None, f"no operation {topic}"
    with context.connection.begin_nested():
        return operation.call(context, inputs)
