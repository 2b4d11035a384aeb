"""Whether a server should be sent requests, and why not: each part of it that may fail says so here."""

from collections.abc import Callable, Mapping
from typing import Final

# Returns why a part cannot do its work, in a few words; None while it can. It answers at once, from what is known.
Check = Callable[[], str | None]

_STOPPING: Final = "the server is stopping"


class Readiness:
    """What `/_emulator/ready` answers. checks: by the names of the parts, such as database and worker.

    A check may be asked many times a second, on the event loop: it looks at what its part has noticed by itself, and
    waits for nothing.
    """

    def __init__(self, checks: Mapping[str, Check] | None = None) -> None:
        self._checks = dict(checks or {})
        self._is_draining = False

    def add(self, part: str, check: Check) -> None:
        """Ask one more part from now on, or another way than before."""
        self._checks[part] = check

    def drain(self) -> None:
        """Say no from now on, so that whoever shares requests out sends no more: the server is about to stop."""
        self._is_draining = True

    @property
    def is_draining(self) -> bool:
        """Whether the server is about to stop."""
        return self._is_draining

    def reasons(self) -> list[str]:
        """Return why the server should be sent no requests; nothing where it should."""
        found = [f"{part}: {why}" for part, check in self._checks.items() if (why := check()) is not None]
        return [f"server: {_STOPPING}", *found] if self._is_draining else found
