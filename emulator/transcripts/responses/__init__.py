"""The transcript of a response: its items, and the events of its stream."""
