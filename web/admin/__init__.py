"""What administrators do: incidents, parameters, users, definitions. Importing it makes the area's blueprint whole."""

from web.admin import batches, calendars, definitions, incidents, migrations, parameters, running, users
from web.admin.views import blueprint

__all__ = [
    "batches",
    "blueprint",
    "calendars",
    "definitions",
    "incidents",
    "migrations",
    "parameters",
    "running",
    "users",
]
