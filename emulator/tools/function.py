"""The client's own functions: offered to the model, called by it, and run by the client."""

from typing import Any, Literal

from pydantic import Field

from emulator.tools.body import Body


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


def call(id: str, name: str, arguments: str, output: str | None = None) -> dict[str, Any]:  # noqa: A002
    """Return a call as its step shows it; output is null until the client has submitted it (recorded)."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments, "output": output}}


def required(call: dict[str, Any]) -> dict[str, Any]:
    """Return a step's call as `required_action` shows it: without an output (recorded)."""
    function = {name: value for name, value in call["function"].items() if name != "output"}
    return {**call, "function": function}


def opening(index: int, call: dict[str, Any]) -> dict[str, Any]:
    """Return the first delta of a call: its name, and no arguments yet (recorded; clients skip what is in it)."""
    function = {"name": call["function"]["name"], "arguments": "", "output": None}
    return {"index": index, "id": call["id"], "type": "function", "function": function}


def piece(index: int, text: str) -> dict[str, Any]:
    """Return a delta with the next piece of the arguments (recorded)."""
    return {"index": index, "type": "function", "function": {"arguments": text}}
