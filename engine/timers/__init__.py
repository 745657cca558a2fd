"""Timers that fire, processes that start at a date, and the moving of deadlines."""
