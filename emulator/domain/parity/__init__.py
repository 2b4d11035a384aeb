"""Parity: whether a port does what the program did, by what the model saw, what came of it, and how it was asked."""
