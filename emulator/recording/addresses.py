"""Which path of the API a recorded address means, whatever host, gateway or mount it was reached through."""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

_NOUNS: Final = "assistants|threads|vector_stores|files|uploads|models"
_SLASHES: Final = re.compile("//+")
# Gateways put their own path in front of a mount. The longest mounts come first. Those of projects that were reached
# through Azure Machine Learning end in the workspace's name.
_BELOW_MOUNT: Final = re.compile(
    rf"(?:^|/)(?:openai/deployments/[^/]+|openai/v1|api/projects/[^/]+|agents/v1\.0/.+/workspaces/[^/]+|openai|v1)"
    rf"(?P<path>/(?:{_NOUNS})(?:/.*)?)$"
)
# Servers without a mount: only what no other service has.
_BARE: Final = re.compile(r"/(?:assistants|threads)(?:/(?:thread_|asst_|runs$).*)?$")


@lru_cache(4096)
def api_path(url: str) -> tuple[str, str] | None:
    """Return the path below the mount, beginning with the noun, and the query; None for an address of another API."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    path = _SLASHES.sub("/", parts.path)
    if len(path) > 1:
        path = path.removesuffix("/")
    if found := _BELOW_MOUNT.search(path):
        return found["path"], parts.query
    if _BARE.fullmatch(path):
        return path, parts.query
    return None
