"""How the processes on one database hear of each other."""

from collections.abc import Callable
from typing import Protocol

Leave = Callable[[], None]


class Bus(Protocol):
    """Messages to all processes, this one among them. A message may be lost; then `on_gap` says so."""

    def subscribe(self, topic: str, call: Callable[[str], None]) -> Leave:
        """Have a call made with each payload of a topic, on the event loop; return what ends that."""

    async def send(self, topic: str, payload: str) -> None:
        """Send a message at once, in no transaction. Raises `UnavailableDatabaseError`."""

    def on_gap(self, call: Callable[[], None]) -> Leave:
        """Have a call made when messages may have been lost, after the connection is back; return what ends that."""
