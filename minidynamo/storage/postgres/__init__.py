"""An engine over the wire of PostgreSQL."""
