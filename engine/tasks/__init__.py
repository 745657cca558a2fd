"""User tasks: claim, complete, the inbox, comments and attachments, the calendar feed of due dates."""

from engine.tasks.calendar_feed import CalendarFeeds
from engine.tasks.comments import Comments
from engine.tasks.inbox import Inbox
from engine.tasks.service import Tasks

__all__ = ["CalendarFeeds", "Comments", "Inbox", "Tasks"]
