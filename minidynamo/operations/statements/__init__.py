"""Statements of PartiQL: made into the reads and writes that the API's other operations are."""
