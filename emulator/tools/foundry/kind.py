"""What Foundry's tools have in common: how their definitions are shown, and that a script says what they answer."""

from dataclasses import replace
from typing import Any, ClassVar

from pydantic import ConfigDict

from emulator.domain.actions import Stream, UseTool, as_text
from emulator.domain.calls import ToolCall
from emulator.domain.tool_rules import RULES
from emulator.tools.body import Body
from emulator.tools.kind import Doc, Kind, Player


class Kept(Body):
    """A part of a tool's definition, whose class has its fields in the order in which they are shown (recorded).

    Fields that the class does not have are kept as they were sent, behind the others (unverified).
    """

    model_config = ConfigDict(extra="allow")

    def to_wire(self) -> dict[str, Any]:
        """Return the part as the service shows it."""
        known = {name: _shown(self.value(name)) for name in type(self).model_fields if self.shows(name)}
        return {**known, **(self.model_extra or {})}

    def shows(self, name: str) -> bool:
        """Return whether a field is shown: one that was sent, where a class does not know better."""
        return name in self.model_fields_set

    def value(self, name: str) -> Any:
        """Return what a field shows: its default for null, which is the same as leaving it out."""
        value = getattr(self, name)
        return type(self).model_fields[name].default if value is None else value


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(one) for one in value]
    return value.to_wire() if isinstance(value, Kept) else value


class FoundryTool(Kept):
    """A tool as it is offered."""


class Connection(Kept):
    """A connection of the project."""

    connection_id: str


class FoundryKind(Kind[UseTool]):
    """A tool that is asked something and answers it: text: the input; result: output.

    in_python: whether an output that is no text is written as Python writes it, instead of as JSON. whole: whether the
    input comes in one delta, unless the script says how it is streamed. unanswered: the output in the first delta.
    """

    in_python: ClassVar[bool] = False
    whole: ClassVar[bool] = False
    unanswered: ClassVar[str | None] = None

    def text(self, action: UseTool) -> str:
        """Return what a call is asked: what is left out are arguments that it has none of, or an empty text."""
        return "" if action.input is None and self.type in RULES and RULES[self.type].asked != "args" else action.text

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it: the models have texts alone."""
        fields = {"input": call.text, "output": self.output(call)}
        return {"id": call.id, "type": self.type, self.type: {**fields, **details_of(call)}}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the first delta of a call: nothing is known yet (recorded, Aug 2025)."""
        fields = {"input": None, "output": self.unanswered}
        return {"index": index, "id": call.id, "type": self.type, self.type: fields}

    def results(self, index: int, call: ToolCall) -> Doc | None:
        """Return the delta with what came of a call, and what else it shows: without its id (recorded, Aug 2025)."""
        output = self.output(call)
        found = {} if output is None else {"output": output}
        fields = {**found, **details_of(call)}
        return {"index": index, "type": self.type, self.type: fields} if fields else None

    def output(self, call: ToolCall) -> str | None:
        """Return what a tool has answered, as the text that the models have."""
        output = (call.result or {}).get("output")
        if output is None:
            return None
        return repr(output) if self.in_python and not isinstance(output, str) else as_text(output)

    async def write(self, player: Player, call: ToolCall, action: UseTool) -> None:
        """Begin a call, and let its text arrive in its time."""
        await player.write(call, action.stream or (Stream(chunk="whole") if self.whole else None))


class FunctionKind(FoundryKind):
    """A tool of several functions: text: the arguments; about: name; result: output."""

    @property
    def key(self) -> str:
        """The field that a call's own fields lie in."""
        return self.type

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it."""
        fields = {"name": call.about["name"], "arguments": call.text, "output": self.output(call)}
        return {"id": call.id, "type": self.type, self.key: {**fields, **details_of(call)}}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the first delta of a call (recorded, Aug 2025)."""
        fields = {"name": call.about["name"], "arguments": "", "output": self.unanswered}
        return {"index": index, "id": call.id, "type": self.type, self.key: fields}

    def piece(self, index: int, text: str) -> Doc:
        """Return a delta with the next piece of the arguments."""
        return {"index": index, "type": self.type, self.key: {"arguments": text}}

    def results(self, index: int, call: ToolCall) -> Doc | None:
        """Return the delta with what came of a call."""
        result = super().results(index, call)
        return result and {"index": index, "type": self.type, self.key: result[self.type]}

    def written(self, call: Doc) -> str:
        """Return what of a call's document cost tokens."""
        arguments: str = call[self.key]["arguments"]
        return arguments

    def fields(self, call: Doc) -> Doc:
        """Return the fields of a call's document."""
        fields: Doc = call.get(self.key) or {}
        return fields


class WebSearch(FoundryKind):
    """A search of the web: text: the query; result: output, what is known of the pages found (recorded, Aug 2025)."""

    in_python = True
    address: ClassVar = "https://api.bing.microsoft.com/v7.0/search?q="

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it; the query stands in the address as it is."""
        fields = {"requesturl": f"{self.address}{call.text}", "response_metadata": self.output(call)}
        return {"id": call.id, "type": self.type, self.type: {**fields, **details_of(call)}}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the first delta of a call."""
        fields = {"requesturl": "", "response_metadata": None}
        return {"index": index, "id": call.id, "type": self.type, self.type: fields}

    def piece(self, index: int, text: str) -> Doc:
        """Return the delta with the address, which comes whole."""
        return {"index": index, "type": self.type, self.type: {"requesturl": f"{self.address}{text}"}}

    def results(self, index: int, call: ToolCall) -> Doc | None:
        """Return the delta with what is known of the pages found."""
        found = call.about.get("response_metadata", self.output(call))
        return found and {"index": index, "type": self.type, self.type: {"response_metadata": found}}

    def written(self, call: Doc) -> str:
        """Return what of a call's document cost tokens."""
        url: str = call[self.type]["requesturl"]
        return url.removeprefix(self.address)

    def fields(self, call: Doc) -> Doc:
        """Return the fields of a call's document: the query, and what is known of the pages found."""
        fields = super().fields(call)
        query = str(fields.get("requesturl", "")).removeprefix(self.address)
        return {"input": query, "output": fields.get("response_metadata")}

    async def write(self, player: Player, call: ToolCall, action: UseTool) -> None:
        """Begin a call; an address has no pieces."""
        await player.write(call, replace(action.stream or Stream(), chunk="whole"))


def details_of(call: ToolCall) -> Doc:
    """Return what else a script says that a call shows."""
    return {name: value for name, value in call.about.items() if name != "name"}
