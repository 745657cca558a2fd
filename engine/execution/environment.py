"""What a run may reach while it advances: expressions, operations, decisions — all inside the step's transaction."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, insert, select, update

from engine.access.actors import Actor
from engine.definitions.compilation import Compiled
from engine.definitions.parameters import ParametersInForce
from engine.errors import BusinessError, ExecutionFailed, InvalidInput
from engine.execution.event_dispatch import post, spread
from engine.execution.locking import hold_case
from engine.execution.outbox import enqueue
from engine.execution.participants import pass_on
from engine.languages.bpmn.model import Element
from engine.languages.dmn import DecisionError, Failure, RuleHit
from engine.languages.feel import Evaluation, Limits
from engine.languages.feel_environment import Bindings, bindings_at, evaluate
from engine.scheduling.calendars.store import working_days
from engine.scheduling.overrides.deadline_keys import SHARED
from engine.scheduling.overrides.embedded import worth
from engine.scheduling.overrides.lookup import TermsInForce
from engine.service_tasks import InstanceRef, OperationRegistry
from engine.storage.configuration_version import KeptConfiguration
from engine.storage.sql.statements import Statement
from engine.storage.tables import instance, participant
from engine.temporal import WorkingCalendar, day_in_rome

STEP_LIMITS = Limits(steps=4_000_000)
"""About a second of expressions in one step of an instance; one expression alone has a twentieth of it."""


NEW_INSTANCE = Statement(
    insert(instance).values({c.name: bindparam(f"new_{c.name}", type_=c.type) for c in instance.c})
)
"""The row of an instance that begins; each value by the column's name with `new_` before it."""

T = TypeVar("T")


@dataclass
class RunHost:
    """The `Host` of a `ProcessRun`; what happens on the way is noted in `events` for the log."""

    reading: Connection
    compiled: Compiled
    instance: InstanceRef
    actor: Actor
    now: datetime
    operations: OperationRegistry
    attempts: int = 1
    events: list[dict[str, Any]] = field(default_factory=list)
    subject: tuple[str, str] | None = None
    kept: KeptConfiguration = field(default_factory=KeptConfiguration)
    changes: int | None = None
    unborn: dict[str, Any] | None = None
    """The row of an instance that starts: written with its first step, or when somebody reaches for the tables."""
    unheld: bool = False
    """Whether the instance is not locked yet: that happens when somebody reaches for the tables, or at the end."""

    @property
    def connection(self) -> Connection:
        """The connection of the running transaction, in which the instance has its row."""
        if self.unborn is not None:
            row, self.unborn = self.unborn, None
            NEW_INSTANCE.run(self.reading, **row)
        if self.unheld:
            self.unheld = False
            hold_case(self.reading, self.instance.id)
        return self.reading

    def configured(self, what: Hashable, read: Callable[[], T]) -> T:
        """What is configured outside the diagram, from memory while nobody has changed it."""
        return self.kept.get(what, self.changes, read)

    @cached_property
    def parameters(self) -> ParametersInForce:
        """The parameters in force for the instance."""
        return ParametersInForce(self.reading, self.compiled, self.instance.scope, self.configured)

    @cached_property
    def terms(self) -> TermsInForce:
        """The terms that administrators have put in force for the instance's ambito."""
        return TermsInForce(self.reading, self.instance.scope, self.configured)

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """The working days of the instance's ambito."""
        scope = self.instance.scope
        return self.configured(("calendar", scope), lambda: working_days(self.reading, scope))

    @cached_property
    def account(self) -> Evaluation:
        """What all the expressions of this step may do together: a loop of a thousand runs is bounded too."""
        return Evaluation(None, STEP_LIMITS)

    @cached_property
    def bindings(self) -> Bindings:
        """The registered functions of FEEL for this instance at this moment."""
        return bindings_at(
            self.now,
            lambda: self.calendar,
            lambda name: self.parameters.value(name, self.compiled.key),
            self.deadline,
        )

    def deadline(self, name: str) -> Any:
        """What a shared deadline is worth inside an expression: the parameter, or the administrators' term in its type.

        Raises ExecutionFailed when no file declares it, or when its type cannot say the term.
        """
        default, term = self.parameters.value(name, self.compiled.key), self.terms.of(SHARED + name)
        if term is None:
            return default
        try:
            return worth(term, default, self.now, lambda: self.calendar)
        except InvalidInput as problem:
            raise ExecutionFailed(f"La scadenza «{name}»: {problem.message}") from problem

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The value of a FEEL text. Raises ExecutionFailed, also when the step has asked too much in all."""
        with self.account.on_this_thread():
            return evaluate(text, variables, self.bindings)

    def call(
        self, element: Element, inputs: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Call an operation: when it fails, what it wrote is gone."""
        operation = self.operations.get(element.topic)
        if operation is None:
            raise ExecutionFailed(f"L'operazione «{element.topic}» non esiste")
        noted, subject = len(self.events), self.subject
        try:
            with ExitStack() as undoing:
                result = operation.call(Context(self, element, variables, undoing), inputs)
        except Exception as problem:
            del self.events[noted:]
            self.subject = subject
            if isinstance(problem, BusinessError):
                self.note(
                    "operation.refused",
                    element,
                    {"topic": element.topic, "code": problem.code, "sentence": problem.message},
                )
            raise
        self.note("operation.called", element, {"topic": element.topic})
        return result

    def decide(self, element: Element, variables: Mapping[str, Any]) -> Any:
        """The outcome of a decision, as `mapDecisionResult` says; which rules hit is noted as evidence."""
        model = self.compiled.parts[element.process_id].decisions[element.decision]
        try:
            with self.account.on_this_thread():
                outcome = model.decide(element.decision, variables, bindings=self.bindings)
        except DecisionError as problem:
            raise ExecutionFailed(
                f"La tabella «{element.decision}» non si può applicare: {problem}"
            ) from problem

        def told(one: RuleHit | Failure) -> str:
            """The sentence, with the table's name when it is that of a decision this one requires."""
            own = one.decision in ("", element.decision)
            return one.sentence if own else f"{model.names.get(one.decision, one.decision)}, {one.sentence}"

        self.note(
            "decision.made",
            element,
            {
                "decision": element.decision,
                "evidence": [told(hit) for hit in outcome.evidence]
                + [told(failure) for failure in outcome.failures],
            },
        )
        return _mapped(outcome.value, element.decision_result)

    def send(
        self,
        kind: str,
        element: Element,
        name: str,
        variables: Mapping[str, Any],
        values: Mapping[str, Any],
    ) -> None:
        """Put a signal or a message on its way to other cases: they receive it after the commit."""
        sender, scope = self.instance.id, self.instance.scope
        if kind == "signal":
            reached = spread(self.connection, name, values, now=self.now, scope=scope, sender=sender)
            self.note("signal.thrown", element, {"signal": name, "reached": reached})
        else:
            key = message_key(self, element, variables)
            post(self.connection, name, key, values, now=self.now, scope=scope, sender=sender)
            self.note("message.sent", element, {"message": name, "key": key})

    def note(self, kind: str, element: Element | None = None, data: Mapping[str, Any] | None = None) -> None:
        """Add a line to the log of this step."""
        self.events.append(
            {
                "kind": kind,
                "element_id": element.id if element else None,
                "element_name": element.name if element else None,
                "data": dict(data or {}),
                "process_id": element.process_id if element else "",
            }
        )


@dataclass
class Context:
    """The `OperationContext` of one call. Its savepoint begins when the operation first reaches for the database."""

    host: RunHost
    element: Element
    variables: Mapping[str, Any]
    undoing: ExitStack
    _guarded: bool = False

    @property
    def connection(self) -> Connection:
        """The connection of the running transaction."""
        if not self._guarded:
            self.undoing.enter_context(self.host.connection.begin_nested())
            self._guarded = True
        return self.host.connection

    @property
    def now(self) -> datetime:
        """This step's moment, UTC."""
        return self.host.now

    @property
    def today(self) -> date:
        """This step's day in Europe/Rome."""
        return day_in_rome(self.host.now)

    @property
    def actor(self) -> Actor:
        """Who caused the step."""
        return self.host.actor

    @property
    def instance(self) -> InstanceRef:
        """The instance, with the subject as set so far."""
        if self.host.subject is None:
            return self.host.instance
        subject, title = self.host.subject
        return replace(self.host.instance, subject=subject, title=title)

    @property
    def element_id(self) -> str:
        """The service task's id."""
        return self.element.id

    @property
    def element_name(self) -> str:
        """The service task's name."""
        return self.element.label

    def parameter(self, name: str) -> Any:
        """The parameter in force."""
        return self.host.parameters.value(name, self.element.process_id)

    def enqueue(self, kind: str, payload: Mapping[str, Any], key: str, due: datetime | None = None) -> None:
        """Put a message in the outbox, once for each key."""
        enqueue(self.connection, kind, payload, key, now=self.now, due=due, instance_id=self.host.instance.id)

    def set_subject(self, subject: str, title: str) -> None:
        """Whom the instance is about."""
        self.host.subject = (subject, title)

    def add_participant(self, actor_id: str, role: str) -> None:
        """Give a user a part in the case (again, when it had ended), and the open tasks of who had it before."""
        same = (
            (participant.c.instance_id == self.host.instance.id)
            & (participant.c.actor_id == actor_id)
            & (participant.c.role == role)
        )
        if self.connection.execute(select(participant.c.actor_id).where(same)).one_or_none() is None:
            self.connection.execute(
                insert(participant).values(
                    instance_id=self.host.instance.id,
                    actor_id=actor_id,
                    role=role,
                    since=self.now,
                    until=None,
                )
            )
        else:
            self.connection.execute(update(participant).where(same).values(until=None))
        self.record("participant.added", {"actor": actor_id, "role": role})
        models = self.host.compiled.program.models
        for element, task_id, former in pass_on(
            self.connection, models, self.host.instance.id, role, actor_id
        ):
            self.host.note("task.handed_over", element, {"task": task_id, "from": former, "to": actor_id})

    def end_participant(self, actor_id: str, role: str) -> None:
        """Take the part back."""
        self.connection.execute(
            update(participant)
            .where(
                participant.c.instance_id == self.host.instance.id,
                participant.c.actor_id == actor_id,
                participant.c.role == role,
                participant.c.until.is_(None),
            )
            .values(until=self.now)
        )
        self.record("participant.ended", {"actor": actor_id, "role": role})

    def record(self, kind: str, data: Mapping[str, Any]) -> None:
        """A line of the log."""
        self.host.note(kind, self.element, data)


def _mapped(value: Any, how: str) -> Any:
    if how == "singleEntry" and isinstance(value, Mapping) and len(value) == 1:
        return next(iter(value.values()))
    if how == "collectEntries":
        rows = value if isinstance(value, list) else [] if value is None else [value]
        return [
            next(iter(row.values())) if isinstance(row, Mapping) and len(row) == 1 else row for row in rows
        ]
    if how == "resultList":
        return value if isinstance(value, list) else [] if value is None else [value]
    return value


def message_key(host: RunHost, element: Element, variables: Mapping[str, Any]) -> str:
    """The key that a message event means: its property `chiave`, otherwise the case's business key."""
    key = element.properties.get("chiave", "")
    return str(host.evaluate(key.removeprefix("="), variables)) if key else host.instance.business_key
