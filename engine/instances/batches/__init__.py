"""Batches: one operation on many instances, each in a transaction of its own, with an outcome for each."""

from engine.instances.batches.models import (
    BatchItem,
    BatchOperation,
    BatchView,
    Handler,
    ItemSkipped,
    SelectedInstance,
)
from engine.instances.batches.operations import InstanceOperations
from engine.instances.batches.service import Batches

__all__ = [
    "BatchItem",
    "BatchOperation",
    "BatchView",
    "Batches",
    "Handler",
    "InstanceOperations",
    "ItemSkipped",
    "SelectedInstance",
]
