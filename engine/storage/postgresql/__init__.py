"""What only PostgreSQL has: prepared statements in a pipeline, connections kept warm."""
