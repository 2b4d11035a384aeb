"""Writes the call of a response that is open: of a function, or of a tool of the service."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.domain.calls import Cut, ToolCall
from emulator.engine.script_player import ScriptFaultError
from emulator.transcripts.responses.open_text import OpenText
from emulator.transcripts.responses.output import Output
from emulator.transcripts.responses.tool_items import ITEMS, Reach, ToolItem, names_in, names_of
from emulator.wire.responses import events, items


class CallWriter:
    """Writes one call after the other. names: of the files that searches have found, by their ids."""

    def __init__(self, output: Output, reach: Reach) -> None:
        self._output = output
        self._reach = reach
        self.names: dict[str, str] = {}
        self.reset()

    def reset(self) -> None:
        """Let go of what is written: the call is begun once more."""
        self._text: OpenText | None = None
        self._tool: ToolItem | None = None

    def take_up(self, written: Sequence[Mapping[str, Any]]) -> None:
        """Go on behind the items that are written. Whoever was making a call makes it again."""
        self.names = names_of(written)

    def open(self, call: ToolCall) -> None:
        """Begin a call; the one before it is written."""
        if self._output.item is not None:
            self.end("completed")
        if (tool := ITEMS.get(call.kind)) is not None:
            self._open_tool(tool, call)
            return
        if call.kind != "function":
            raise unknown(call.kind)
        id_ = self._output.new_id("fc")
        self._output.begin(items.function_call(id_, call, status="in_progress"))
        self._text = OpenText(*events.arguments_delta(id_, self._output.index))

    def _open_tool(self, tool: ToolItem, call: ToolCall) -> None:
        self._tool = tool
        item_id = self._output.new_id(items.item_id_kind(tool.type))
        self._output.begin(tool.begun(item_id, self._reach))
        place = self._output.place
        self._output.publish_all(tool.opening(place))
        if (delta := tool.delta(place)) is not None:
            self._text = OpenText(*delta)
            if not call.text:
                self._output.publish_all(tool.written(place, ""))

    def append(self, cut: Cut, first: int, last: int) -> None:
        """Append pieces of the call's text."""
        if self._text is None:
            raise LookupError("no text is open")
        self._output.append(self._text, cut, first, last)
        if self._tool is not None and last == len(cut):
            self._output.publish_all(self._tool.written(self._output.place, cut.text))

    def finish(self, call: ToolCall) -> None:
        """End the call that is open, if one is. call: with what came of it."""
        if self._tool is not None:
            self._end_tool(self._tool, call, "completed")
        elif self._output.item is not None:
            self.end("completed")

    def end(self, status: str) -> None:
        """End the call with as much of it as there is."""
        written = self._text.text if self._text is not None else ""
        if self._tool is not None:
            self._end_tool(self._tool, ToolCall("", "", written), status)
            return
        self._text = None
        place = self._output.place
        self._output.publish(events.arguments_done(place.item_id, place.index, written))
        self._output.end(arguments=written, status=status)

    def _end_tool(self, tool: ToolItem, call: ToolCall, status: str) -> None:
        """End the search or the code that is open. call: as far as it came."""
        self.reset()
        if status == "completed":
            self._output.publish_all(tool.closing(self._output.place))
        self._reach.workspace.touch()
        self.names |= names_in(call)
        self._output.end(**tool.fields(call, self._reach), status=status)


def unknown(kind: str) -> ScriptFaultError:
    """Return why a script fails that uses a tool which this API has not, or not here."""
    return ScriptFaultError(f"[emulator] no response shows a call of {kind}: it has no counterpart here")
