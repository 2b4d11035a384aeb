"""Where the inspector shows a server, a namespace and what is in it: addresses for a browser."""

from typing import Protocol

from emulator.domain import inspector_paths as paths
from emulator.harness.errors import NoAddressError


class Place(Protocol):
    """What may have an address."""

    @property
    def url(self) -> str:
        """Where it answers, without a path."""

    @property
    def has_socket(self) -> bool:
        """Whether other processes, such as a browser, can reach it."""


def url_of(place: Place, path: str) -> str:
    """Return the address of a page. Raises `NoAddressError` where a browser cannot reach it."""
    if not place.has_socket:
        raise NoAddressError("a browser cannot reach a server without a socket: use LiveServer in place of InProcess")
    return f"{place.url}{path}"


class Pages:
    """The pages of one namespace. Each method raises `NoAddressError` as `url_of` does."""

    def __init__(self, place: Place, namespace: str) -> None:
        self._place = place
        self._namespace = namespace

    def overview(self) -> str:
        """Return the address of the namespace's own page."""
        return url_of(self._place, paths.namespace(self._namespace))

    def thread(self, thread_id: str) -> str:
        """Return the address of a thread; likewise of a conversation, or of the response that began a chain."""
        return url_of(self._place, paths.thread(self._namespace, thread_id))

    def run(self, run_id: str) -> str:
        """Return the address of a run, or of a response."""
        return url_of(self._place, paths.run(self._namespace, run_id))
