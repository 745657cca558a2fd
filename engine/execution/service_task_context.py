"""What an operation of a service task can use during its call."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from engine.access import Actor
from engine.definitions.compilation import CompiledDefinition
from engine.definitions.parameters import ParametersInForce
from engine.execution import participants
from engine.execution.outbox import enqueue
from engine.languages.bpmn.model import Element
from engine.service_tasks import InstanceRef
from engine.temporal import day_in_rome


class Environment(Protocol):
    """What the context needs of the environment of the step (`StepEnvironment`)."""

    compiled: CompiledDefinition
    instance: InstanceRef
    actor: Actor
    now: datetime
    subject: tuple[str, str] | None

    @property
    def connection(self) -> Connection:
        """The connection of the transaction."""

    @property
    def parameters(self) -> ParametersInForce:
        """The parameters in force for the instance."""

    def record(
        self, kind: str, element: Element | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Add an entry to the log of the step."""


@dataclass
class ServiceTaskContext:
    """The `OperationContext` of one call.

    Its savepoint, which `savepoint` ends, begins when the operation first uses the connection.
    """

    environment: Environment
    element: Element
    variables: Mapping[str, Any]
    savepoint: ExitStack
    _begun: bool = False

    @property
    def connection(self) -> Connection:
        """The connection of the transaction, inside the savepoint of the call."""
        if not self._begun:
            self.savepoint.enter_context(self.environment.connection.begin_nested())
            self._begun = True
        return self.environment.connection

    @property
    def now(self) -> datetime:
        """The moment of the step, UTC."""
        return self.environment.now

    @property
    def today(self) -> date:
        """The day of the step in Europe/Rome."""
        return day_in_rome(self.environment.now)

    @property
    def actor(self) -> Actor:
        """The actor whose action has caused the step."""
        return self.environment.actor

    @property
    def instance(self) -> InstanceRef:
        """The instance, with the subject and title that the step has set so far."""
        if self.environment.subject is None:
            return self.environment.instance
        subject, title = self.environment.subject
        return replace(self.environment.instance, subject=subject, title=title)

    @property
    def element_id(self) -> str:
        """The id of the service task."""
        return self.element.id

    @property
    def element_name(self) -> str:
        """The name of the service task."""
        return self.element.label

    def parameter(self, name: str) -> Any:
        """The value of a parameter in force. Raises ExecutionFailed when there is none of that name."""
        return self.environment.parameters.value(name, self.element.process_id)

    def enqueue(self, kind: str, payload: Mapping[str, Any], key: str, due: datetime | None = None) -> None:
        """Put a message in the outbox, once for each `key`."""
        enqueue(self.connection, kind, payload, key, now=self.now, due=due, instance_id=self.instance.id)

    def set_subject(self, subject: str, title: str) -> None:
        """Set the subject and the title of the instance."""
        self.environment.subject = (subject, title)

    def add_participant(self, actor_id: str, role: str) -> None:
        """Give a user a role in the instance, and the open tasks of those who had it before."""
        instance_id = self.instance.id
        participants.add_participant(self.connection, instance_id, actor_id, role, self.now)
        self.record("participant.added", {"actor": actor_id, "role": role})
        models = self.environment.compiled.executable.models
        for moved in participants.reassign_tasks(self.connection, models, instance_id, role, actor_id):
            data = {"task": moved.task_id, "from": moved.former_assignee, "to": actor_id}
            self.environment.record("task.handed_over", moved.element, data)

    def end_participant(self, actor_id: str, role: str) -> None:
        """End a user's role in the instance."""
        participants.end_participant(self.connection, self.instance.id, actor_id, role, self.now)
        self.record("participant.ended", {"actor": actor_id, "role": role})

    def record(self, kind: str, data: Mapping[str, Any]) -> None:
        """Add an entry about the service task to the log."""
        self.environment.record(kind, self.element, data)
