"""What all processes on a database know that belongs to no namespace: aliases, ended logins, a secret."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from emulator.service.server_rows import SECRET_BYTES
from emulator.store.documents import Documents, Transaction
from emulator.store.tables import Facet

# No namespace has this name; who writes has its lock, so none comes in another's way.
_LOCK: Final = "*"
_NO_NAMESPACE: Final = ""
_SHARED: Final = "secret"


class SharedServerRows:
    """The rows of no namespace. secret: empty before `start`."""

    is_shared = True

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.secret = b""

    async def start(self) -> None:
        """Learn the secret; the first process makes it."""
        async with self._transaction() as tx:
            row = await tx.find(Facet, kind=_SHARED, key="")
            made = secrets.token_hex(SECRET_BYTES) if row is None else row["doc"]["hex"]
            if row is None:
                tx.insert(Facet, _SHARED, kind=_SHARED, key="", doc={"hex": made})
        self.secret = bytes.fromhex(made)

    async def put(self, kind: str, key: str, doc: Mapping[str, Any]) -> None:
        """Write a document."""
        async with self._transaction() as tx:
            tx.delete(Facet, kind=kind, key=key)
            tx.insert(Facet, (kind, key), kind=kind, key=key, doc=dict(doc))

    async def remove(self, kind: str, key: str) -> None:
        """Delete a document."""
        async with self._transaction() as tx:
            tx.delete(Facet, kind=kind, key=key)

    async def all(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        """Return the documents of a kind, by key."""
        async with self._transaction() as tx:
            return {row["key"]: row["doc"] for row in await tx.all(Facet, kind=kind)}

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Transaction]:
        async with self._documents.transaction(_LOCK) as tx:
            tx.switch(_NO_NAMESPACE)
            yield tx
