"""Several servers as one: processes that share a database, a proxy in front of them, and their bad days."""
