"""Live tables: where their items and index entries are, how they are read and changed, what that costs."""
