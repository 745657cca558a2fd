"""Alembic's environment: runs the migrations on the connection that `engine.storage.migrate` gives it."""

from alembic import context

from engine.storage.metadata import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite"
)
context.run_migrations()
