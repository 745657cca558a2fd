"""Triggers of the database: the task lists, and on PostgreSQL the job queue."""
