"""The request that asks how many tokens an input has: that of a response, but for what concerns its output."""

from typing import Any, Final, Literal

from emulator.domain import response_refusals
from emulator.tools.body import Body
from emulator.wire import spelling
from emulator.wire.responses.input_items import Input
from emulator.wire.responses.problems import wrong_type
from emulator.wire.responses.requests import CreateResponse, NamedConversation, Reasoning
from emulator.wire.responses.text_format import Text
from emulator.wire.responses.tool_choice import ToolChoice
from emulator.wire.responses.tools import Tools


class CountTokens(Body):
    """An input to be counted (documented). Every field may be left out; of personality nothing is known here."""

    model: str | None = None
    input: Input | None = None
    previous_response_id: str | None = None
    conversation: str | NamedConversation | None = None
    tools: Tools | None = None
    tool_choice: ToolChoice | None = None
    text: Text | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    truncation: Literal["auto", "disabled"] | None = None
    instructions: str | None = None
    personality: Any = None


_FIELDS: Final = tuple(CountTokens.model_fields)


def read(data: Any, *, day: str) -> CreateResponse:
    """Return the request whose input is to be counted. day: whose words are allowed."""
    if not isinstance(data, dict):
        raise wrong_type("body", "an object", data)
    for name in data:
        if name not in _FIELDS:
            unsent = [known for known in _FIELDS if known not in data]
            raise response_refusals.unknown_parameter(name, spelling.near(name, unsent))
    counted = {name: value for name, value in data.items() if name != "personality" and value is not None}
    return CreateResponse.checked({"model": "", **counted}, day)


def document(input_tokens: int) -> dict[str, Any]:
    """Return the answer."""
    return {"object": "response.input_tokens", "input_tokens": input_tokens}
