"""`minidynamo tour`: what the store does, on the cities of the world."""
