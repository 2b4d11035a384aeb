"""The service's other APIs, which programs reach by the same base URL: this server has none of them."""

from typing import Final

# What their paths begin with, below the mount.
_FIRST_SEGMENTS: Final = frozenset((
    "audio", "batches", "chat", "chatkit", "completions", "edits", "embeddings", "engines", "evals", "fine-tunes",
    "fine_tuning", "graders", "images", "moderations", "organization", "prompts", "realtime", "skills", "videos",
))  # fmt: skip
# What ports of Assistants programs use. A suite may have answered it by stubs or forwards before this server did.
PORTS: Final = frozenset(("containers", "conversations", "responses"))
# What is left out of that.
_LEFT_OUT: Final = frozenset(("/responses/compact",))
REMARK: Final = (
    "this server speaks the Assistants API and, for its ports, Responses and Conversations; a stub or --forward can"
    " answer"
)


def is_neighbor(path: str) -> bool:
    """Return whether a path below the mount is one of another API of the service."""
    if not path.startswith("/"):
        return False
    return path.split("/", 2)[1] in _FIRST_SEGMENTS or path in _LEFT_OUT
