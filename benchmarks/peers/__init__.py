"""Other engines at the same piece of work. Their harnesses lie beside the project, never in it."""
