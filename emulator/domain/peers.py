"""The other processes on a database, as those need them who answer requests."""

from typing import Protocol


class Peers(Protocol):
    """What a process and the others have to know of each other. ns: a namespace; "" means all of them."""

    @property
    def is_current(self) -> bool:
        """Whether this process knows whatever others have changed, as far as they have said so."""

    async def ensure_current(self) -> None:
        """Take in what others have changed. Raises `UnavailableDatabaseError` while nothing is heard of them."""

    async def flush(self, ns: str) -> None:
        """Let every process write what it holds back. Raises `UnavailableDatabaseError`."""

    async def refresh(self, ns: str) -> None:
        """Let every other process look anew before it goes on. Raises `UnavailableDatabaseError`."""
