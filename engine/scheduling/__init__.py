"""When something is due: timer definitions, overrides of deadlines, calendars of scopes, timer start events."""
