"""Requests whose URL leads nowhere, of programs that never found the right one: no namespace can report them."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.harness.hints import PlacedHint

Show = Callable[[Mapping[str, Any]], None]


class LostRequests:
    """Takes note of each request with a hint. show: gets all requests, as they come."""

    def __init__(self, show: Show | None = None) -> None:
        self._show = show
        self._counts: dict[tuple[str, str], int] = {}
        self._first: dict[tuple[str, str], str] = {}

    def __call__(self, request: Mapping[str, Any]) -> None:
        """Take a request of the server."""
        if self._show is not None:
            self._show(request)
        if request["hint"]:
            key = (request["namespace"], request["hint"])
            self._counts[key] = self._counts.get(key, 0) + 1
            self._first.setdefault(key, f"{request['method']} {request['sent_path']}")

    def hints(self) -> list[PlacedHint]:
        """Return a hint for each namespace and each mistake, as reports list them."""
        return [
            PlacedHint(
                key[0], {"kind": "wrong_url", "run": None, "about": self._first[key], "message": key[1], "count": count}
            )
            for key, count in self._counts.items()
        ]
