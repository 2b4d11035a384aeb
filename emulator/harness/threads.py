"""The threads of a namespace: the list that the API never had."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import loads
from typing import Any, Final, Literal, overload

from emulator.harness.control import NamespaceControl
from emulator.harness.runs import id_of

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Fork:
    """A copy of a thread. thread: as the API shows it; messages, runs: the id of each copy, by that of its original."""

    thread: Mapping[str, Any]
    messages: Mapping[str, str]
    runs: Mapping[str, str]

    @property
    def id(self) -> str:
        """The copy's id."""
        return str(self.thread["id"])


class Threads:
    """The threads of a namespace, oldest first, each with the number of its messages and runs."""

    def __init__(self, control: NamespaceControl) -> None:
        self._control = control

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Yield all threads: id, created_at, metadata, messages, runs, active_run."""
        return iter(self.list())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.list())

    @property
    def last(self) -> Mapping[str, Any]:
        """The newest thread. Raises LookupError where there is none."""
        if not (newest := self.newest(1)):
            raise LookupError("no thread has been created in this namespace")
        return newest[0]

    def newest(self, most: int) -> Sequence[Mapping[str, Any]]:
        """Return the newest threads, oldest of them first."""
        newest: list[Mapping[str, Any]] = self._control.ask("GET", "/threads", query={"limit": most})["threads"]
        return newest[::-1]

    def dialogues(self, most: int) -> Sequence[str]:
        """Return the newest conversations and chains of responses, by their ids, oldest of them first."""
        runs = self._control.ask("GET", "/runs", query={"limit": _PAGE})["runs"]
        newest = dict.fromkeys(run["thread_id"] for run in runs if run.get("api") == "responses")
        return [*newest][:most][::-1]

    def list(self) -> list[Mapping[str, Any]]:
        """Return them, oldest first."""
        found: list[Mapping[str, Any]] = []
        query: dict[str, Any] = {"limit": _PAGE}
        while True:
            page = self._control.ask("GET", "/threads", query=query)
            found += page["threads"]
            if not page["has_more"]:
                return found[::-1]
            query["after"] = found[-1]["id"]

    def get(self, thread: Any) -> Mapping[str, Any]:
        """Return {thread, messages, runs} of one, oldest first."""
        found: Mapping[str, Any] = self._control.ask("GET", f"/threads/{id_of(thread)}")
        return found

    def inspector_url(self, thread: Any) -> str:
        """Return where a browser shows a thread or another dialogue. Raises `NoAddressError` without a socket."""
        return self._control.pages.thread(id_of(thread))

    def transcript(self, thread: Any, most: int = 20) -> str:
        """Return a thread, a conversation or a chain as a short readable text. most: messages, or responses."""
        return self._control.read(f"/threads/{id_of(thread)}/transcript", {"most": most}).decode()

    @overload
    def export(self, thread: Any, format: Literal["json", "conversation"] = "json") -> Mapping[str, Any]: ...

    @overload
    def export(self, thread: Any, format: Literal["markdown"]) -> str: ...

    @overload
    def export(self, thread: Any, format: Literal["zip"]) -> bytes: ...

    def export(
        self,
        thread: Any,
        format: Literal["json", "markdown", "zip", "conversation"] = "json",  # noqa: A002
    ) -> Any:
        """Return all that is known of a thread: as `import_objects` takes it, as Markdown, or both with its files.

        ``conversation``: the bodies of the requests that make a conversation of it, and what is lost.
        """
        data = self._control.read(f"/threads/{id_of(thread)}/export", {"format": format})
        return data if format == "zip" else data.decode() if format == "markdown" else loads(data)
