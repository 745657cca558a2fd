"""Cases: the list, one case, a new one, persons, the search. Importing it makes the area's blueprint whole."""

from web.cases import actions, messages, persons, search, views
from web.cases.views import blueprint

__all__ = ["actions", "blueprint", "messages", "persons", "search", "views"]
