"""Process instances: start, suspend, resume, cancel, modify, migrate, find, correlate messages."""
