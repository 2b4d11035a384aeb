"""A real PostgreSQL for tests: started in a temporary folder, by an ordinary user, and gone at the end."""
