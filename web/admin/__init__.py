"""What administrators do: incidents, parameters, users, definitions. Importing it makes the area's blueprint whole."""

from web.admin import definitions, incidents, migrations, parameters, users
from web.admin.views import blueprint

__all__ = ["blueprint", "definitions", "incidents", "migrations", "parameters", "users"]
