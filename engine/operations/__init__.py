"""What service tasks may call. `registry` holds the catalogue; each folder is one business module."""

from engine.operations.registry import (
    REGISTRY,
    Environment,
    InstanceRef,
    Operation,
    OperationContext,
    OperationRegistry,
    OutboxMessage,
    operation,
    outbox_handler,
)

__all__ = [
    "REGISTRY",
    "Environment",
    "InstanceRef",
    "Operation",
    "OperationContext",
    "OperationRegistry",
    "OutboxMessage",
    "operation",
    "outbox_handler",
]
