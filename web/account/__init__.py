"""Pages of the signed-in user: sign-in, profile, notices, calendar, language. Importing it registers all views."""

from web.account import calendar
from web.account.views import blueprint

__all__ = ["blueprint", "calendar"]
