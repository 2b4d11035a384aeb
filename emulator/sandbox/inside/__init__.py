"""The code that runs inside the sandbox; it imports nothing from outside this folder."""
