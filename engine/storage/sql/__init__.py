"""Statements compiled once, batches of them, and SQL functions for SQLite and PostgreSQL."""
