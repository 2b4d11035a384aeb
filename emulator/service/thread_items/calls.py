"""What the steps of runs called, as items: functions with their outputs, searches, and code."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from emulator.service.thread_items.losses import Losses

Doc = dict[str, Any]
_DIGITS: Final = 50  # behind the prefixes of ids
_LONGEST_CALL_ID: Final = 64
_KEPT: Final = ("id", "object", "thread_id", "run_id", "type", "step_details")
_NO_ITEM: Final = "there is no such item"


def items_of(step: Mapping[str, Any], losses: Losses) -> Iterator[tuple[str, list[Doc]]]:
    """Yield the items of each call of a step, with the call's id. Those of one call belong together.

    A function call that nobody answered is left out: no response could be made in a conversation that holds one.
    """
    losses.add_fields(step, *_KEPT)
    for place, call in enumerate(step["step_details"].get("tool_calls", ())):
        kind = call.get("type")
        name = orjson.dumps([step["id"], place, call])  # of ids alone, some exports have the same ones twice
        match kind:
            case "function" if call["function"].get("output") is None:
                why = "a conversation with a call that has no output cannot go on"
                losses.add(f"calls of {call['function']['name']} without an output", why, call["id"])
            case "function":
                yield call["id"], _function(call)
            case "file_search":
                yield call["id"], [_search(call, _made("fs", name), losses)]
            case "code_interpreter":
                yield call["id"], [_code(call, _made("ci", name), step["thread_id"], losses)]
            case _:
                losses.add(f"calls of the type {kind}", _NO_ITEM, call["id"])
    if (activities := step["step_details"].get("activities")) is not None:
        losses.add(f"activities ({len(activities)})", _NO_ITEM, step["id"])


def _function(call: Mapping[str, Any]) -> list[Doc]:
    function, call_id = call["function"], _call_id(call["id"])
    about = {"call_id": call_id, "name": function["name"], "arguments": function["arguments"]}
    output = {"type": "function_call_output", "call_id": call_id, "output": function["output"]}
    return [{"type": "function_call", **about}, output]


def _call_id(id: str) -> str:  # noqa: A002
    return id if 0 < len(id) <= _LONGEST_CALL_ID else _made("call", id.encode())


def _search(call: Mapping[str, Any], item_id: str, losses: Losses) -> Doc:
    """Return a search; Assistants did not show what it looked for."""
    search = call["file_search"]
    for name in search:
        if name != "results" and search[name]:
            losses.add(f"{name} of searches", "the item of a search does not say it", call["id"])
    results = [_result(one) for one in search.get("results") or ()]
    return {"type": "file_search_call", "id": item_id, "queries": [], "results": results}


def _result(found: Mapping[str, Any]) -> Doc:
    text = "\n".join(str(part.get("text", "")) for part in found.get("content") or ())
    return {
        "attributes": found.get("attributes") or {},
        "file_id": found["file_id"],
        "filename": found.get("file_name") or found["file_id"],
        "score": found.get("score"),
        "text": text,
    }


def _code(call: Mapping[str, Any], item_id: str, thread_id: str, losses: Losses) -> Doc:
    """Return code with what it printed. Its container is no one that exists: an item has to name one (documented)."""
    code = call["code_interpreter"]
    outputs = []
    for output in code.get("outputs") or ():
        if output["type"] == "logs":
            outputs.append({"type": "logs", "logs": output["logs"]})
        else:
            losses.add("images that code drew", "an item shows them by the URL of a file in its container", call["id"])
    container = _made("cntr", thread_id.encode())
    about = {"code": code.get("input") or "", "container_id": container, "outputs": outputs}
    return {"type": "code_interpreter_call", "id": item_id, **about}


def _made(prefix: str, name: bytes) -> str:
    """Return an id that is the same each time."""
    return f"{prefix}_{hashlib.sha256(name).hexdigest()[:_DIGITS]}"
