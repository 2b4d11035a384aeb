"""What a namespace has in memory beside its documents, and where several processes share it.

The objects are the same in either case, and so is what is done with them. One process has the truth in its memory.
Where several share a database, the truth is in rows, and memory follows: a change takes in what is stored, changes
that, and writes it, in a transaction of the namespace, so that counts are exact over all processes.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from emulator.store.documents import Transaction

if TYPE_CHECKING:
    from emulator.engine.namespace import Namespace


class Kind(StrEnum):
    """What there is. UNREAD is kept for each thread, by its id; the others for the whole namespace."""

    FAULTS = "faults"
    STUBS = "stubs"
    STUB_HITS = "stub_hits"  # apart, because a stub may be large
    HINTS = "hints"
    UNREAD = "unread"
    CONSUMPTION = "consumption"
    WIRE = "wire"
    ORDER = "order"


class Facets(Protocol):
    """What is shared of a namespace's memory. is_shared: whether other processes change it.

    tx: a transaction of the namespace; None: one of its own is begun, so none may be open.
    """

    is_shared: bool

    def changing(
        self, namespace: "Namespace", *kinds: Kind, tx: Transaction | None = None
    ) -> AbstractAsyncContextManager[None]:
        """Let a block change what is in memory as it is now; what it changes is kept. It awaits nothing."""

    async def look(self, namespace: "Namespace", *kinds: Kind, tx: Transaction | None = None, key: str = "") -> None:
        """Let what is in memory be as it is now."""

    def note(
        self,
        namespace: "Namespace",
        tx: Transaction,
        kind: Kind,
        change: Callable[[], object],
        *,
        key: str = "",
        only_if_kept: bool = False,
    ) -> None:
        """Make a change with a transaction. only_if_kept: not where that is rolled back."""

    def drop(self, tx: Transaction, kind: Kind) -> None:
        """Keep nothing of a kind any more, with a transaction; of what is in memory, the caller takes care."""

    def store(self, tx: Transaction, kind: Kind, doc: Mapping[str, Any], key: str = "") -> None:
        """Keep what a generation begins with, with a transaction; likewise."""

    async def stored(self, tx: Transaction) -> Mapping[str, Any]:
        """Return what snapshots hold of the memory of a namespace that is not open, as far as that is written."""


class LocalFacets:
    """The memory of one process: nothing is written, and nobody else changes it."""

    is_shared = False

    def changing(
        self,
        namespace: "Namespace",  # noqa: ARG002 - it has the truth
        *kinds: Kind,  # noqa: ARG002 - as above
        tx: Transaction | None = None,  # noqa: ARG002 - as above
    ) -> AbstractAsyncContextManager[None]:
        """Let a block change what is in memory."""
        return nullcontext()

    async def look(self, namespace: "Namespace", *kinds: Kind, tx: Transaction | None = None, key: str = "") -> None:
        """Do nothing: memory is as it is."""

    def note(
        self,
        namespace: "Namespace",  # noqa: ARG002 - as above
        tx: Transaction,
        kind: Kind,  # noqa: ARG002 - as above
        change: Callable[[], object],
        *,
        key: str = "",  # noqa: ARG002 - as above
        only_if_kept: bool = False,
    ) -> None:
        """Make a change at once, also where a request is refused; or once the transaction is kept."""
        if only_if_kept:
            tx.after_commit(change)  # type: ignore[arg-type] # what it returns is not looked at
        else:
            change()

    def drop(self, tx: Transaction, kind: Kind) -> None:
        """Do nothing."""

    def store(self, tx: Transaction, kind: Kind, doc: Mapping[str, Any], key: str = "") -> None:
        """Do nothing."""

    async def stored(self, tx: Transaction) -> Mapping[str, Any]:  # noqa: ARG002 - as above
        """Return nothing."""
        return {}
