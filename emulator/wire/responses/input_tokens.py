"""The request that asks how many tokens an input has: that of a response, but for what concerns its output."""

from typing import Any, Final

from emulator.domain import response_refusals
from emulator.wire import spelling
from emulator.wire.responses.problems import wrong_type
from emulator.wire.responses.requests import CreateResponse

# Documented. Every one may be left out; of the last one nothing is known here.
_FIELDS: Final = (
    "model", "input", "previous_response_id", "conversation", "tools", "tool_choice", "text", "parallel_tool_calls",
    "reasoning", "truncation", "instructions", "personality",
)  # fmt: skip


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
