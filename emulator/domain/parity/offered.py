"""Differences between the tools that two models are offered, one by one by their names."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.parity.candidates import Candidate
from emulator.domain.parity.flat import nested_tool
from emulator.domain.parity.same_tools import needed_now
from emulator.domain.parity.sentences import contrasted, listed, quoted
from emulator.domain.parity.sides import same

_FUNCTION: Final = "function"

Tool = Mapping[str, Any]


def offered(before: Sequence[Tool], after: Sequence[Tool]) -> Iterator[Candidate]:
    """Yield what differs: tools that are missing, added or defined in another way."""
    old, new = _by_name(before), _by_name(after)
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name), new.get(name)
        if now is None:
            what = f"the model is no longer offered {_called(was)}"
            yield Candidate(
                "seen", f"tools.{name}", was, None, what, "of the assistant or the run", "not sent with {request}"
            )
        elif was is None:
            yield Candidate("seen", f"tools.{name}", None, now, f"the model is now also offered {_called(now)}")
        elif not same(was, now):
            yield from _changes(name, was, now)
    if list(old) != list(new) and old.keys() == new.keys():
        yield Candidate("seen", "tools", list(old), list(new), "the tools are listed in another order")


def _by_name(tools: Sequence[Tool]) -> dict[str, Tool]:
    """Return tools by name, a second one of a name with its number."""
    counts: Counter[str] = Counter()
    named = {}
    for tool in tools:
        name = _name(tool)
        counts[name] += 1
        named[name if counts[name] == 1 else f"{name}#{counts[name]}"] = tool
    return named


def _name(tool: Tool) -> str:
    about = nested_tool(tool)
    return str(about[_FUNCTION].get("name")) if _is_function(about) else str(about.get("type"))


def _is_function(tool: Tool) -> bool:
    return tool.get("type") == _FUNCTION and isinstance(tool.get(_FUNCTION), Mapping)


def _called(tool: Tool | None) -> str:
    if tool is None:
        return "nothing"
    kind = "the function" if tool.get("type") == _FUNCTION else "the tool"
    return f"{kind} {_name(tool)}"


def _changes(name: str, was: Tool, now: Tool) -> Iterator[Candidate]:
    old, new = nested_tool(was), nested_tool(now)
    if same(old, new):
        yield Candidate("seen", f"tools.{name}", was, now, f"{_called(now)} is laid flat")
        return
    kind = str(new.get("type"))
    if old.get("type") != kind:
        yield Candidate("seen", f"tools.{name}", was, now, f"{_called(now)} takes the place of {_called(was)}")
        return
    about, other = old.get(kind), new.get(kind)
    if not all(isinstance(one, Mapping | None) for one in (about, other)):
        about, other = {kind: about}, {kind: other}
    about, other = (dict(one or {}) for one in (about, other))
    for key in dict.fromkeys((*about, *other)):
        if not same(about.get(key), other.get(key)) or (key in about) != (key in other):
            yield _change(name, key, about, other, _called(now))
    rest = [{key: value for key, value in tool.items() if key != kind} for tool in (old, new)]
    if not same(*rest):
        yield Candidate("seen", f"tools.{name}", rest[0], rest[1], f"{_called(now)} is defined in another way")


def _change(name: str, key: str, old: Tool, new: Tool, called: str) -> Candidate:
    before, after = old.get(key), new.get(key)
    if key == "parameters" and (needed := needed_now(before, after)):
        what = f"{called} has to be called with {listed(list(map(quoted, needed)))}, which could be left out before"
        is_default = bool(new.get("strict")) and not old.get("strict")
        now = "functions are strict unless a request says strict: false" if is_default else None
        return Candidate("seen", f"tools.{name}.{key}", before, after, what, now=now)
    was, is_now = contrasted(before, after)
    return Candidate("seen", f"tools.{name}.{key}", before, after, f"{key} of {called} is {is_now}, before {was}")
