"""What stopped and waits for an administrator: list, retry, resolve."""
