"""What pages of conversations and of chains have in common: items, with the responses that wrote them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.service.responses.records import calls_in
from emulator.service.run_records import summary
from emulator.service.thread_pages import ShownRun
from emulator.store.documents import Row

Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DialoguePage:
    """A page of a dialogue. entries: items and responses, as they came to be. metadata: of a conversation.

    older, newer: the item (of a chain: the response) before or after which the next page lies. source: the dialogue
    that a chain goes on from. active: a response that is not over. files, found: as of a page of a thread.
    """

    id: str
    created_at: int
    metadata: Mapping[str, Any]
    entries: Sequence[Doc | ShownRun]
    older: str | None
    newer: str | None
    source: str | None
    active: Doc | None
    files: Mapping[str, str]
    found: Mapping[str, Sequence[str]]


class Answers:
    """What clients sent as outputs of the calls of some responses, beside which they are shown."""

    def __init__(self, items: Sequence[Doc], responses: Sequence[Row]) -> None:
        given = [item for item in items if item["type"] == "function_call_output"]
        self._outputs = {
            one["call_id"]: one["output"] if isinstance(one["output"], str) else "[parts]" for one in given
        }
        written = [item for row in responses for item in row["doc"]["output"]]
        self._called = {item["call_id"] for item in written if item["type"] == "function_call"}

    def has(self, item: Doc) -> bool:
        """Return whether an item is such an output."""
        return item["type"] == "function_call_output" and item["call_id"] in self._called

    def with_output(self, call: Doc) -> Doc:
        """Return a call with its output, if one was sent."""
        return {**call, "output": self._outputs.get(str(call["id"]), call["output"])}


def of_response(row: Row, given: Sequence[Doc], answers: Answers) -> Iterator[Doc | ShownRun]:
    """Yield what was sent, the response, and what it wrote, its calls before the messages that follow them."""
    yield from (item for item in given if not answers.has(item))
    about, doc = summary(row), dict(row["doc"])
    calls: list[Doc] = []
    thoughts: list[str] = []
    begins = True
    for item in doc["output"]:
        if item["type"] == "message":
            if begins or calls or thoughts:
                yield ShownRun(about, doc, calls, begins, thoughts=thoughts)
            yield item
            calls, thoughts, begins = [], [], False
        elif item["type"] == "reasoning":
            thoughts += [str(one.get("text") or "") for one in item.get("summary") or ()]
        else:
            calls += map(answers.with_output, calls_in([item]))
    if begins or calls or thoughts:
        yield ShownRun(about, doc, calls, begins, thoughts=thoughts)


def active_of(row: Row | None) -> Doc | None:
    """Return what is said of a response that is not over."""
    return None if row is None else {"id": row["id"], "status": row["status"], "waits_for": row["waits_for"]}


def files_in(value: Any) -> Iterator[str]:
    """Yield the ids of the files that items name."""
    if isinstance(value, dict):
        if isinstance(id_ := value.get("file_id"), str):
            yield id_
        for inner in value.values():
            yield from files_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from files_in(inner)


def found_in(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Return the passages that searches found, by the ids of their files."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for item in row["doc"]["output"]:
            for result in item.get("results") or ():
                if text := result.get("text"):
                    found.setdefault(str(result.get("file_id")), []).append(str(text))
    return found
