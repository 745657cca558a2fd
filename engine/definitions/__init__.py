"""Process definitions: deployed, versioned, compiled, with the parameters in force."""
