"""Signing in and out, one's own profile, notices, calendar and language. Importing it makes the blueprint whole."""

from web.account import calendar
from web.account.views import blueprint

__all__ = ["blueprint", "calendar"]
