"""Streams as those read them who have nothing but the API: shards and their lineage, positions, and leases."""
