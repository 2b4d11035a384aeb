"""What clients met, beside what a process remembers itself: where several share a database, it is written there."""

from typing import Protocol

from emulator.domain.state_coverage import Coverage
from emulator.store.documents import Transaction


class Coverages(Protocol):
    """The coverage of all namespaces, by their names, as far as it is written.

    A process counts in the `Coverage` of each namespace. What was written is no longer in there, so that the two are
    added. Within a transaction of a namespace, it has to be given, as for `Requests`.
    """

    async def of(self, name: str, tx: Transaction | None = None, *, streams: bool = False) -> Coverage:
        """Return what is written of a namespace. streams: also what streams under way elsewhere have shown."""

    async def of_all(self) -> Coverage:
        """Return what is written of all namespaces that there are and were, also by streams under way elsewhere."""

    async def clear(self, name: str) -> None:
        """Forget what is written of a namespace."""

    async def take_over(self, name: str, found: Coverage, tx: Transaction) -> bool:
        """Know of everything at least as often as another coverage, with a transaction.

        Returns whether that was written; if not, the process has to know of it by itself.
        """

    async def retire(self, name: str, tx: Transaction) -> None:
        """Let what is written of a namespace be of those that are gone, with the transaction that deletes it."""


class NoCoverages:
    """Nothing is written: one process serves all namespaces, and remembers all of it."""

    async def of(self, name: str, tx: Transaction | None = None, *, streams: bool = False) -> Coverage:  # noqa: ARG002
        """Return nothing."""
        return Coverage()

    async def of_all(self) -> Coverage:
        """Return nothing."""
        return Coverage()

    async def clear(self, name: str) -> None:
        """Do nothing."""

    async def take_over(self, name: str, found: Coverage, tx: Transaction) -> bool:  # noqa: ARG002
        """Write nothing."""
        return False

    async def retire(self, name: str, tx: Transaction) -> None:
        """Do nothing."""
