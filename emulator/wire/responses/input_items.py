"""The input of a request: a text or items, checked, and made to the documents that contexts consist of."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Final

from pydantic import WithJsonSchema

from emulator.domain import context_refusals, refusals, response_refusals
from emulator.wire.problems import Path, path_of
from emulator.wire.responses import sent_items
from emulator.wire.responses.input_parts import LONGEST_TEXT, Doc, lists_all
from emulator.wire.responses.problems import validate, wrong_type
from emulator.wire.responses.sent_items import SentItem, message

# What `items_of` checks by itself.
Item = Annotated[Any, WithJsonSchema({"type": "object"})]
Input = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]})]

# Types of items and roles: which there are, and the order in which a refusal lists them. Measured in Aug 2026. Before
# that there were fewer types: reported until Nov 2025, in several programs. Which came when is unverified.
_TYPES: Final = (
    "additional_tools", "agent_message", "apply_patch_call", "apply_patch_call_output", "code_interpreter_call",
    "compaction", "compaction_trigger", "computer_call", "computer_call_output", "custom_tool_call",
    "custom_tool_call_output", "file_search_call", "function_call", "function_call_output", "image_generation_call",
    "item_reference", "local_shell_call", "local_shell_call_output", "mcp_approval_request", "mcp_approval_response",
    "mcp_call", "mcp_list_tools", "message", "multi_agent_call", "multi_agent_call_output", "program",
    "program_output", "reasoning", "shell_call", "shell_call_output", "tool_search_call", "tool_search_output",
    "web_search_call",
)  # fmt: skip
_TYPES_BEFORE: Final = (
    "code_interpreter_call", "computer_call", "computer_call_output", "file_search_call", "function_call",
    "function_call_output", "image_generation_call", "item_reference", "local_shell_call", "local_shell_call_output",
    "message", "reasoning", "web_search_call",
)  # fmt: skip
_ROLES: Final = ("assistant", "system", "developer", "user")
_MODELS: Final[Mapping[str, type[SentItem]]] = {
    "code_interpreter_call": sent_items.CodeInterpreterCall,
    "file_search_call": sent_items.FileSearchCall,
    "function_call": sent_items.FunctionCall,
    "function_call_output": sent_items.FunctionCallOutput,
    "item_reference": sent_items.ItemReference,
    "reasoning": sent_items.Reasoning,
}


def items_of(value: Any, *, root: str = "input", day: str | None = None) -> list[Doc]:
    """Return an input as documents of items, complete but for the ids that were not sent, which are null.

    root: the name of the field in the body. day: whose words are listed, by default the newest.
    """
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise refusals.string_too_long(root, LONGEST_TEXT, len(value))
        return [message(None, "user", [{"type": "input_text", "text": value}])] if value else []
    if not isinstance(value, list):
        raise wrong_type(root, "one of a string or array of input items", value)
    items = [_document(item, (root, place), day) for place, item in enumerate(value)]
    if root == "input":  # where items are added to a conversation one may stand twice (recorded)
        _check_once(items)
        _check_reasoning(items)
    return items


def _document(item: Any, path: Path, day: str | None) -> Doc:
    if not isinstance(item, dict):
        raise wrong_type(path_of(path), "an input item", item)
    model = _model_of(item, path_of(path), day)
    read = validate(model, item, root=path, day=day)
    if isinstance(read, sent_items.Reasoning) and read.encrypted_content:
        raise response_refusals.not_emulated("Encrypted reasoning is", f"{path_of(path)}.encrypted_content")
    return read.document()


def _model_of(item: Mapping[str, Any], path: str, day: str | None) -> type[SentItem]:
    """Return what an item is, by its type; by its role where it has none or is a message."""
    kind, role = item.get("type"), item.get("role")
    if kind is not None and kind not in _TYPES:
        known = _TYPES if lists_all(day) else _TYPES_BEFORE
        raise refusals.invalid_value(path, kind if isinstance(kind, str) else "", known)
    if kind not in (None, "message"):
        if kind not in _MODELS:
            raise response_refusals.not_emulated(f"Items of the type '{kind}' are", path)
        return _MODELS[kind]
    if kind is None and role is None and "id" in item and item.keys() <= {"id", "type"}:
        return sent_items.ItemReference  # documented: its type may be left out
    if role not in _ROLES:
        raise refusals.invalid_value(path, role if isinstance(role, str) else "", _ROLES)
    return sent_items.OutputMessage if role == "assistant" else sent_items.InputMessage


def _check_once(items: Sequence[Doc]) -> None:
    """Refuse an item that the input has twice."""
    seen = set()
    for item in items:
        if item["id"] is not None and item["id"] in seen:
            raise context_refusals.duplicate_item(item["id"])
        seen.add(item["id"])


def _check_reasoning(items: Sequence[Doc]) -> None:
    """Refuse reasoning without what it led to: a message of the model, or a call."""
    for item, following in pairwise((*items, None)):
        if item is not None and item["type"] == "reasoning" and item["id"] is not None and not _is_of_model(following):
            raise context_refusals.reasoning_alone(item["id"])


def _is_of_model(item: Doc | None) -> bool:
    """Return whether a model wrote an item. What a reference names may well be one."""
    return item is not None and item["type"] != "function_call_output" and item.get("role", "assistant") == "assistant"
