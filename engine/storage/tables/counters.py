"""The table of counters: the numbers of instances and batches, the version of the configuration."""

from sqlalchemy import BigInteger, Column, String, Table

from engine.storage.metadata import metadata

counter = Table(
    "counter",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
