"""Tools as v1 checked them: against each of its three kinds in turn, with an error for each if none fits.

Reported by users of several clients (llama_index Nov 2023, openai-java and go-openai Feb 2024).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.tools.body import Body
from emulator.wire.history.behaviors import FUNCTIONS_WITHOUT_PARAMETERS, STRICT_V1
from emulator.wire.problems import Path
from emulator.wire.v1.problems import Problem, problem

_KINDS: Final = (("CODE_INTERPRETER", "code_interpreter"), ("RETRIEVAL", "retrieval"), ("FUNCTION", "function"))
_FUNCTION_FIELDS: Final = ("name", "description", "parameters", "strict")


def tool_problems(tool: Mapping[str, Any], at: Path, day: str) -> list[Problem]:
    """Return the problems that v1 found in a tool on a day; none if it fits one of the three kinds."""
    problems: list[Problem] = []
    for name, kind in _KINDS:
        of_kind = list(_problems_as(kind, name, tool, at, day))
        if not of_kind:
            return []
        problems += of_kind
    return problems


def _problems_as(kind: str, name: str, tool: Mapping[str, Any], at: Path, day: str) -> Iterator[Problem]:
    """Yield the problems of a tool if it is taken for a kind. name: of the kind in v1's code."""
    if tool["type"] != kind:
        permitted = f"<ToolTypeParam.{name}: '{kind}'>"
        v1_type = f"value_error.const; given={tool['type']}; permitted=({permitted},)"
        yield (*at, "type"), f"unexpected value; permitted: {permitted}", v1_type
    known = ("type", "function") if kind == "function" else ("type",)
    if kind == "function":
        yield from _function_problems(tool, (*at, "function"), day)
    yield from _unknown_fields(tool, known, at, day)


def _function_problems(tool: Mapping[str, Any], at: Path, day: str) -> Iterator[Problem]:
    function = tool.get("function")
    if not isinstance(function, dict):
        kind = "missing" if "function" not in tool else "null" if function is None else "dict_type"
        yield problem(at, kind)
        return
    required = ("name",) if FUNCTIONS_WITHOUT_PARAMETERS.active_on(day) else ("name", "parameters")
    for field in required:
        if field not in function:
            yield problem((*at, field), "missing")
    yield from _unknown_fields(function, _FUNCTION_FIELDS, at, day)


def _unknown_fields(sent: Mapping[str, Any], known: tuple[str, ...], at: Path, day: str) -> Iterator[Problem]:
    if STRICT_V1.active_on(day):
        for field in sent:
            if field not in known:
                yield problem((*at, field), "extra_forbidden")


def upgrade_tool(tool: Any) -> Any:
    """Return a tool, offered or chosen, under its newest name."""
    return {**tool, "type": "file_search"} if isinstance(tool, dict) and tool.get("type") == "retrieval" else tool


def offers_search(body: Body) -> bool:
    """Return whether an upgraded body gives an assistant or a run the tool that v1 called retrieval."""
    return any(tool.type == "file_search" for tool in getattr(body, "tools", None) or ())
