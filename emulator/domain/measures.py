"""What a server counts of its own work, and the port through which its parts say it.

Labels have few values: methods, templates of paths, statuses, kinds of jobs; never an id, a name or a key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol


class Measures(Protocol):
    """Takes in what the parts of a server count. A name or a label that is not `DECLARED` raises LookupError."""

    def count(self, name: str, **labels: str) -> None:
        """Count one more."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Take in how long something took."""

    def gauge(self, name: str, read: Callable[[], float], **labels: str) -> None:
        """Read a value from now on whenever somebody asks, such as how many of something there are just now."""


class NoMeasures:
    """Takes in nothing, which costs next to nothing."""

    def count(self, name: str, **labels: str) -> None:
        """Do nothing."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Do nothing."""

    def gauge(self, name: str, read: Callable[[], float], **labels: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a name stands for. labels: those that it needs, each time."""

    kind: Literal["counter", "histogram", "gauge"]
    about: str
    labels: tuple[str, ...] = ()


REQUESTS: Final = "requests"
REQUEST_SECONDS: Final = "request_seconds"
STREAMS: Final = "open_streams"
UNAVAILABLE: Final = "unavailable_answers"
RUNS_BEGUN: Final = "runs_begun"
RUNS_ENDED: Final = "runs_ended"
JOBS: Final = "jobs"
JOB_SECONDS: Final = "job_seconds"
JOB_WAIT_SECONDS: Final = "job_wait_seconds"
TAKEOVERS: Final = "takeovers"
POOL_CONNECTIONS: Final = "pool_connections"
POOL_WAITING: Final = "pool_waiting"
DATABASE_ERRORS: Final = "database_errors"
READY: Final = "ready"

DECLARED: Final[Mapping[str, Declared]] = {
    REQUESTS: Declared("counter", "Requests that were answered.", ("method", "route", "status")),
    REQUEST_SECONDS: Declared("histogram", "Time until the last of an answer was sent.", ("method", "route")),
    STREAMS: Declared("gauge", "Streams of events that are open."),
    UNAVAILABLE: Declared("counter", "Answers with status 503.", ("api",)),
    RUNS_BEGUN: Declared("counter", "Runs that began here."),
    RUNS_ENDED: Declared("counter", "Runs that ended here.", ("status",)),
    JOBS: Declared("counter", "Jobs that ended here.", ("task", "outcome")),
    JOB_SECONDS: Declared("histogram", "Time that a job took.", ("task",)),
    JOB_WAIT_SECONDS: Declared("histogram", "Time that a job waited for a worker.", ("task",)),
    TAKEOVERS: Declared("counter", "Jobs that were taken over from a worker that is gone."),
    POOL_CONNECTIONS: Declared("gauge", "Connections to the database.", ("state",)),
    POOL_WAITING: Declared("gauge", "Transactions that wait for a connection."),
    DATABASE_ERRORS: Declared("counter", "Errors of the database.", ("kind",)),
    READY: Declared("gauge", "Whether the server is ready: 1, or 0."),
}
