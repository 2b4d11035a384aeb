"""What a call of each of Foundry's tools is asked by and needs, and what is wrong with one that says something else.

Scripts are checked against it before they are played, and whatever is played is checked again. A kind of tool that is
not in the table is asked whatever a script likes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from emulator.domain.actions import UseTool
from emulator.domain.nearest import is_misspelt, nearest

Shape = Literal["a text", "a list of mappings", "a mapping of mappings"]

# Documented: the public models of azure-ai-agents 1.2.0b6.
ACTIONS: Final = ("click", "double_click", "drag", "keypress", "move", "screenshot", "scroll", "type", "wait")


@dataclass(frozen=True, slots=True)
class ToolRules:
    """How one tool is called.

    asked: the word for what the model asks. needs: what that is, where a call cannot do without. named: a call names a
    function. approved: a client may have to approve it. given: fields of a call that come from elsewhere than
    `details`, and from where. details: further fields that are known, and their shapes.
    """

    asked: Literal["query", "input", "args"]
    needs: str | None = None
    named: bool = False
    approved: bool = False
    given: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a call. path: within it. fatal: it cannot be played at all. near: the name that is meant."""

    path: tuple[str | int, ...]
    message: str
    fatal: bool = True
    near: str | None = None


_ANSWERED: Final = {"output": "output"}
_QUESTION: Final = ToolRules("query", "what it searches for", given={"input": "query", **_ANSWERED})
_WEB: Final = ToolRules(
    "query", "what it searches for", details={"requesturl": "a text", "response_metadata": "a text"}
)
_FUNCTION: Final = {"name": "name", "arguments": "args", **_ANSWERED}

RULES: Final[Mapping[str, ToolRules]] = {
    "azure_ai_search": _QUESTION,
    "azure_function": ToolRules("args", named=True, given=_FUNCTION),
    "bing_custom_search": _WEB,
    "bing_grounding": _WEB,
    "browser_automation": ToolRules(
        "input", "the task", given={"input": "input", **_ANSWERED}, details={"steps": "a list of mappings"}
    ),
    "computer_use_preview": ToolRules(
        "input",
        "an action such as {type: screenshot}",
        given={"action": "input", "output": "the client"},
        details={"pending_safety_checks": "a list of mappings"},
    ),
    "connected_agent": ToolRules(
        "args",
        named=True,
        given=_FUNCTION,
        details={"run_id": "a text", "thread_id": "a text", "assistant_id": "a text"},
    ),
    "deep_research": _QUESTION,
    "fabric_dataagent": _QUESTION,
    "mcp": ToolRules(
        "args",
        named=True,
        approved=True,
        given={"id": "the emulator", "type": "tool", **_FUNCTION},
        details={"server_label": "a text", "tools": "a mapping of mappings"},
    ),
    "openapi": ToolRules("args", named=True, given=_FUNCTION),
    "sharepoint_grounding": _QUESTION,
}


def mistakes_of(use: UseTool, word: str | None = None) -> Iterator[Mistake]:
    """Yield what is wrong with a call. word: by which the script asks; by default the one that the tool has."""
    rules = RULES.get(use.kind)
    if rules is None:
        return
    if rules.named and not (use.name or "").strip():
        yield Mistake(("name",), f"{use.kind} needs name, the function that it calls")
    yield from _asked(use, rules, word or rules.asked)
    for name, value in use.details.items():
        if name in rules.given:
            message = f"{name} of a call of {use.kind} is given by {rules.given[name]}, not in details"
            yield Mistake(("details", name), message)
        elif is_misspelt(name, rules.details):
            near = nearest(name, rules.details)
            message = f"no field {name} of a call of {use.kind} is known, did you mean {near}?"
            yield Mistake(("details", name), message, near=near)
        elif name in rules.details and not _has_shape(value, rules.details[name]):
            message = f"{name} of a call of {use.kind} has to be {rules.details[name]}"
            yield Mistake(("details", name), message)


def _asked(use: UseTool, rules: ToolRules, word: str) -> Iterator[Mistake]:
    if use.kind == "computer_use_preview":
        if type_of_action(use.input) is None:
            inner = ("type",) if isinstance(use.input, Mapping) else ()
            yield Mistake((word, *inner), f"{use.kind} needs {rules.asked}, {rules.needs}")
    elif rules.needs is not None and use.input is None:
        yield Mistake((rules.asked,), f"{use.kind} needs {rules.asked}, {rules.needs}", fatal=False)
    elif rules.asked == "args" and not isinstance(use.input, Mapping | str | None):
        message = f"arguments of {use.kind} are a mapping, or a text that is sent as it is"
        yield Mistake((word,), message, fatal=False)


def type_of_action(asked: Any) -> str | None:
    """Return the type of an action on a computer, which may be written by its type alone; None where it has none."""
    kind = asked.get("type") if isinstance(asked, Mapping) else asked
    return kind if isinstance(kind, str) and kind.strip() else None


def _has_shape(value: Any, shape: Shape) -> bool:
    match shape:
        case "a text":
            return isinstance(value, str)
        case "a list of mappings":
            return isinstance(value, list | tuple) and all(isinstance(one, Mapping) for one in value)
        case "a mapping of mappings":
            return isinstance(value, Mapping) and all(isinstance(one, Mapping) for one in value.values())
