"""A service to look at: invented people, real procedures. Everything passes through the engine's own services."""
