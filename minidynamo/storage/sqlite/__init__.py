"""The engine that keeps everything in one SQLite file, and what guards that file."""
