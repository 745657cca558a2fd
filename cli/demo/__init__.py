"""The demonstration: invented people and the real processes, written through the services of the engine."""
