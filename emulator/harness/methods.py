"""What the methods of a namespace share: its server, its control API, and where paths begin."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from emulator.domain.ports import Backend
from emulator.harness.control import Control, NamespaceControl
from emulator.harness.runs import Runs

if TYPE_CHECKING:
    from emulator.replays import Replay

Play = Callable[[str, Backend], None]


class Server(Protocol):
    """What a namespace needs of its server."""

    @property
    def url(self) -> str:
        """Where it answers, without a path."""

    @property
    def control(self) -> Control:
        """Its control API."""

    @property
    def play(self) -> Play | None:
        """Lets a namespace play a backend; None where the server runs in another process."""

    @property
    def has_socket(self) -> bool:
        """Whether other processes can reach it."""

    def http_client(self) -> Any:
        """Return a client of the HTTP library that `openai` uses, for this server."""

    def async_http_client(self) -> Any:
        """Return an asynchronous one."""

    def shared_transport(self) -> Any:
        """Return over what official clients send."""

    def async_transport(self) -> Any:
        """Return over what an asynchronous one sends."""


class Methods:
    """Some methods of a namespace.

    folder: where the paths of scripts begin. recordings: those that were loaded here last.
    """

    _server: Server
    _control: NamespaceControl
    name: str
    folder: Path
    recordings: "tuple[Replay, ...]"
    runs: Runs


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those that are not None."""
    return {name: value for name, value in values.items() if value is not None}
