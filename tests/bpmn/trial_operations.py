"""The operations that conformance diagrams may call.

- ``prova.passa`` does nothing; ``prova.eco`` gives its input `valore` back as ``risultato.valore``
- ``prova.rifiuta`` refuses with the BPMN error `codice` (a BusinessError)
- ``prova.guasto`` breaks, as a programming error would, while its input `guasto` is true
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.errors import BusinessError
from engine.service_tasks import Operation, OperationContext, OperationRegistry, Parameter


def registry() -> OperationRegistry:
    """A registry of these alone; what leaves by the outbox arrives nowhere."""
    found = OperationRegistry({}, _Deaf())
    for topic, function, parameters in (
        ("prova.passa", _pass, ()),
        ("prova.eco", _echo, (Parameter("valore", Any, False),)),
        ("prova.rifiuta", _refuse, (Parameter("codice", str, False), Parameter("frase", str, False))),
        ("prova.guasto", _break, (Parameter("guasto", bool, False),)),
    ):
        found.add(_operation(topic, function, parameters))
    return found


def doing_nothing(topic: str) -> Operation:
    """An operation of that name that does nothing."""
    return _operation(topic, _pass, ())


class _Deaf(dict[str, Any]):
    """Every kind of message has a handler that does nothing."""

    def get(self, kind: str, default: Any = None) -> Any:
        return self[kind]

    def __missing__(self, kind: str) -> Any:
        return lambda message, environment: None

    def __contains__(self, kind: object) -> bool:
        return True


def _operation(topic: str, function: Callable[..., Any], parameters: tuple[Parameter, ...]) -> Operation:
    return Operation(topic, topic, "Solo per le prove.", {}, parameters, function)


def _pass(context: OperationContext) -> None:
    return None


def _echo(context: OperationContext, *, valore: Any = None) -> dict[str, Any]:
    return {"valore": valore}


def _refuse(context: OperationContext, *, codice: str = "NO", frase: str = "Non si può fare.") -> None:
    raise BusinessError(codice, frase)


def _break(context: OperationContext, *, guasto: bool = True) -> None:
    if guasto:
        raise RuntimeError("guasto voluto")
