"""The bytes of files: written once, found by name, and never changed, wherever they are kept.

Bytes come before the row that names them: `Blobs.receive` takes them in, and `Blobs.keep` gives them a name, which the
row holds. So there is never a row without its bytes; bytes without a row are what a crash between both leaves.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from emulator.daemon_threads import Workers

T = TypeVar("T")
# Is told what removes a name again, should the transaction not be kept that writes it down.
OnRollback = Callable[[Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are here, and belong to nothing yet. name: by which they can be read meanwhile; size: how many."""

    name: str
    size: int


class Part(Protocol):
    """Takes bytes in, as they come."""

    def write(self, data: bytes, /) -> int:
        """Append bytes; return how many."""

    @property
    def received(self) -> Received:
        """All that was written, once the block has ended in which that was done."""


class Blobs(Protocol):
    """Bytes by name. workers: where many bytes are copied, which nobody waits for when the server stops.

    Every verb may wait for a disk, or for a database: the event loop calls those that read or write through `beside`,
    all but `keep`, `copy`, `discard`, `drop` and `held`, which are quick. Raises OSError where bytes are gone, and
    `UnavailableDatabaseError` where they are in a database that cannot be reached.
    """

    workers: Workers

    async def beside(self, work: Callable[[], T]) -> T:
        """Return what some work with bytes returns, without letting the event loop wait for long."""

    def name(self, ns: str, id: str) -> str:  # noqa: A002
        """Return what the bytes of an object are to be called: of a fixed form, whatever its id is."""

    # --- writing ------------------------------------------------------------------------------------------------------

    def receive(self) -> AbstractContextManager[Part]:
        """Take new bytes in; `keep` gives them their name. If the block fails, nothing is left of them."""

    def keep(self, received: Received, name: str, on_rollback: OnRollback | None = None) -> str:
        """Give received bytes a name; return the one that they really have, which is for their row to hold.

        on_rollback: where it is new; bytes of that name that were there before stay.
        """

    def discard(self, received: Received) -> None:
        """Forget received bytes, if they were not kept."""

    def write(self, name: str, data: bytes) -> str:
        """Store bytes: all of them, or none. Return their name as `keep` does."""

    def copy(self, name: str, other: str) -> str:
        """Keep the same bytes under another name, too, where they take no more room. Return it as `keep` does."""

    def join(self, names: list[str]) -> Received:
        """Make one of several, in their order."""

    # --- reading ------------------------------------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        """Return whether there are such bytes."""

    def length(self, name: str) -> int:
        """Return how many bytes there are."""

    def digest(self, name: str) -> str:
        """Return the SHA-256 of bytes, in hexadecimal digits."""

    def read(self, name: str) -> bytes:
        """Return all bytes."""

    def head(self, name: str, most: int) -> bytes:
        """Return the first bytes, at most so many."""

    def pieces(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """Return the bytes in pieces of ``size``. Raises OSError at once where they are gone."""

    def on_disk(self, name: str) -> AbstractContextManager[Path]:
        """Return the bytes as a file that is only to be read, there at once and as long as the block lasts."""

    # --- removing -----------------------------------------------------------------------------------------------------

    def drop(self, name: str) -> None:
        """Remove bytes, if they are there, of which the row is gone."""

    def held(self) -> AbstractContextManager[None]:
        """Let all bytes stay that are there, until the end of the block."""

    def sweep(self) -> int:
        """Remove bytes that no row has held for a while; return how many there were."""

    def close(self) -> None:
        """Let go of what is open."""


def name_of(ns: str, id: str) -> str:  # noqa: A002
    """Return a name for the bytes of an object; nothing of its id can be seen there."""
    return hashlib.blake2b(f"{ns}/{id}".encode(), digest_size=20).hexdigest()


def receive_all(blobs: Blobs, data: bytes) -> Received:
    """Take bytes in that are all there."""
    with blobs.receive() as part:
        part.write(data)
    return part.received
