"""The service's other APIs, which programs reach by the same base URL: this server has none of them."""

from typing import Final

# What their paths begin with, below the mount.
_FIRST_SEGMENTS: Final = frozenset((
    "audio", "batches", "chat", "chatkit", "completions", "containers", "conversations", "edits", "embeddings",
    "engines", "evals", "fine-tunes", "fine_tuning", "graders", "images", "moderations", "organization", "realtime",
    "responses", "skills", "videos",
))  # fmt: skip
REMARK: Final = "this server speaks the Assistants API only; a stub or --forward can answer"


def is_neighbor(path: str) -> bool:
    """Return whether a path below the mount is one of another API of the service."""
    return path.split("/", 2)[1] in _FIRST_SEGMENTS if path.startswith("/") else False
