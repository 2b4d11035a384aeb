"""URLs that are sent as they were written, to the byte. Imports httpx, which is an extra."""

import httpx


class ExactURL(httpx.URL):
    """The URL of a server with a target that nobody spells anew, as httpx would."""

    def __init__(self, origin: str, target: bytes) -> None:
        super().__init__(origin)
        self._target = target

    @property
    def raw_path(self) -> bytes:
        """What is asked for."""
        return self._target
