"""The working calendars of scopes: their rules, closing days and iCalendar files."""
