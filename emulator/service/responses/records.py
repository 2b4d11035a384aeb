"""What there is to know of responses, alike for people and tests: how each came about, and what its turn called."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.actions import CodeResult, Hits
from emulator.domain.past_steps import PastCall, PastStep, steps_from_json
from emulator.store.documents import Row
from emulator.transcripts.responses.play import play_of

RESPONSE: Final = "response"
Doc = dict[str, Any]


def is_response(row: Row) -> bool:
    """Return whether a row of a run is a response."""
    return bool(row["doc"]["object"] == RESPONSE)


def summary(row: Row) -> Doc:
    """Return what a list says of a response beside what it says of any run, or in its place. row: with its play.

    thread_id: its dialogue, which is a conversation or else the response with which it began. assistant_rule: how the
    assistant was found that its request does not name. stored: whether its client can read it.
    """
    doc, play = row["doc"], play_of(row)
    return {
        "api": "responses",
        "thread_id": play["dialogue"],
        "assistant_id": play["assistant"],
        "assistant_rule": play["rule"],
        "conversation_id": play["conversation"],
        "previous_response_id": doc["previous_response_id"],
        "background": play["background"],
        "stored": play["store"] and not row["deleted"],
    }


def calls_of(row: Row) -> list[Doc]:
    """Return the calls of a turn up to the end of a response, with the outputs that its client has sent for them.

    row: with its play. What the response itself calls is answered with a later one, which then shows the output.
    """
    past = [_of_step(step) for step in steps_from_json(play_of(row)["past"])]
    return [*(call for call in past if call is not None), *calls_in(row["doc"]["output"])]


def _call(kind: str, name: str, arguments: str | None, output: str | None, *ids: str | None) -> Doc:
    id_, item_id = ids
    return {"id": id_, "type": kind, "name": name, "arguments": arguments, "output": output, "step_id": item_id}


def _of_step(step: PastStep) -> Doc | None:
    match step:
        case PastCall(id_, name, arguments, output):
            return _call("function", name, arguments, output, id_, None)
        case Hits(results):
            return _call("file_search", "file_search", None, _hits(results), None, None)
        case CodeResult(logs=logs):
            return _call("code_interpreter", "code_interpreter", None, logs or None, None, None)
    return None


def calls_in(items: Sequence[Mapping[str, Any]]) -> Iterator[Doc]:
    """Yield the calls among items of an output; those of functions have no output there."""
    for item in items:
        id_ = item["id"]
        match item["type"]:
            case "function_call":
                yield _call("function", item["name"], item["arguments"], None, item["call_id"], id_)
            case "file_search_call":
                queries = "\n".join(item["queries"])
                yield _call("file_search", "file_search", queries, _hits(item.get("results") or ()), id_, id_)
            case "code_interpreter_call":
                shown = [one.get("logs") or one.get("url") or "" for one in item.get("outputs") or ()]
                output = "\n".join(shown) if shown else None
                yield _call("code_interpreter", "code_interpreter", item["code"], output, id_, id_)


def _hits(results: Sequence[Mapping[str, Any]]) -> str | None:
    """Return results in the words that a search of a run has."""
    lines = []
    for one in results:
        name = one.get("filename") or one.get("file_name") or one.get("file_id")
        text = one.get("text") or " ".join(part.get("text", "") for part in one.get("content") or ())
        lines.append(f"{name}: {text}" if text else str(name))
    return "\n".join(lines) if lines else None
