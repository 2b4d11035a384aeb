"""What a process remembers of namespaces, and takes in anew where another process has changed it.

In one process nobody else changes anything, so there is nothing in here, and nothing of it is called.

A namespace is taken in anew before it is used again: first its row (configuration, clock, scripts, generation), then
whatever stands in `of_namespace`, in its order, in the same transaction. The same is done where a namespace is opened
that is in the database already. What belongs to no namespace, such as aliases, is taken in at once.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction

# Replaces what is in memory of a namespace by what is stored. The generation of the transaction is the namespace's.
TakeIn = Callable[[Namespace, Transaction], Awaitable[None]]
TakeInOfServer = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Refreshes:
    """What is taken in anew: of a namespace, and of the server. Whoever keeps something in rows adds to these."""

    of_namespace: list[TakeIn] = field(default_factory=list)
    of_server: list[TakeInOfServer] = field(default_factory=list)

    async def take_in(self, namespace: Namespace) -> None:
        """Take in what else is stored of a namespace, beside its row."""
        async with namespace.transaction() as tx:
            for take_in in self.of_namespace:
                await take_in(namespace, tx)

    async def take_in_of_server(self) -> None:
        """Take in what belongs to no namespace."""
        for take_in in self.of_server:
            await take_in()
