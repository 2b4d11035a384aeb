"""The port through which a run is written: what it shows of itself, in the documents and events of one API.

The engine says what happens, in the order in which it happens; a transcript says how that looks. Nothing is kept and
nothing is published before the end of the transaction that the engine has handed to it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from emulator.domain.calls import Cut, ToolCall

# The ids of what was begun, as the action log keeps them; None where an action is played for the first time.
Progress = Mapping[str, Any] | None


class Transcript(Protocol):
    """One run as one API shows it."""

    @property
    def status(self) -> str:
        """The status of the run."""

    @property
    def expires_at(self) -> float | None:
        """When the run expires, in seconds since the epoch; only while it is not over. None: it never does."""

    @property
    def workspace(self) -> str:
        """What the session of the run's code is named by: whatever has the same one goes on with its variables."""

    # --- messages ---------------------------------------------------------------------------------------------------

    def message_text(
        self, text: str, annotations: Sequence[Mapping[str, Any]]
    ) -> tuple[str, Sequence[Mapping[str, Any]]]:
        """Return a text and its annotations as the API shows them. annotations: each with its marker in the text."""

    def begin_message(self, again: Progress = None) -> Mapping[str, Any]:
        """Begin a message, or take up the one that was begun before a restart; return the ids to log."""

    def add_image(self, file_id: str) -> None:
        """Add an image to the open message."""

    def append_text(self, cut: Cut, first: int, last: int, annotations: Sequence[Mapping[str, Any]] = ()) -> None:
        """Append pieces of the message's text. annotations: those whose marker ends in these pieces."""

    def append_refusal(self, cut: Cut, first: int, last: int) -> None:
        """Append pieces of a refusal, which a message has in place of a text."""

    def finish_message(self) -> None:
        """Let the open message hold what was appended."""

    # --- calls ------------------------------------------------------------------------------------------------------

    async def list_tools(self, server: str, tools: Mapping[str, Any]) -> None:
        """Show which tools a server has, unless the run has shown that before. tools: by their names."""

    def begin_calls(self, again: Progress = None) -> Mapping[str, Any]:
        """Begin a step that calls tools, or take up the one that was begun before a restart; return the ids to log."""

    def open_call(self, call: ToolCall, *, streamed: bool = True) -> None:
        """Begin a call. streamed: its text follows in pieces."""

    def append_call(self, cut: Cut, first: int, last: int) -> None:
        """Append pieces of the text of the call that was begun last."""

    def add_result(self, call: ToolCall) -> None:
        """Show what came of a call before it is finished."""

    def finish_calls(self, calls: Sequence[ToolCall], written: str) -> None:
        """Let the open step hold its calls. written: what of them cost tokens."""

    async def finish_approved(self, step_id: str, calls: Sequence[ToolCall]) -> None:
        """Show what came of calls whose step was closed when the client approved them."""

    def require_action(self, calls: Sequence[ToolCall]) -> None:
        """Let the run wait for the client to answer its calls, which are of one kind; or end it there."""

    def answer(self, outputs: Mapping[str, str]) -> None:
        """Put the client's outputs, by the ids of the calls, into the open step, and close it."""

    # --- status -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let a queued run be in progress."""

    def submit(self) -> None:
        """Queue a run whose calls are answered; a step whose calls waited for an approval is closed by it."""

    def cancel(self) -> None:
        """Begin to cancel the run."""

    def close(self) -> None:
        """Close what is open, because something else follows; no effect where nothing is."""

    def complete(self) -> None:
        """Close what is open, and complete the run."""

    def fail(self, code: str, message: str) -> None:
        """Fail the run, and what is open of it."""

    def stop(self, reason: str) -> None:
        """Leave the run incomplete, and the message that is open."""

    def expire(self) -> None:
        """Let the run expire, and what is open of it."""

    def end_cancelling(self) -> None:
        """Complete the cancelling of the run, and of what is open."""

    # --- files ------------------------------------------------------------------------------------------------------

    async def keep_file(self, name: str | None, data: bytes, ending: str = "png") -> str:
        """Keep bytes that a tool made, and return the file's id. name: below /mnt/data; None for a picture."""
