"""The fast way to PostgreSQL: prepared statements in libpq's pipeline, and connections kept out of the pool.

The setting `postgresql_pipeline` turns it off; then SQLAlchemy executes every statement. Only `engine.storage.database`
uses this package, and no other speaks to psycopg.
"""
