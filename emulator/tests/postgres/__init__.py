"""What the store does on PostgreSQL: all that it does on SQLite, and what several processes on one database need."""
