"""Where the demo is seen."""

from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from typing import Any

from rich.console import Console
from rich.text import Text


class Screen:
    """Where the demo is seen: what each side does, in the order in which it happens."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._requests: SimpleQueue[Mapping[str, object]] = SimpleQueue()

    def heard(self, request: Mapping[str, object]) -> None:
        """Note an answered request; called on the server's thread."""
        self._requests.put(request)

    def title(self, text: str) -> None:
        """Begin a scene."""
        self.console.print(Text(f"\n{text}", style="bold"), soft_wrap=True)

    def line(self, who: str, text: str, style: str = "") -> None:
        """Show one thing that somebody did."""
        self.console.print(Text(f"  {who:<9} "), Text(text, style=style), sep="", soft_wrap=True)

    def ask(self, call: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """Make one call of the client, and show the request that it became."""
        answer = call(*args, **given)
        self.request()
        return answer

    def request(self) -> None:
        """Show the request just made: the server tells of it after its answer, so the client may be here first."""
        try:
            request = self._requests.get(timeout=2)
        except Empty:
            return
        self.line("HTTP", "{method} {path} → {status}".format_map(request), "dim")
