"""The pages of administrators. Importing the package registers all views of the blueprint."""

from web.admin import (
    batches,
    calendar_files,
    calendars,
    deadlines,
    definitions,
    incidents,
    migrations,
    parameters,
    running,
    starts,
    users,
)
from web.admin.views import blueprint

__all__ = [
    "batches",
    "blueprint",
    "calendar_files",
    "calendars",
    "deadlines",
    "definitions",
    "incidents",
    "migrations",
    "parameters",
    "running",
    "starts",
    "users",
]
