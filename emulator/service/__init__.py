"""What one may ask of the API: one function for each operation, in documents and values, without a word of HTTP."""
