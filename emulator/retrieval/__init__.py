"""File search without a model: extracts the text of files, cuts it into chunks, and ranks the chunks for a query."""
