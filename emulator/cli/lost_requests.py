"""Requests whose URL leads nowhere, of programs that never found the right one: no namespace can report them."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from emulator.harness.hints import PlacedHint

# Mistakes in namespaces; a program that makes up names does not fill the memory.
_MOST: Final = 100
Show = Callable[[Mapping[str, Any]], None]


class LostRequests:
    """Takes note of each request with a hint. show: gets all requests, as they come."""

    def __init__(self, show: Show | None = None) -> None:
        self._show = show
        self._counts: dict[tuple[str, str], int] = {}
        self._first: dict[tuple[str, str], str] = {}
        self._has_found = False

    def __call__(self, request: Mapping[str, Any]) -> None:
        """Take a request of the server."""
        if self._show is not None:
            self._show(request)
        if not request["hint"]:
            self._has_found = True
        else:
            key = (request["namespace"], request["hint"])
            if key in self._counts or len(self._counts) < _MOST:
                self._counts[key] = self._counts.get(key, 0) + 1
                self._first.setdefault(key, f"{request['method']} {request['sent_path']}")

    def hints(self) -> list[PlacedHint]:
        """Return a hint for each namespace and each mistake, as reports list them; none if any request found its way.

        Its namespace may be gone, as those of the pytest plugin are, and has had a report of its own.
        """
        if self._has_found:
            return []
        return [
            PlacedHint(
                key[0], {"kind": "wrong_url", "run": None, "about": self._first[key], "message": key[1], "count": count}
            )
            for key, count in self._counts.items()
        ]
