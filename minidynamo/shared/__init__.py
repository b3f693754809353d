"""Databases over a store that several processes share: one transaction per operation, begun again on conflict."""
