"""PartiQL: statements from their text to a syntax tree over the paths, values and conditions of expressions."""
