"""The output of the demo on a terminal."""

from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

from rich.console import Console
from rich.text import Text


class Screen:
    """Prints what each side does, in the order in which it happens."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._requests: SimpleQueue[Mapping[str, object]] = SimpleQueue()

    def on_request(self, request: Mapping[str, object]) -> None:
        """Take note of a request that was answered; called on the server's thread."""
        self._requests.put(request)

    def title(self, text: str) -> None:
        """Print the title of a scene."""
        self.console.print(Text(f"\n{text}", style="bold"), soft_wrap=True)

    def line(self, label: str, text: str, style: str = "") -> None:
        """Print one line. label: who or what the line is about."""
        self.console.print(Text(f"  {label:<9} "), Text(text, style=style), sep="", soft_wrap=True)

    def call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a method of the client, print its HTTP request, and return the result."""
        result = method(*args, **kwargs)
        self.print_request()
        return result

    def print_request(self) -> None:
        """Print the last request. The server reports it after its response, so there may be a short wait."""
        try:
            request = self._requests.get(timeout=2)
        except Empty:
            return
        self.line("HTTP", "{method} {path} → {status}".format_map(request), "dim")
