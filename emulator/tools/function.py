"""The client's own functions: offered to the model, called by it, and run by the client."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from emulator.domain.actions import Call, Calls, Outputs, numbered
from emulator.domain.calls import ToolCall
from emulator.domain.drift import ABSENT, Difference, path_of
from emulator.domain.nearest import did_you_mean
from emulator.domain.recorded_calls import each
from emulator.domain.transcript import Progress
from emulator.domain.view import ModelView
from emulator.tools.arguments import misfits
from emulator.tools.body import Body
from emulator.tools.json_schema import ANYTHING, TEXT, YES_OR_NO, Schema, just, or_null, shape
from emulator.tools.kind import Doc, Kind, Player


class FunctionDefinition(Body):
    """The description of a function for the model. Limits: name documented, description reported."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = Field(default=None, max_length=1024)
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class FunctionTool(Body):
    """A function offered to the model."""

    type: Literal["function"]
    function: FunctionDefinition

    def to_wire(self) -> dict[str, Any]:
        """Return the tool as the API shows it: order and defaults as recorded (openai-dotnet, Oct 2025)."""
        function = self.function
        description = {} if function.description is None else {"description": function.description}
        parameters = function.parameters if function.parameters is not None else {"type": "object", "properties": {}}
        definition = {"name": function.name, **description, "parameters": parameters, "strict": bool(function.strict)}
        return {"type": "function", "function": definition}


class Function(Kind[Call | Calls]):
    """Calls of functions: text: the arguments; about: name; result: output."""

    type = "function"
    definition = FunctionTool
    rank = 2
    words: ClassVar = (Call, Calls)

    def definition_schema(self) -> Schema:
        """Return the schema of the tool as the API shows it."""
        fields = {"name": TEXT, "description": TEXT, "parameters": ANYTHING, "strict": YES_OR_NO}
        return shape(type=just(self.type), function=shape(fields, maybe=["description"]))

    def call_schema(self) -> Schema:
        """Return the schema of a call as its step shows it."""
        return shape(id=TEXT, type=just(self.type), function=shape(name=TEXT, arguments=TEXT, output=or_null(TEXT)))

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it; output is null until the client has submitted it (recorded)."""
        output = (call.result or {}).get("output")
        function = {"name": call.about["name"], "arguments": call.text, "output": output}
        return {"id": call.id, "type": self.type, "function": function}

    def required(self, call: ToolCall) -> Doc:
        """Return a call as `required_action` shows it: without an output (recorded)."""
        function = {"name": call.about["name"], "arguments": call.text}
        return {"id": call.id, "type": self.type, "function": function}

    def answered(self, call: Doc, output: str) -> Doc:
        """Return a step's call with what the client has submitted."""
        return {**call, "function": {**call["function"], "output": output}}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the first delta of a call: its name, and no arguments yet (recorded; clients skip what is in it)."""
        function = {"name": call.about["name"], "arguments": "", "output": None}
        return {"index": index, "id": call.id, "type": self.type, "function": function}

    def piece(self, index: int, text: str) -> Doc:
        """Return a delta with the next piece of the arguments (recorded)."""
        return {"index": index, "type": self.type, "function": {"arguments": text}}

    def written(self, call: Doc) -> str:
        """Return what of a call's document cost tokens."""
        arguments: str = call["function"]["arguments"]
        return arguments

    async def play(self, player: Player, action: Call | Calls, again: Progress) -> Outputs | None:
        """Make calls in one step, and wait for the client's outputs."""
        calls = action.calls if isinstance(action, Calls) else (action,)
        if again is None and not self.may_make(player, calls):
            return None
        if again is None or player.transcript.status != "requires_action":
            made = await self.make(player, calls, again)
            player.transcript.require_action(made)
        return await player.outputs()

    def may_make(self, player: Player, calls: Sequence[Call]) -> bool:
        """Return whether a run may make calls; report where recorded ones do not fit what it offers now."""
        if not super().may_make(player, calls):
            return False
        for call, below in each(calls[0] if len(calls) == 1 else Calls(*calls)):
            if call.recorded is None and player.recording is None:
                continue
            tool = next((one for one in player.view.tools if _name(one) == call.name), None)
            if tool is None:
                gone = Difference(path_of("tools", call.name), call.name, ABSENT)
                player.report_drift("tools", [gone], call.name, below)
            else:
                found = misfits(call.arguments, tool["function"].get("parameters"))
                player.report_drift("tool_arguments_invalid", found, call.name, (*below, "args"))
        return True

    async def make(self, player: Player, calls: Sequence[Call], again: Progress) -> Sequence[ToolCall]:
        """Make calls in one step, which stays open for their outputs."""
        transcript = player.transcript
        player.log_progress(**transcript.begin_calls(again))
        made = [
            ToolCall(call.id or player.new_call_id(), self.type, call.arguments, {"name": call.name}) for call in calls
        ]
        for call, tool_call in zip(calls, made, strict=True):
            await player.write(tool_call, call.stream)
        transcript.finish_calls(made, "".join(call.text for call in made))
        await player.gate()
        return made

    def oddities(self, view: ModelView, calls: Sequence[Call]) -> Iterable[str]:
        """Yield what is odd about calls: that the run does not offer them, or that it allows none in parallel."""
        for call in calls:
            if call.name not in view.tool_names:
                yield f"calls {call.name}, which the run does not offer{did_you_mean(call.name, _names(view))}"
        if len(calls) > 1 and not view.parallel_tool_calls:
            yield "makes parallel calls although parallel_tool_calls is false"


def by_keys(calls: Sequence[Call], ids: Iterable[str], outputs: Mapping[str, str]) -> Outputs:
    """Return outputs by the keys of the calls. ids: of the calls, in their order; outputs: by these ids."""
    keys = numbered(call.key for call in calls)
    return Outputs({key: outputs[call_id] for key, call_id in zip(keys, ids, strict=True)})


def _names(view: ModelView) -> list[str]:
    return [name for tool in view.tools if (name := _name(tool)) is not None]


def _name(tool: Mapping[str, Any]) -> str | None:
    return tool["function"]["name"] if tool["type"] == "function" else None


KIND = Function()
