"""The kinds of tools: one file each, its shapes and its behaviour."""
