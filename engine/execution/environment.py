"""What a run can use during a step: expressions, operations, decisions and events, all in its transaction."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, insert

from engine.access import Actor
from engine.definitions.compilation import CompiledDefinition
from engine.definitions.parameters import ParametersInForce
from engine.errors import BusinessError, ExecutionFailed, InvalidInput
from engine.execution.event_dispatch import dispatch_signal, send_message
from engine.execution.locking import lock_instance
from engine.execution.service_task_context import ServiceTaskContext
from engine.languages.bpmn.model import Element
from engine.languages.dmn import DecisionError, MatchedRule, UnmatchedRule
from engine.languages.feel import Evaluation, EvaluationLimits, FunctionBindings
from engine.languages.feel_environment import evaluate_feel, function_bindings
from engine.scheduling.calendars.lookup import working_days
from engine.scheduling.overrides.deadline_keys import SHARED
from engine.scheduling.overrides.embedded import override_value
from engine.scheduling.overrides.lookup import OverridesInForce
from engine.service_tasks import InstanceRef, OperationRegistry
from engine.storage import Statement
from engine.storage.configuration_version import ConfigurationCache
from engine.storage.event_log import LogEntry
from engine.storage.tables import instance
from engine.temporal import WorkingCalendar

STEP_LIMITS = EvaluationLimits(steps=4_000_000)
"""The limit of all expressions of one step, about a second; the limit of one expression is a twentieth of it."""


NEW_INSTANCE = Statement(
    insert(instance).values({c.name: bindparam(f"new_{c.name}", type_=c.type) for c in instance.c})
)
"""Inserts an instance; the parameter of each column is its name after `new_`."""

T = TypeVar("T")


@dataclass
class StepEnvironment:
    """The `ProcessEnvironment` of a step: what a run can use, and what the run has done with it (`log`, `subject`).

    `read_connection` reads outside the lock of the instance; `connection` has the instance's row, locked. `subject` is
    the new subject of the instance with its new title, None while the step has not changed them.
    """

    read_connection: Connection
    compiled: CompiledDefinition
    instance: InstanceRef
    actor: Actor
    now: datetime
    operations: OperationRegistry
    max_attempts: int = 1
    log: list[LogEntry] = field(default_factory=list)
    subject: tuple[str, str] | None = None
    configuration: ConfigurationCache = field(default_factory=ConfigurationCache)
    configuration_version: int | None = None
    new_instance: dict[str, Any] | None = None
    """The row of an instance that starts, until it is inserted: on the first use of `connection`, or with the step."""
    lock_pending: bool = False
    """Whether the instance is not locked yet: it is on the first use of `connection`, or when the step is written."""

    @property
    def connection(self) -> Connection:
        """The connection of the transaction; inserts the new instance, or locks the instance, if this is still due."""
        if self.new_instance is not None:
            row, self.new_instance = self.new_instance, None
            NEW_INSTANCE.run(self.read_connection, **row)
        if self.lock_pending:
            self.lock_pending = False
            lock_instance(self.read_connection, self.instance.id)
        return self.read_connection

    def configured(self, key: Hashable, read: Callable[[], T]) -> T:
        """A value of the configuration: from memory, or by `read` if the configuration has changed since."""
        return self.configuration.get(key, self.configuration_version, read)

    @cached_property
    def parameters(self) -> ParametersInForce:
        """The parameters in force for the instance."""
        return ParametersInForce(self.read_connection, self.compiled, self.instance.scope, self.configured)

    @cached_property
    def overrides(self) -> OverridesInForce:
        """The overrides of deadlines in force in the instance's scope."""
        return OverridesInForce(self.read_connection, self.instance.scope, self.configured)

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """The working days of the instance's ambito."""
        scope = self.instance.scope
        return self.configured(("calendar", scope), lambda: working_days(self.read_connection, scope))

    @cached_property
    def evaluation(self) -> Evaluation:
        """The account of all expressions of the step, which share `STEP_LIMITS`."""
        return Evaluation(None, STEP_LIMITS)

    @cached_property
    def bindings(self) -> FunctionBindings:
        """The functions of FEEL that depend on the instance and the moment of the step."""
        return function_bindings(
            self.now,
            lambda: self.calendar,
            lambda name: self.parameters.value(name, self.compiled.key),
            self.deadline,
        )

    def deadline(self, name: str) -> Any:
        """The value of a shared deadline: the parameter, or the override in force as a value of the same type.

        Raises ExecutionFailed when no file declares it, or when a value of its type cannot express the override.
        """
        default, override = self.parameters.value(name, self.compiled.key), self.overrides.of(SHARED + name)
        if override is None:
            return default
        try:
            return override_value(override, default, self.now, lambda: self.calendar)
        except InvalidInput as problem:
            raise ExecutionFailed("DEADLINE_NOT_USABLE", name=name, problem=problem.message) from problem

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The value of a FEEL expression. Raises ExecutionFailed, also when the step exceeds `STEP_LIMITS`."""
        with self.evaluation.as_parent():
            return evaluate_feel(text, variables, self.bindings)

    def call_operation(
        self, element: Element, inputs: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Call the operation of a service task. When it fails, what it has written is rolled back."""
        operation = self.operations.get(element.topic)
        if operation is None:
            raise ExecutionFailed("OPERATION_NOT_FOUND", topic=element.topic)
        logged, subject = len(self.log), self.subject
        try:
            with ExitStack() as savepoint:
                result = operation.call(ServiceTaskContext(self, element, variables, savepoint), inputs)
        except Exception as problem:
            del self.log[logged:]
            self.subject = subject
            if isinstance(problem, BusinessError):
                self.record(
                    "operation.refused",
                    element,
                    {"topic": element.topic, "code": problem.code, "sentence": problem.message},
                )
            raise
        self.record("operation.called", element, {"topic": element.topic})
        return result

    def evaluate_decision(self, element: Element, variables: Mapping[str, Any]) -> Any:
        """The result of a decision, as `mapDecisionResult` says; the rules that matched go to the log."""
        model = self.compiled.bundles[element.process_id].decisions[element.decision]
        try:
            with self.evaluation.as_parent():
                outcome = model.decide(element.decision, variables, bindings=self.bindings)
        except DecisionError as problem:
            raise ExecutionFailed(
                "DECISION_NOT_APPLICABLE", decision=element.decision, problem=str(problem)
            ) from problem

        def evidence(one: MatchedRule | UnmatchedRule) -> str:
            """The sentence of a rule, with the name of the decision where that is a required one."""
            own = one.decision in ("", element.decision)
            return one.sentence if own else f"{model.names.get(one.decision, one.decision)}, {one.sentence}"

        self.record(
            "decision.made",
            element,
            {
                "decision": element.decision,
                "evidence": [evidence(rule) for rule in outcome.matched_rules]
                + [evidence(rule) for rule in outcome.unmatched_rules],
            },
        )
        return _map_decision_result(outcome.value, element.decision_result)

    def publish_event(
        self,
        kind: str,
        element: Element,
        name: str,
        variables: Mapping[str, Any],
        values: Mapping[str, Any],
    ) -> None:
        """Publish a signal or a message for other instances; they receive it after the commit."""
        sender, scope = self.instance.id, self.instance.scope
        if kind == "signal":
            reached = dispatch_signal(self.connection, name, values, now=self.now, scope=scope, sender=sender)
            self.record("signal.thrown", element, {"signal": name, "reached": reached})
        else:
            key = self.correlation_key(element, variables)
            send_message(self.connection, name, key, values, now=self.now, scope=scope, sender=sender)
            self.record("message.sent", element, {"message": name, "key": key})

    def correlation_key(self, element: Element, variables: Mapping[str, Any]) -> str:
        """The correlation key of a message event: its property `chiave`, or the business key of the instance."""
        key = element.properties.get("chiave", "")
        return str(self.evaluate(key.removeprefix("="), variables)) if key else self.instance.business_key

    def record(
        self, kind: str, element: Element | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Add an entry to the log of this step, written with it."""
        definition_id, called = self.compiled.definition_id, self.compiled.definition_ids
        self.log.append(
            LogEntry(
                kind,
                self.now,
                self.actor.id,
                instance_id=self.instance.id,
                element_id=element.id if element else None,
                element_name=element.name if element else None,
                definition_id=called.get(element.process_id, definition_id) if element else definition_id,
                data=dict(data or {}),
            )
        )


def _map_decision_result(value: Any, mapping: str) -> Any:
    if mapping == "singleEntry" and isinstance(value, Mapping) and len(value) == 1:
        return next(iter(value.values()))
    if mapping == "collectEntries":
        rows = value if isinstance(value, list) else [] if value is None else [value]
        return [
            next(iter(row.values())) if isinstance(row, Mapping) and len(row) == 1 else row for row in rows
        ]
    if mapping == "resultList":
        return value if isinstance(value, list) else [] if value is None else [value]
    return value
