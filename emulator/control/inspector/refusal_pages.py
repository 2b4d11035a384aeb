"""What the page of a refusal says above all: what is missing or was refused, and where one can go on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from emulator.domain import inspector_paths as to

# By what a path names last; the pages of threads also show conversations and chains.
_MISSING: Final[Mapping[str, str]] = {
    "thread": "There is no such thread",
    "run": "There is no such run",
    "file": "There is no such file",
    "request": "There is no such request",
    "name": "There is no such snapshot",
}


@dataclass(frozen=True, slots=True)
class RefusalPage:
    """heading: what happened, in words. ways: where one can go on, by name. ns: the namespace, if it is there."""

    heading: str
    ways: Sequence[tuple[str, str]]
    ns: str | None


def refusal_page(status: int, method: str, named: Mapping[str, str], *, has_namespace: bool) -> RefusalPage:
    """Return the page of a refusal. named: what the path names, such as a run. has_namespace: whether it is there."""
    ns = named.get("ns")
    if status != 404:
        heading = "This page cannot be shown" if method == "GET" else "That was refused"
        return RefusalPage(heading, _ways(ns), ns)
    if ns is not None and not has_namespace:
        return RefusalPage("There is no such namespace", _ways(None), None)
    missing = [heading for what, heading in _MISSING.items() if what in named]
    return RefusalPage(
        (missing or ["There is no such page" if ns is None else "There is nothing here"])[-1], _ways(ns), ns
    )


def _ways(ns: str | None) -> list[tuple[str, str]]:
    of_namespace = (
        []
        if ns is None
        else [
            (f"Overview of {ns}", to.namespace(ns)),
            ("Its threads", to.threads(ns)),
            ("Its runs", to.runs(ns)),
            ("Its requests", to.requests(ns)),
        ]
    )
    return [*of_namespace, ("All namespaces", to.namespaces())]
