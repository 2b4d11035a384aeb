"""File search without a model: reads text out of files, cuts it into chunks, and ranks the chunks for a query."""
