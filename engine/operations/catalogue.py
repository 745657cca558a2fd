"""Importing this module registers every operation and every delivery."""

import engine.operations.budget.operations
import engine.operations.documents.operations
import engine.operations.notifications.delivery
import engine.operations.notifications.operations
import engine.operations.people.operations  # noqa: F401
