"""The mounts that the API hangs below, one for each kind of base URL, and the paths that are the API's own."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from emulator.domain.faults import ANY_SEGMENTS, ONE_SEGMENT, PathPattern, Route
from emulator.domain.neighbors import PORTS

# Below it lies the control API.
CONTROL_PREFIX: Final = "/_emulator"
NAMESPACE: Final = re.compile(r"/ns/([^/]+)(?=/)")
# The same endpoints hang below all of these; the order matters, the longest first.
MOUNTS: Final = (
    (re.compile(r"/openai/deployments/[^/]+(?=/|$)"), "azure"),
    (re.compile(r"/openai/v1(?=/|$)"), "azure"),
    (re.compile(r"/openai(?=/|$)"), "azure"),
    # Where a project's own client of OpenAI goes (documented).
    (re.compile(r"/api/projects/[^/]+/openai/v1(?=/|$)"), "azure"),
    (re.compile(r"/api/projects/[^/]+/openai(?=/|$)"), "azure"),
    (re.compile(r"/api/projects/[^/]+(?=/)"), "foundry"),
    (re.compile(r"/v1(?=/)"), "openai"),
)
# The same, as the first segments of a path's pattern.
_STARTS: Final = (
    ("openai", "deployments", ONE_SEGMENT),
    ("openai", "v1"),
    ("openai",),
    ("api", "projects", ONE_SEGMENT, "openai", "v1"),
    ("api", "projects", ONE_SEGMENT, "openai"),
    ("api", "projects", ONE_SEGMENT),
    ("v1",),
)


def below_mount(path: str) -> str:
    """Return a path, or the pattern of one, without the namespace and the mount in front of it."""
    prefix = NAMESPACE.match(path)
    rest = path[prefix.end() :] if prefix else path
    found = next((found for pattern, _ in MOUNTS if (found := pattern.match(rest))), None)
    return rest[found.end() :] if found else rest


@dataclass(frozen=True, slots=True)
class OwnPaths:
    """What no stub and no forward may answer: everything below the first segment of a path of the Assistants API.

    Responses and Conversations are none of it: who chose to answer them otherwise means it.
    """

    nouns: tuple[str, ...]

    @classmethod
    def of(cls, routes: Iterable[Route]) -> "OwnPaths":
        """Return the paths that belong to the nouns of some endpoints."""
        return cls(tuple(sorted({route.path.split("/")[1] for route in routes} - PORTS)))

    def noun_below_mount(self, pattern: PathPattern) -> str | None:
        """Return a noun of which a pattern, relative to a mount, could take a path; None if there is none."""
        return next((noun for noun in self.nouns if pattern.overlaps((noun, ANY_SEGMENTS))), None)

    def path_in(self, pattern: PathPattern) -> str | None:
        """Return a path, below one of the mounts, that a pattern of whole paths could take; None if there is none."""
        owned = ((*start, noun) for start in _STARTS for noun in self.nouns)
        taken = next((own for own in owned if pattern.overlaps((*own, ANY_SEGMENTS))), None)
        return None if taken is None else f"/{'/'.join(taken)}"
