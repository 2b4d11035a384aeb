"""The choice among tools: as it is sent, as a response shows it, as the engine has it."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from emulator.domain import response_refusals
from emulator.tools.body import Body
from emulator.tools.unions import chosen, tag
from emulator.wire.responses.problems import one_of, only
from emulator.wire.responses.tools import TYPES, FunctionTool, Name, Tool


class ChosenFunction(Body):
    """The function that must be called."""

    type: Literal["function"]
    name: Name


class AllowedTools(Body):
    """The tools that may be called, out of those that are offered."""

    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[dict[str, Any]]


class ChosenTool(Body):
    """The tool of the service that must be called."""

    model_config = ConfigDict(extra="allow")
    type: str


_WORDS = Literal["none", "auto", "required"]


def _check_chosen(value: Any) -> Any:
    known = (*TYPES, "allowed_tools")
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, str) and kind not in known:
        raise PydanticCustomError("unknown_kind", "unknown kind", {"known": known})
    return value


ToolChoice = Annotated[
    Annotated[_WORDS, tag("word")]
    | Annotated[ChosenFunction, tag("function")]
    | Annotated[AllowedTools, tag("allowed_tools")]
    | Annotated[ChosenTool, tag("any")],
    chosen(
        lambda value: (
            "word"
            if isinstance(value, str)
            else kind
            if (kind := value.get("type") if isinstance(value, dict) else value.type) in ("function", "allowed_tools")
            else "any"
        )
    ),
    BeforeValidator(_check_chosen),
    only(str, dict, Body, expected=one_of(get_args(_WORDS)).replace("one of", "one of an object or", 1)),
]


def choice_as_shown(choice: Any) -> Any:
    """Return a tool choice as a response shows it: as it was sent (recorded), ``auto`` without one."""
    return choice.model_dump() if isinstance(choice, Body) else choice or "auto"


def choice_as_offered(shown: Any) -> Any:
    """Return the tool choice of a response as the engine and scripts know it, in the shape of Assistants."""
    if isinstance(shown, str):
        return shown
    match shown["type"]:
        case "function":
            return {"type": "function", "function": {"name": shown["name"]}}
        case "allowed_tools":
            return shown["mode"]
        case kind:
            return {"type": kind}


def check_choice(choice: Any, tools: Sequence[Tool]) -> None:
    """Refuse a choice among tools that are not there."""
    if choice == "required" and not tools:
        raise response_refusals.tool_choice_without_tools(choice)
    is_there: bool = True
    if isinstance(choice, ChosenFunction):
        is_there = any(isinstance(tool, FunctionTool) and tool.name == choice.name for tool in tools)
    elif isinstance(choice, ChosenTool):
        is_there = any(tool.type == choice.type for tool in tools)
    if not is_there:
        raise response_refusals.chosen_tool_not_found(choice.type)
