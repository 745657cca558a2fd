"""The working calendars of scopes: rules, closings, days off, iCalendar import and export."""
