"""Expressions: one grammar, parsed, resolved, evaluated."""
