"""All tables of the engine, one module for each subject. `engine.access` and the business modules add their own.

The state of an instance is one column of bytes with a revision; what is queried is in tables of its own. Each moment is
in UTC. Enumerated texts are checked by the database too.
"""

from engine.storage.tables.batches import batch, batch_item
from engine.storage.tables.calendars import chiusura, regola_calendario
from engine.storage.tables.comments import attachment, comment
from engine.storage.tables.counters import counter
from engine.storage.tables.deadlines import clock_ledger, deadline_change
from engine.storage.tables.definitions import definition, definition_resource, parameter
from engine.storage.tables.incidents import incident
from engine.storage.tables.instances import instance, participant
from engine.storage.tables.log import event
from engine.storage.tables.outbox_messages import outbox
from engine.storage.tables.submissions import submission
from engine.storage.tables.subscriptions import subscription
from engine.storage.tables.task_lists import listed, listing
from engine.storage.tables.tasks import draft, task, task_candidate
from engine.storage.tables.timers import scheduled_start, timer, timer_waits

__all__ = [
    "attachment",
    "batch",
    "batch_item",
    "chiusura",
    "clock_ledger",
    "comment",
    "counter",
    "deadline_change",
    "definition",
    "definition_resource",
    "draft",
    "event",
    "incident",
    "instance",
    "listed",
    "listing",
    "outbox",
    "parameter",
    "participant",
    "regola_calendario",
    "scheduled_start",
    "submission",
    "subscription",
    "task",
    "task_candidate",
    "timer",
    "timer_waits",
]
