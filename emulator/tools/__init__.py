"""The kinds of tools: one file for each, with its shapes and its behaviour."""
