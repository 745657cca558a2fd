"""The log of what happened, metrics, consistency checks, and why an instance waits."""
