"""The operations that service tasks may call, and the handlers of what leaves the database after the commit.

An operation is a function with keyword-only, typed parameters. It runs inside the transaction of the step that reached
its service task: what it writes is kept or lost together with the step. Values of expressions are converted to the
types of its parameters; one that does not fit is refused with a sentence.
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

from engine.access.actors import Actor
from engine.clock import Clock
from engine.errors import ExecutionFailed, Misconfigured


def convert(value: Any, annotation: Any, place: str) -> Any:
    """`value` as the type `annotation`; `place` opens the sentence of the ExecutionFailed raised when it cannot be."""
    if annotation is Any:
        return value
    origin = get_origin(annotation)
    if origin in (types.UnionType, typing.Union):
        return _first_that_fits(value, get_args(annotation), place)
    if origin is Literal:
        if value in get_args(annotation):
            return value
        raise ExecutionFailed(
            f"{place}: «{value}» non è fra i valori ammessi ({', '.join(map(str, get_args(annotation)))})"
        )
    reader = _READERS.get(origin or annotation)
    if reader is None:
        return value
    try:
        return reader(value)
    except (TypeError, ValueError, InvalidOperation, OverflowError) as problem:
        raise ExecutionFailed(
            f"{place}: serve {_WANTED[origin or annotation]}, ma il diagramma dà {value!r:.120}"
        ) from problem


def _first_that_fits(value: Any, choices: tuple[Any, ...], place: str) -> Any:
    if value is None and type(None) in choices:
        return None
    problem: ExecutionFailed | None = None
    for choice in choices:
        if choice is type(None):
            continue
        try:
            return convert(value, choice, place)
        except ExecutionFailed as failure:
            problem = problem or failure
    assert problem is not None
    raise problem


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


_READERS: dict[Any, Any] = {
    str: _text,
    Decimal: _number,
    int: _whole,
    bool: _boolean,
    date: _date,
    datetime: _moment,
    list: _list,
    dict: _dict,
}
_WANTED: dict[Any, str] = {
    str: "un testo",
    Decimal: "un numero",
    int: "un numero intero",
    bool: "vero o falso",
    date: "una data",
    datetime: "una data con ora e fuso",
    list: "un elenco",
    dict: "un contesto",
}


@dataclass(frozen=True)
class InstanceRef:
    """The instance on whose behalf an operation runs. `number` is what people read; `linked_from` the case reopened."""

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


class OperationContext(Protocol):
    """What an operation may see and do besides its parameters. Moments are UTC, days Europe/Rome."""

    @property
    def connection(self) -> Connection:
        """The connection of the running transaction."""
        ...

    @property
    def now(self) -> datetime:
        """This step's moment, UTC."""
        ...

    @property
    def today(self) -> date:
        """This step's day in Europe/Rome."""
        ...

    @property
    def actor(self) -> Actor:
        """Who caused the step."""
        ...

    @property
    def instance(self) -> InstanceRef:
        """The instance, with the subject as set so far."""
        ...

    @property
    def element_id(self) -> str:
        """The service task's id."""
        ...

    @property
    def element_name(self) -> str:
        """The service task's name."""
        ...

    @property
    def variables(self) -> Mapping[str, Any]:
        """The process's variables, read only."""
        ...

    def parameter(self, name: str) -> Any:
        """The parameter in force for the instance's scope; ExecutionFailed when there is none of that name."""
        ...

    def enqueue(self, kind: str, payload: Mapping[str, Any], key: str, due: datetime | None = None) -> None:
        """Put a message in the outbox, once for each `key`, to be delivered after the commit."""
        ...

    def set_subject(self, subject: str, title: str) -> None:
        """Say whom the instance is about, for example ``persona:3f…``, and how people call it."""
        ...

    def add_participant(self, actor_id: str, role: str) -> None:
        """Give a user a part in this case: they see it and its tasks for that role."""
        ...

    def end_participant(self, actor_id: str, role: str) -> None:
        """Take the part back: authorship stays in the log, access ends."""
        ...

    def record(self, kind: str, data: Mapping[str, Any]) -> None:
        """Write a line of the append-only event log."""
        ...


@dataclass(frozen=True)
class Parameter:
    """One input of an operation, as the diagram must give it."""

    name: str
    annotation: Any
    required: bool
    default: Any = None

    @property
    def type_name(self) -> str:
        """The type in Italian, for the reference and the modeler's templates."""
        return _italian(self.annotation)


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
        """Check the inputs against the types and run. Raises ExecutionFailed for inputs that do not fit."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in inputs:
            if name not in known:
                raise ExecutionFailed(
                    f"L'operazione {self.topic} non ha un parametro «{name}»; ha: {', '.join(known) or 'nessuno'}"
                )
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            value = inputs.get(parameter.name)
            if value is None and parameter.required and not _optional(parameter.annotation):
                raise ExecutionFailed(f"All'operazione {self.topic} manca il parametro «{parameter.name}»")
            if parameter.name in inputs and (value is not None or parameter.required):
                values[parameter.name] = convert(
                    value, parameter.annotation, f"{self.topic}, parametro «{parameter.name}»"
                )
        result = self.function(context, **values)
        return dict(result) if result else {}


@dataclass(frozen=True)
class OutboxMessage:
    """A message to deliver at least once; `key` lets the receiver recognise a repetition."""

    id: str
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int
    instance_id: str | None


@dataclass(frozen=True)
class Environment:
    """What a delivery may use: it runs after the commit, outside any transaction."""

    settings: Any
    database: Any
    clock: Clock


OutboxHandler = Callable[[OutboxMessage, Environment], None]


@dataclass
class OperationRegistry:
    """All operations by topic and all outbox handlers by kind."""

    operations: dict[str, Operation] = field(default_factory=dict)
    handlers: dict[str, OutboxHandler] = field(default_factory=dict)

    def get(self, topic: str) -> Operation | None:
        """The operation of a topic, or None."""
        return self.operations.get(topic)

    def add(self, operation: Operation) -> None:
        """Register; a topic belongs to one operation only."""
        if operation.topic in self.operations:
            raise Misconfigured(f"Due operazioni hanno lo stesso nome: {operation.topic}")
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
            raise Misconfigured(f"Due consegne hanno lo stesso nome: {kind}")
        REGISTRY.handlers[kind] = function
        return function

    return register


def _optional(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


def _italian(annotation: Any) -> str:
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
        return ", oppure ".join(_italian(part) for part in get_args(annotation) if part is not type(None))
    return names.get(origin, "valore")
