"""Where the parts are put together: `connect`, the database, and what runs beside its requests."""
