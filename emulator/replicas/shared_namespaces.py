"""One process among several on a database: what it shares of namespaces, beside their documents."""

from collections.abc import Callable, Mapping
from typing import Final

from emulator.domain.bus import Bus
from emulator.domain.ports import Ids
from emulator.engine.namespace import Namespace
from emulator.engine.request_logs import Requests
from emulator.replicas.coverages import SharedCoverages
from emulator.replicas.members import Members
from emulator.replicas.questions import Questions
from emulator.replicas.request_logs import SharedLogs, SharedRequests
from emulator.replicas.request_writer import RequestWriter
from emulator.service.namespaces import Namespaces
from emulator.store import coverage_rows

FLUSH: Final = "flush"
REFRESH: Final = "refresh"


class SharedNamespaces:
    """Lets the namespaces of a server be those of a shared database, and its requests and changes known to others.

    now: seconds since the epoch, on the database's clock. setup: what all processes must have alike.
    """

    def __init__(
        self, namespaces: Namespaces, bus: Bus, now: Callable[[], float], role: str, setup: Mapping[str, str]
    ) -> None:
        documents = namespaces.documents
        self.members = Members(documents, bus, now, role, setup)
        self.questions = Questions(self.members, bus)
        self._namespaces = namespaces
        self._writer = RequestWriter(namespaces, now)
        self._logs = SharedLogs(documents)
        namespaces.coverages = SharedCoverages(documents, self._writer)
        namespaces.make_requests = self._requests
        namespaces.make_request_ids = self._request_ids
        namespaces.read_tip = self._logs.tip
        self.questions.answer(FLUSH, self._writer.flush)
        self.questions.answer(REFRESH, self._look_anew)
        self.members.at_return.append(namespaces.refresh_all)
        self.members.at_death.append(coverage_rows.forget)

    def _requests(self, namespace: Namespace) -> Requests:
        return SharedRequests(namespace, self._logs, self._writer)

    def _request_ids(self, namespace: Namespace) -> Ids:
        """Return ids that no other process makes: requests are named without asking anybody."""
        return self._namespaces.make_ids(namespace.config.seed, f"{namespace.name}/{self.members.id}")

    # --- the beginning and the end ------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Join the others. Raises `UnusableDatabaseError` where they differ from this process."""
        await self.questions.start()
        self._writer.replica = self.members.id

    async def stop(self) -> None:
        """Write what is held back, and leave."""
        await self._writer.stop()
        await self.questions.stop()

    # --- the others ---------------------------------------------------------------------------------------------------

    @property
    def is_current(self) -> bool:
        """Whether this process knows whatever others have changed, as far as they have said so."""
        return self.members.is_current

    async def ensure_current(self) -> None:
        """Take in what others have changed. Raises `UnavailableDatabaseError` while nothing is heard of them."""
        await self.members.ensure_current()

    async def flush(self, ns: str) -> None:
        """Let every process write what it holds back."""
        await self._writer.flush(ns)
        await self.questions.ask_all(FLUSH, ns)

    async def refresh(self, ns: str) -> None:
        """Let every other process look anew before it goes on."""
        await self.questions.ask_all(REFRESH, ns)

    async def _look_anew(self, ns: str) -> None:
        if ns:
            self._namespaces.refresh(ns)
        else:
            await self._namespaces.refresh_all()
