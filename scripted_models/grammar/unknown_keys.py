"""What a key that the grammar does not know probably means: a key of another place, or a misspelt one."""

import functools
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import BaseModel

from emulator.domain.nearest import is_misspelt, nearest
from scripted_models.problems import Finding, Path
from scripted_models.rules import Rule

Loc = Sequence[str | int]
_Nodes = list[dict[str, Any]]
# Below the place of the key: `turns` and `when`, for a condition beside them.
_DEEPEST: Final = 2


def path(loc: Loc) -> Path:
    """Return where a finding stands, without the validator's own marks for kinds of steps."""
    return tuple(part for part in loc if not (isinstance(part, str) and part.startswith(("@", "[key]"))))


def describe_unknown(loc: Loc, root: type[BaseModel], *, has_value: bool = True) -> Finding:
    """Return what is wrong with a key. loc: its place, in what ``root`` describes."""
    here = path(loc)
    key = str(here[-1])
    message = f'unknown key "{key[:60]}"'
    trail = list(_trail(loc[:-1], root))
    known = _keys(trail[-1][1]) if trail else {}
    near = nearest(key, known)
    elsewhere = "" if is_misspelt(key, known) else _elsewhere(key, loc, trail, root)
    if elsewhere:
        return Finding(here, Rule.UNKNOWN_KEY, f"{message}: {elsewhere}", elsewhere)
    if near:
        return Finding(here, Rule.UNKNOWN_KEY, f"{message}, did you mean {near}?", near)
    if not has_value:
        comma = f"{message} without a value: between brackets a text that holds a comma needs quotes"
        return Finding(here, Rule.UNQUOTED_COMMA, comma)
    return Finding(here, Rule.UNKNOWN_KEY, message)


def keys_at(loc: Loc, root: type[BaseModel]) -> list[str]:
    """Return the keys of the mapping that belongs at a place; none where it has no certain ones."""
    trail = list(_trail(loc, root))
    return list(_keys(trail[-1][1])) if trail else []


def _elsewhere(key: str, loc: Loc, trail: "list[tuple[str, _Nodes]]", root: type[BaseModel]) -> str:
    """Return to which other place a key belongs; nothing where it belongs to none nearby."""
    if not trail:
        return ""
    if key.startswith("-"):
        return "an element of a list needs a blank behind the -"
    if below := _below(key, trail[-1][1], _schema(root)):
        return f"it belongs below {below}"
    if verbs := _verbs(key, loc, root):
        return f"it belongs to {' or '.join(verbs)}"
    beside = next((part for part, nodes in reversed(trail[:-1]) if part and key in _keys(nodes)), None)
    return f"it belongs beside {beside}" if beside else ""


def _below(key: str, nodes: _Nodes, schema: dict[str, Any]) -> str:
    """Return the way down to the nearest mapping that has a key, such as ``when``."""
    level = [("", nodes)]
    for _ in range(_DEEPEST):
        level = [
            (f"{way}{name}:" if not way else f"{way} {name}:", _inside(field, schema))
            for way, here in level
            for node in here
            for name, field in node.get("properties", {}).items()
        ]
        for way, here in level:
            if key in _keys(here):
                return way
    return ""


def _inside(field: dict[str, Any], schema: dict[str, Any]) -> _Nodes:
    """Return the mappings that a value may be, or the elements of a list that it may be."""
    names = schema.get("$defs", {})
    opened = _open(field, names)
    return opened + [inner for node in opened if "items" in node for inner in _open(node["items"], names)]


def _verbs(key: str, loc: Loc, root: type[BaseModel]) -> list[str]:
    """Return the verbs of the steps that have a key, where another step has it."""
    if len(loc) < 2 or not str(loc[-2]).startswith("@"):
        return []
    _, steps = list(_trail(loc[:-2], root))[-1]
    found = [node["required"][0] for node in steps if key in node.get("properties", {}) and node.get("required")]
    return list(dict.fromkeys(found))


def _trail(loc: Loc, root: type[BaseModel]) -> "Iterator[tuple[str, _Nodes]]":
    """Yield the mappings on the way to a place, each with the key that leads on from it; the place itself is last."""
    schema = _schema(root)
    names = schema.get("$defs", {})
    nodes = _open(schema, names)
    for part in loc:
        if isinstance(part, str) and part.startswith("@"):
            nodes = [node for node in nodes if _is_tagged(node, part[1:])]
            continue
        yield str(part) if isinstance(part, str) else "", nodes
        nodes = [inner for node in nodes for below in _step(node, part) for inner in _open(below, names)]
    yield "", nodes


def _is_tagged(node: dict[str, Any], verb: str) -> bool:
    required = node.get("required", ())
    if verb in ("tool", "tools"):
        return "tool" in required and ("calls" in required) == (verb == "tools")
    return ("call" if verb == "calls" else verb) in required


def _open(node: dict[str, Any], names: dict[str, Any]) -> _Nodes:
    if "$ref" in node:
        return _open(names[node["$ref"].rsplit("/", 1)[-1]], names)
    several = node.get("anyOf") or node.get("oneOf")
    return [inner for one in several for inner in _open(one, names)] if several else [node]


def _step(node: dict[str, Any], part: str | int) -> _Nodes:
    if isinstance(part, int):
        return [node["items"]] if "items" in node else []
    if part in node.get("properties", {}):
        return [node["properties"][part]]
    further = node.get("additionalProperties")
    return [further] if isinstance(further, dict) else []


def _keys(nodes: _Nodes) -> dict[str, Any]:
    return {key: field for node in nodes for key, field in node.get("properties", {}).items()}


@functools.cache
def _schema(root: type[BaseModel]) -> dict[str, Any]:
    return root.model_json_schema(mode="validation", by_alias=True)
