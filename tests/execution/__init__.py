"""Code of functions in execution environments."""
