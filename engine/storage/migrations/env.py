"""Alembic's environment: runs on the connection that `engine.storage.migrate` hands over."""

from alembic import context

import engine.storage.schema  # noqa: F401  (declares every table)
from engine.storage.metadata import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite"
)
context.run_migrations()
