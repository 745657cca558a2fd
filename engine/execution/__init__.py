"""One step of an instance: lock it, run it, write the difference."""
