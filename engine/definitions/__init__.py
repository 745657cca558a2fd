"""Process definitions: deployment, versions, compilation, and the parameters that administrators may change."""
