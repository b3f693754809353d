"""The operations on tables: control plane, tags, time to live."""
