"""What a request of the control API is counted as: one of few, whatever is sent."""

from typing import Final

from starlette.types import Scope

from emulator.control.inspector.mount import is_of_inspector
from emulator.control.server import path_of
from emulator.domain.mounts import CONTROL_PREFIX

_OF_NAMESPACE: Final = "/ns/"
# The nouns behind a namespace or at the top; whatever else is sent is none.
_NOUNS: Final = frozenset(
    (
        "aliases",
        "clock",
        "coverage",
        "docs",
        "events",
        "faults",
        "health",
        "import",
        "info",
        "lint",
        "metrics",
        "ns",
        "openapi.json",
        "order",
        "pace",
        "parity",
        "parity-record",
        "ready",
        "report",
        "requests",
        "reset",
        "runs",
        "scripts",
        "snapshots",
        "stubs",
        "threads",
        "verdict",
    )
)


def control_route_of(scope: Scope) -> str:
    """Return the noun that a request is about, ``/_emulator/ns/{ns}/clock``."""
    if is_of_inspector(scope):
        return f"{CONTROL_PREFIX}/inspector"
    path = path_of({**scope, "root_path": CONTROL_PREFIX})
    if not path.startswith(_OF_NAMESPACE):
        return f"{CONTROL_PREFIX}{_noun(path.split('/')[1:2])}"
    return f"{CONTROL_PREFIX}/ns/{{ns}}{_noun(path.split('/')[3:4])}"


def _noun(segments: list[str]) -> str:
    if not segments or not segments[0]:
        return ""
    return f"/{segments[0]}" if segments[0] in _NOUNS else "/other"
