"""Tools as v1 checked them: against each of its three kinds in turn, telling what was wrong with all of them.

Reported by users of several clients (llama_index Nov 2023, openai-java and go-openai Feb 2024).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.wire.history.behaviors import FUNCTIONS_WITHOUT_PARAMETERS, STRICT_V1
from emulator.wire.problems import Path
from emulator.wire.v1.problems import Problem, problem

_KINDS: Final = (("CODE_INTERPRETER", "code_interpreter"), ("RETRIEVAL", "retrieval"), ("FUNCTION", "function"))
_OF_FUNCTIONS: Final = ("name", "description", "parameters", "strict")


def problems_of(tool: Mapping[str, Any], at: Path, day: str) -> list[Problem]:
    """Return what v1 said of a tool on a day; nothing if it is one of the three kinds."""
    found: list[Problem] = []
    for name, kind in _KINDS:
        wrong = list(_against(tool, name, kind, at, day))
        if not wrong:
            return []
        found += wrong
    return found


def _against(tool: Mapping[str, Any], name: str, kind: str, at: Path, day: str) -> Iterator[Problem]:
    if tool["type"] != kind:
        wanted = f"<ToolTypeParam.{name}: '{kind}'>"
        given = f"value_error.const; given={tool['type']}; permitted=({wanted},)"
        yield (*at, "type"), f"unexpected value; permitted: {wanted}", given
    known = ("type", "function") if kind == "function" else ("type",)
    if kind == "function":
        yield from _function(tool, (*at, "function"), day)
    yield from _extras(tool, known, at, day)


def _function(tool: Mapping[str, Any], at: Path, day: str) -> Iterator[Problem]:
    function = tool.get("function")
    if not isinstance(function, dict):
        kind = "missing" if "function" not in tool else "null" if function is None else "dict_type"
        yield problem(at, kind)
        return
    needed = ("name",) if FUNCTIONS_WITHOUT_PARAMETERS.active_on(day) else ("name", "parameters")
    for field in needed:
        if field not in function:
            yield problem((*at, field), "missing")
    yield from _extras(function, _OF_FUNCTIONS, at, day)


def _extras(given: Mapping[str, Any], known: tuple[str, ...], at: Path, day: str) -> Iterator[Problem]:
    if STRICT_V1.active_on(day):
        for field in given:
            if field not in known:
                yield problem((*at, field), "extra_forbidden")


def upgrade_tool(tool: Any) -> Any:
    """Return a tool, offered or chosen, by its newest name."""
    return {**tool, "type": "file_search"} if isinstance(tool, dict) and tool.get("type") == "retrieval" else tool
