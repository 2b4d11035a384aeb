"""The database of one process: SQLite, in memory or in a file."""
