"""The registry of the operations that service tasks call and of the handlers that deliver outbox messages.

An operation is a function with typed, keyword-only parameters. It runs in the transaction of the step that reached the
service task: what it writes is committed or rolled back with the step. The inputs are converted to the types of the
parameters; an input that does not fit raises ExecutionFailed.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, Protocol, get_args, get_origin

from sqlalchemy import Connection

from engine.access import Actor
from engine.clock import Clock
from engine.errors import ExecutionFailed, Misconfigured
from engine.localization import Message, message
from engine.settings import Settings
from engine.storage import Database


def _converted(value: Any, annotation: Any, topic: str, parameter: str) -> Any:
    """An input of an operation as the type of its parameter. Raises ExecutionFailed when it does not fit."""
    if annotation is Any:
        return value
    origin = get_origin(annotation)
    if origin in (types.UnionType, typing.Union):
        return _converted_to_first(value, get_args(annotation), topic, parameter)
    if origin is Literal:
        if value in get_args(annotation):
            return value
        raise ExecutionFailed(
            "OPERATION_INPUT_NOT_ALLOWED",
            topic=topic,
            parameter=parameter,
            value=value,
            choices=", ".join(map(str, get_args(annotation))),
        )
    converter = _CONVERTERS.get(origin or annotation)
    if converter is None:
        return value
    try:
        return converter(value)
    except (TypeError, ValueError, InvalidOperation, OverflowError) as problem:
        found = f"{value!r:.120}"
        raise ExecutionFailed(
            "OPERATION_INPUT_WRONG_TYPE",
            topic=topic,
            parameter=parameter,
            expected=_EXPECTED[origin or annotation](),
            value=found,
        ) from problem


def _converted_to_first(value: Any, choices: tuple[Any, ...], topic: str, parameter: str) -> Any:
    """The value as the first type of a union that it fits; when it fits none, the error of the first."""
    if value is None and type(None) in choices:
        return None
    first_problem: ExecutionFailed | None = None
    for choice in choices:
        if choice is type(None):
            continue
        try:
            return _converted(value, choice, topic, parameter)
        except ExecutionFailed as problem:
            first_problem = first_problem or problem
    assert first_problem is not None
    raise first_problem


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None or isinstance(value, list | dict):
        raise TypeError
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise TypeError
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if not number.is_finite():
        raise ValueError
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise ValueError
    return int(number)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise TypeError


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        raise TypeError
    return value if isinstance(value, date) else date.fromisoformat(value)


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _list(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise TypeError


def _dict(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise TypeError


_CONVERTERS: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    Decimal: _number,
    int: _whole,
    bool: _boolean,
    date: _date,
    datetime: _moment,
    list: _list,
    dict: _dict,
}
_EXPECTED: dict[Any, Callable[[], Message]] = {
    str: lambda: message("EXPECTED_TEXT"),
    Decimal: lambda: message("EXPECTED_NUMBER"),
    int: lambda: message("EXPECTED_WHOLE_NUMBER"),
    bool: lambda: message("EXPECTED_BOOLEAN"),
    date: lambda: message("EXPECTED_DATE"),
    datetime: lambda: message("EXPECTED_MOMENT"),
    list: lambda: message("EXPECTED_LIST"),
    dict: lambda: message("EXPECTED_CONTEXT"),
}


@dataclass(frozen=True)
class InstanceRef:
    """The instance of a step. `number` is what people read; `linked_from` the id of the instance that it reopens."""

    id: str
    number: int
    definition_id: str
    definition_key: str
    definition_version: int
    business_key: str
    scope: str
    subject: str | None
    title: str
    linked_from: str | None
    started_at: datetime | None = None

    @classmethod
    def of_row(cls, row: Any) -> InstanceRef:
        """The instance of a row of the table `instance`, or of anything that has its columns as attributes."""
        return cls(
            id=row.id,
            number=row.number,
            definition_id=row.definition_id,
            definition_key=row.definition_key,
            definition_version=int(row.definition_id.rpartition(":")[2]),
            business_key=row.business_key,
            scope=row.scope,
            subject=row.subject,
            title=row.title,
            linked_from=row.linked_from,
            started_at=row.started_at,
        )

    @classmethod
    def for_preview(cls, definition_id: str, definition_key: str, scope: str) -> InstanceRef:
        """No instance: for expressions that are evaluated before one starts, as in a start form or a preview."""
        return cls(
            id="",
            number=0,
            definition_id=definition_id,
            definition_key=definition_key,
            definition_version=0,
            business_key="",
            scope=scope,
            subject=None,
            title="",
            linked_from=None,
        )


class OperationContext(Protocol):
    """What an operation can use besides its parameters. Moments are UTC, days Europe/Rome."""

    @property
    def connection(self) -> Connection:
        """The connection of the transaction of the step."""
        ...

    @property
    def now(self) -> datetime:
        """The moment of the step, UTC."""
        ...

    @property
    def today(self) -> date:
        """The day of the step in Europe/Rome."""
        ...

    @property
    def actor(self) -> Actor:
        """The actor whose action has caused the step."""
        ...

    @property
    def instance(self) -> InstanceRef:
        """The instance, with the subject and title that the step has set so far."""
        ...

    @property
    def element_id(self) -> str:
        """The id of the service task."""
        ...

    @property
    def element_name(self) -> str:
        """The name of the service task."""
        ...

    @property
    def variables(self) -> Mapping[str, Any]:
        """The variables of the process, read-only."""
        ...

    def parameter(self, name: str) -> Any:
        """The parameter in force in the scope of the instance. Raises ExecutionFailed when there is none."""
        ...

    def enqueue(self, kind: str, payload: Mapping[str, Any], key: str, due: datetime | None = None) -> None:
        """Put a message in the outbox, once for each `key`, to be delivered after the commit."""
        ...

    def set_subject(self, subject: str, title: str) -> None:
        """Set the subject of the instance, for example ``persona:3f…``, and its title."""
        ...

    def add_participant(self, actor_id: str, role: str) -> None:
        """Give a user a role in the instance: the user sees it, and its tasks for that role."""
        ...

    def end_participant(self, actor_id: str, role: str) -> None:
        """End a user's role in the instance: the access ends, the log keeps what the user has done."""
        ...

    def record(self, kind: str, data: Mapping[str, Any]) -> None:
        """Add an entry to the event log."""
        ...


@dataclass(frozen=True)
class Parameter:
    """An input of an operation."""

    name: str
    annotation: Any
    required: bool
    default: Any = None

    @property
    def type_name(self) -> str:
        """The name of the type in Italian, for the reference and the templates of the modeler."""
        return _italian_type_name(self.annotation)


@dataclass(frozen=True)
class Operation:
    """A registered operation: its topic, what it does in Italian, its inputs and the errors it may raise."""

    topic: str
    title: str
    description: str
    errors: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    function: Callable[..., Any]

    def call(self, context: OperationContext, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Convert the inputs and call the function. Raises ExecutionFailed for inputs that do not fit."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in inputs:
            if name not in known:
                if not known:
                    raise ExecutionFailed("OPERATION_HAS_NO_PARAMETERS", topic=self.topic, parameter=name)
                raise ExecutionFailed(
                    "OPERATION_INPUT_UNKNOWN", topic=self.topic, parameter=name, known=list(known)
                )
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            value = inputs.get(parameter.name)
            if value is None and parameter.required and not _optional(parameter.annotation):
                raise ExecutionFailed("OPERATION_INPUT_MISSING", topic=self.topic, parameter=parameter.name)
            if parameter.name in inputs and (value is not None or parameter.required):
                values[parameter.name] = _converted(value, parameter.annotation, self.topic, parameter.name)
        result = self.function(context, **values)
        return dict(result) if result else {}


@dataclass(frozen=True)
class OutboxMessage:
    """A message that is delivered at least once; its `key` identifies repetitions. `attempts` counts from 1."""

    id: str
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int
    instance_id: str | None


@dataclass(frozen=True)
class DeliveryContext:
    """What a handler of outbox messages can use. It runs after the commit, outside any transaction."""

    settings: Settings
    database: Database
    clock: Clock


OutboxHandler = Callable[[OutboxMessage, DeliveryContext], None]


@dataclass
class OperationRegistry:
    """All operations by topic and all outbox handlers by kind."""

    operations: dict[str, Operation] = field(default_factory=dict)
    handlers: dict[str, OutboxHandler] = field(default_factory=dict)

    def get(self, topic: str) -> Operation | None:
        """The operation of a topic, or None."""
        return self.operations.get(topic)

    def add(self, operation: Operation) -> None:
        """Register an operation. Raises Misconfigured when its topic is taken."""
        if operation.topic in self.operations:
            raise Misconfigured("OPERATION_REGISTERED_TWICE", topic=operation.topic)
        self.operations[operation.topic] = operation


REGISTRY = OperationRegistry()


def operation(
    topic: str, *, title: str, description: str, errors: Mapping[str, str] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as the operation `topic`; its keyword-only parameters become its inputs."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        hints = typing.get_type_hints(function)
        parameters = tuple(
            Parameter(
                name,
                hints[name],
                found.default is inspect.Parameter.empty,
                None if found.default is inspect.Parameter.empty else found.default,
            )
            for name, found in inspect.signature(function).parameters.items()
            if found.kind is inspect.Parameter.KEYWORD_ONLY
        )
        REGISTRY.add(Operation(topic, title, description, dict(errors or {}), parameters, function))
        return function

    return register


def outbox_handler(kind: str) -> Callable[[OutboxHandler], OutboxHandler]:
    """Register the decorated function as the one that delivers outbox messages of `kind`."""

    def register(function: OutboxHandler) -> OutboxHandler:
        if kind in REGISTRY.handlers:
            raise Misconfigured("OUTBOX_HANDLER_REGISTERED_TWICE", kind=kind)
        REGISTRY.handlers[kind] = function
        return function

    return register


def _optional(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


def _italian_type_name(annotation: Any) -> str:
    names: dict[Any, str] = {
        str: "testo",
        int: "numero intero",
        Decimal: "numero",
        bool: "sì/no",
        date: "data",
        datetime: "data e ora",
        list: "elenco",
        dict: "contesto",
        type(None): "niente",
        Any: "qualsiasi",
    }
    if annotation in names:
        return names[annotation]
    origin = get_origin(annotation)
    if origin is Literal:
        return " | ".join(f"«{choice}»" for choice in get_args(annotation))
    if origin in (types.UnionType, typing.Union):
        return ", oppure ".join(
            _italian_type_name(part) for part in get_args(annotation) if part is not type(None)
        )
    return names.get(origin, "valore")
