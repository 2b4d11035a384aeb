"""Where the requests of a namespace are kept: in this process, or with the database that several processes share."""

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple, Protocol

from emulator.domain.request_log import LoggedRequest, RequestLog
from emulator.store.documents import Transaction


class LogTip(NamedTuple):
    """Where a log is. total: how many requests it has had. newest: of these, if there is one."""

    total: int
    newest: LoggedRequest | None


class Requests(Protocol):
    """The requests of one namespace. Whoever looks at them reads the log first, which then is as it was at that time.

    Within a transaction of the namespace, it has to be given to `read`, which then begins none of its own.
    """

    def append(self, request: LoggedRequest) -> None:
        """Add a request that is over; it takes no time, and waits for nothing."""

    async def read(self, tx: Transaction | None = None) -> RequestLog:
        """Return the log. Where several processes answer, it has what each of them has written so far."""

    async def clear(self) -> None:
        """Forget all requests."""

    def clear_with(self, tx: Transaction) -> None:
        """Forget all requests once a transaction is kept, which resets the namespace and is still in its generation."""

    def end_with(self, tx: Transaction) -> None:
        """Do the same, and forget those that are still under way as well: the transaction deletes the namespace."""

    def end(self) -> None:
        """Forget what comes from now on: the namespace is gone, or nobody can ask for it."""


class LocalRequests:
    """The requests of a namespace that one process serves: a log in its memory."""

    __slots__ = ("_log", "append")

    def __init__(self, log: RequestLog | None = None) -> None:
        self._log = RequestLog() if log is None else log
        self.append: Callable[[LoggedRequest], None] = self._log.append

    async def read(self, tx: Transaction | None = None) -> RequestLog:  # noqa: ARG002 - it is in memory
        """Return the log itself, which goes on."""
        return self._log

    async def clear(self) -> None:
        """Forget all requests."""
        self._log.clear()

    def clear_with(self, tx: Transaction) -> None:
        """Forget all requests once a transaction is kept."""
        tx.after_commit(self._log.clear)

    def end_with(self, tx: Transaction) -> None:
        """Forget all requests once a transaction is kept, and those that are still under way as well."""
        tx.after_commit(self._log.end)

    def end(self) -> None:
        """Forget all requests, and those that are still under way as well."""
        self._log.end()


def tip_of(log: RequestLog) -> LogTip:
    """Return where a log is."""
    return LogTip(log.total, next(islice(log.newest_first(), 1), None))
