"""Storage: documents, the journal of what happened to them, and the bytes of files."""
