"""Pages of instances, persons and the search. Importing the package registers all views of the blueprint."""

from web.instances import actions, messages, persons, search, submissions, views
from web.instances.views import blueprint

__all__ = ["actions", "blueprint", "messages", "persons", "search", "submissions", "views"]
