"""Files that hold items, and short descriptions of tables."""
