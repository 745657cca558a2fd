"""Statements compiled once, batches of them, and SQL functions, the same on SQLite and PostgreSQL."""
