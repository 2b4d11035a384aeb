"""The requests that a namespace has received, and assertions about them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.harness.control import NamespaceControl
from emulator.harness.errors import ControlError
from emulator.harness.runs import id_of

_FAILED = "verification_failed"


@dataclass(frozen=True, slots=True)
class Request:
    """A request and its answer.

    path: below the mount (`/threads/thread_1/runs`); sent_path: as it was sent. json: the body, a text where it was no
    JSON, None where there was none or it is not kept. headers: names in lower case, keys masked. milliseconds: until
    the answer. fault: what a fault did to it. hint: what was probably meant by a path that leads nowhere.
    """

    id: str
    method: str
    path: str
    sent_path: str
    query: str
    status: int
    milliseconds: float
    headers: Mapping[str, str]
    json: Any
    answer: Mapping[str, Any]
    thread: str | None
    run: str | None
    fault: Mapping[str, Any] | None
    hint: str | None

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> "Request":
        """Return the request of an entry of the log."""
        same = ("id", "method", "path", "sent_path", "query", "status", "headers", "answer", "thread", "run")
        return cls(
            **{name: entry[name] for name in same},
            milliseconds=entry["ms"],
            json=entry["body"],
            fault=entry["fault"],
            hint=entry["hint"],
        )

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


class Requests:
    """The request log of a namespace, read anew each time; iterating goes from the oldest to the newest."""

    def __init__(self, control: NamespaceControl) -> None:
        self._control = control

    def __iter__(self) -> Iterator[Request]:
        """Yield all requests, oldest first."""
        return iter(self.list())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.list())

    def __getitem__(self, number: int) -> Request:
        """Return a request by its number, from the oldest or, below 0, from the newest."""
        return self.list()[number]

    @property
    def last(self) -> Request:
        """The newest request. Raises LookupError where there is none."""
        if not (found := self.list()):
            raise LookupError("no request has come to this namespace")
        return found[-1]

    def list(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        thread: Any = None,
        run: Any = None,
        status: int | None = None,
    ) -> list[Request]:
        """Return the requests, oldest first. path: a pattern, ``*`` for one segment and ``**`` for any number."""
        query = {"method": method, "path": path, "status": status, "bodies": "true"}
        query |= {"thread": None if thread is None else id_of(thread), "run": None if run is None else id_of(run)}
        return [Request.from_entry(entry) for entry in self._control.ask("GET", "/requests", query=query)["requests"]]

    def count(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        thread: Any = None,
        run: Any = None,
        status: int | None = None,
    ) -> int:
        """Return how many requests `list` would return."""
        return len(self.list(method, path, thread=thread, run=run, status=status))

    def assert_called(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        json: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        thread: Any = None,
        run: Any = None,
        status: int | None = None,
    ) -> None:
        """Raise AssertionError, with the requests that came nearest, unless such requests came so often.

        times: exactly; at_least, at_most: between these; without any of them at least once. json: of the body at least
        this, whatever else there is; query, headers: likewise.
        """
        __tracebackhide__ = True
        if times is not None and (at_least is not None or at_most is not None):
            raise TypeError("times is exact: give it, or at_least and at_most")
        how_often: int | dict[str, int]
        if times is not None:
            how_often = times
        else:
            how_often = {"min": at_least if at_least is not None else int(at_most is None)}
            how_often |= {} if at_most is None else {"max": at_most}
        match = {
            "method": method,
            "path": path,
            "body": json,
            "query": query,
            "headers": headers,
            "thread": None if thread is None else id_of(thread),
            "run": None if run is None else id_of(run),
            "status": status,
        }
        given = {name: value for name, value in match.items() if value is not None}
        try:
            self._control.ask("POST", "/requests/verify", {"match": given, "times": how_often})
        except ControlError as error:
            if error.code != _FAILED:
                raise
            raise AssertionError(str(error)) from None

    def assert_not_called(
        self, method: str | None = None, path: str | None = None, *, json: Any = None, status: int | None = None
    ) -> None:
        """Raise AssertionError if such a request came."""
        __tracebackhide__ = True
        self.assert_called(method, path, times=0, json=json, status=status)

    def clear(self) -> None:
        """Forget the requests so far."""
        self._control.ask("DELETE", "/requests")
