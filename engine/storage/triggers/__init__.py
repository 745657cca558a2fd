"""Triggers that keep task lists and the job queue up to date."""
