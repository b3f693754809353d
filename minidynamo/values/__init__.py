"""Attribute values: what they may be, how they are measured, ordered, stored and converted."""
