"""Policies: who may do what. Documents, and what they say of an access."""
