"""What Foundry's tools have in common: how their definitions are shown, and that a script says what they answer."""

from typing import Any, ClassVar

from pydantic import ConfigDict

from emulator.domain.actions import UseTool, as_text
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
    """A tool that is asked something and answers it: text: the input; result: output."""

    def text(self, action: UseTool) -> str:
        """Return what a call is asked: what is left out are arguments that it has none of, or an empty text."""
        return "" if action.input is None and self.type in RULES and RULES[self.type].asked != "args" else action.text

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it: the models have texts alone."""
        fields = {"input": call.text, "output": output_of(call)}
        return {"id": call.id, "type": self.type, self.type: {**fields, **details_of(call)}}

    def results(self, index: int, call: ToolCall) -> Doc | None:
        """Return the delta with what came of a call."""
        return {"index": index, "id": call.id, "type": self.type, self.type: {"output": output_of(call)}}


class FunctionKind(FoundryKind):
    """A tool of several functions: text: the arguments; about: name; result: output."""

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it."""
        fields = {"name": call.about["name"], "arguments": call.text, "output": output_of(call)}
        return {"id": call.id, "type": self.type, self.type: {**fields, **details_of(call)}}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the first delta of a call."""
        fields = {"name": call.about["name"], "arguments": ""}
        return {"index": index, "id": call.id, "type": self.type, self.type: fields}

    def piece(self, index: int, text: str) -> Doc:
        """Return a delta with the next piece of the arguments."""
        return {"index": index, "type": self.type, self.type: {"arguments": text}}

    def written(self, call: Doc) -> str:
        """Return what of a call's document cost tokens."""
        arguments: str = call[self.type]["arguments"]
        return arguments


class WebSearch(FoundryKind):
    """A search of the web: text: the query; result: output, what is known of the pages found.

    The step names the address that was asked, a delta only its key (reported, azure-sdk-for-python 2025).
    """

    address: ClassVar[str]

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it."""
        from urllib.parse import quote_plus  # noqa: PLC0415 - most servers never search the web

        output = output_of(call)
        found = {} if output is None else {"response_metadata": output}
        fields = {"requesturl": f"{self.address}?q={quote_plus(call.text)}", **found}
        return {"id": call.id, "type": self.type, self.type: {**fields, **details_of(call)}}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the one delta of a call."""
        return {"index": index, "id": call.id, "type": self.type, self.type: {"requesturl": ""}}

    def results(self, index: int, call: ToolCall) -> Doc | None:  # noqa: ARG002 - see `opening`
        """Return None: there is no such delta."""
        return None

    def written(self, call: Doc) -> str:
        """Return what of a call's document cost tokens."""
        url: str = call[self.type]["requesturl"]
        return url.removeprefix(f"{self.address}?q=")

    async def write(self, player: Player, call: ToolCall, action: UseTool) -> None:  # noqa: ARG002 - see `opening`
        """Begin a call; its query is not streamed."""
        player.transcript.open_call(call, streamed=False)


def output_of(call: ToolCall) -> str | None:
    """Return what a tool has answered, as the text that the models have."""
    output = (call.result or {}).get("output")
    return None if output is None else as_text(output)


def details_of(call: ToolCall) -> Doc:
    """Return what else a script says that a call shows."""
    return {name: value for name, value in call.about.items() if name != "name"}
