"""Tools, choices and formats in the nested shape of Assistants, from the flat one of Responses."""

from collections.abc import Mapping
from typing import Any, Final

_FUNCTION: Final = "function"
_SCHEMA: Final = "json_schema"


def nested_tool(tool: Any) -> Any:
    """Return a function with its own object, and any other tool as it is."""
    is_flat = isinstance(tool, Mapping) and tool.get("type") == _FUNCTION and "name" in tool
    return _nested(tool, _FUNCTION) if is_flat else tool


def nested_choice(choice: Any) -> Any:
    """Return the choice of a function with its own object, and any other choice as it is."""
    return nested_tool(choice)


def nested_format(format: Any) -> Any:  # noqa: A002
    """Return a format by a schema with its own object, and any other format as it is."""
    is_flat = isinstance(format, Mapping) and format.get("type") == _SCHEMA and "schema" in format
    return _nested(format, _SCHEMA) if is_flat else format


def _nested(flat: Mapping[str, Any], word: str) -> dict[str, Any]:
    return {"type": word, word: {key: value for key, value in flat.items() if key != "type"}}
