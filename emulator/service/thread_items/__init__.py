"""Threads of Assistants as items of conversations: what of them has a place there, and what has none."""
