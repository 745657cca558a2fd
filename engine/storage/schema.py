"""The whole schema: importing this module declares every table of the engine and of its operations."""

import engine.operations.budget.tables
import engine.operations.documents.tables
import engine.operations.notifications.tables
import engine.operations.people.tables  # noqa: F401
from engine.storage import batch_tables, deadline_tables, tables  # noqa: F401
