"""The part of the sandbox that runs inside it, and imports nothing of what is outside."""
