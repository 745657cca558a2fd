"""Operations that only tests know: one that counts, one that fails on demand, one that refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert

from engine.errors import BusinessError
from engine.service_tasks import REGISTRY, Operation, OperationContext, OperationRegistry
from engine.storage.tables import counter


@dataclass
class Trial:
    """What the operations do now, and how often they were called."""

    failing: Exception | None = None
    refusing: str = "NO"
    naming: str = ""
    calls: list[str] = field(default_factory=list)

    def registry(self) -> OperationRegistry:
        """The operations of the project and those of the tests."""
        found = OperationRegistry(dict(REGISTRY.operations), dict(REGISTRY.handlers))
        for topic, function in (
            ("prova.conta", self.count),
            ("prova.fragile", self.fragile),
            ("prova.rifiuta", self.refuse),
        ):
            found.add(_operation(topic, function))
        return found

    def count(self, context: OperationContext) -> None:
        """Leave a line in the log."""
        self.calls.append(context.instance.id)
        context.record("prova.contata", {})

    def fragile(self, context: OperationContext) -> dict[str, Any]:
        """Write something, then fail when told to."""
        self.calls.append(context.instance.id)
        context.connection.execute(insert(counter).values(name=f"fragile:{context.instance.id}", value=1))
        context.enqueue(
            "mail", {"to": "x@example.org", "subject": "x", "body": "x"}, f"fragile:{context.instance.id}"
        )
        context.record("prova.scritta", {})
        if self.naming:
            context.set_subject(f"persona:{self.naming}", self.naming)
        if self.failing is not None:
            raise self.failing
        return {"esito": "bene"}

    def refuse(self, context: OperationContext) -> None:
        """Send the process to the error event."""
        raise BusinessError(self.refusing, "Non si può fare.")


def _operation(topic: str, function: Callable[..., Any]) -> Operation:
    return Operation(topic, topic, "Solo per le prove.", {}, (), function)
