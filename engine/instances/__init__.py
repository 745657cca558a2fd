"""Process instances: start, suspend, resume, cancel, reopen, list, correlate messages, modify, migrate, run batches."""

from engine.instances.batches import Batches, InstanceOperations
from engine.instances.definition_suspension import DefinitionSuspension
from engine.instances.messages import Messages
from engine.instances.migration import MigrationPlan, Migrations
from engine.instances.models import InstanceHit, InstanceView
from engine.instances.modification import Modifications
from engine.instances.queries import InstanceFilter
from engine.instances.selection import RUNNING, Selection
from engine.instances.service import Instances

__all__ = [
    "RUNNING",
    "Batches",
    "DefinitionSuspension",
    "InstanceFilter",
    "InstanceHit",
    "InstanceOperations",
    "InstanceView",
    "Instances",
    "Messages",
    "MigrationPlan",
    "Migrations",
    "Modifications",
    "Selection",
]
