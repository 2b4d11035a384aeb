"""What a program can meet of the API's statuses, their reasons and the events of streams: the universe of coverage.

It is derived from the tables of `domain.lifecycle`. What no client of the emulator can be shown is not in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from emulator.domain import lifecycle
from emulator.domain.lifecycle import Machine
from emulator.domain.state_coverage import ERROR, ERROR_OF_RESPONSE, event_item, item_of

# Tools whose calls a stream shows in deltas; Foundry's further ones are listed when they are met, and not counted.
FUNCTION: Final = "function"
_TOOLS: Final = (FUNCTION, "code_interpreter", "file_search")
_APPROVAL: Final = "mcp"
# How a response was asked for, where only that shows something: for coverage it is like a tool.
BACKGROUND: Final = "background"
STREAM: Final = "stream"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to meet. needs: the tool, or the way of asking, without which nobody can meet it; None: any program."""

    name: str
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Items that count together, once a suite has met one of those that it is used by."""

    name: str
    items: tuple[Item, ...]
    used_by: frozenset[str]


# Noun -> status -> reasons that are items beside it.
REASONS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "run": {
        "failed": ("server_error", "rate_limit_exceeded", "invalid_prompt"),  # documented: last_error.code
        "incomplete": (
            "max_completion_tokens",
            "max_prompt_tokens",
            "content_filter",
        ),  # documented
        "requires_action": ("submit_tool_outputs", "submit_tool_approval"),  # documented; Foundry has the other one
    },
    "step": {"failed": ("server_error", "rate_limit_exceeded")},  # documented: last_error.code of a step
    # Those that the ends of runs lead to, and the filter, which is named on the message too (documented).
    "message": {
        "incomplete": (
            *dict.fromkeys(ending.reason for ending in lifecycle.ENDINGS.values() if ending.reason),
            "content_filter",
        )
    },
    # Documented; its server_error is a fault of the emulator's machine, which no test can ask for.
    "vector store file": {"failed": ("unsupported_file", "invalid_file")},
    "response": {
        "failed": ("server_error", "rate_limit_exceeded", "invalid_prompt"),  # documented: error.code
        "incomplete": ("max_output_tokens", "content_filter"),  # recorded; documented
    },
}
# Statuses of a response, and events, that are not shown of each (recorded).
_SHOWN_OF_SOME: Final = {
    "response queued": BACKGROUND,
    "response in_progress": STREAM,
    "response cancelled": BACKGROUND,
    event_item("response.queued"): BACKGROUND,
}
# Events of responses beside those of their statuses (recorded, but for those of refusals: documented).
_OF_RESPONSES: Final[Mapping[str, str | None]] = {
    "response.output_item.added": None,
    "response.content_part.added": None,
    "response.output_text.delta": None,
    "response.output_text.done": None,
    "response.refusal.delta": None,
    "response.refusal.done": None,
    "response.content_part.done": None,
    "response.output_item.done": None,
    "response.function_call_arguments.delta": FUNCTION,
    "response.function_call_arguments.done": FUNCTION,
    "response.file_search_call.in_progress": "file_search",
    "response.file_search_call.searching": "file_search",
    "response.file_search_call.completed": "file_search",
    "response.output_text.annotation.added": "file_search",
    "response.code_interpreter_call.in_progress": "code_interpreter",
    "response.code_interpreter_call_code.delta": "code_interpreter",
    "response.code_interpreter_call_code.done": "code_interpreter",
    "response.code_interpreter_call.interpreting": "code_interpreter",
    "response.code_interpreter_call.completed": "code_interpreter",
}
# A batch ends as completed or cancelled, whatever became of its files. No request reads an upload, and what is asked
# of one that has expired is refused.
_NEVER_SHOWN: Final = frozenset({"file batch failed", "upload expired"})


def _statuses(noun: str, machine: Machine) -> Iterator[Item]:
    for status in machine:
        if (name := item_of(noun, status)) not in _NEVER_SHOWN:
            yield Item(name, _NEEDED_FOR.get(name))


def _reasons(noun: str) -> Iterator[Item]:
    for status, reasons in REASONS.get(noun, {}).items():
        for reason in reasons:
            yield Item(item_of(noun, status, reason), _NEEDED_FOR.get(reason))


_NEEDED_FOR: Final = {
    **_SHOWN_OF_SOME,
    "run requires_action": FUNCTION,
    "submit_tool_outputs": FUNCTION,
    "submit_tool_approval": _APPROVAL,
}


def _events(object_name: str, machine: Machine) -> Iterator[Item]:
    """Yield the events of a kind of object: of its creation, of its first status, and of its changes."""
    names = [f"{object_name}.created", f"{object_name}.{next(iter(machine))}"]
    names += [arrival.event for row in machine.values() for arrival in row.values() if arrival.event]
    for name in dict.fromkeys(names):
        yield Item(event_item(name), FUNCTION if name == "thread.run.requires_action" else None)


def _stream() -> Iterator[Item]:
    yield Item(event_item("thread.created"))
    yield from _events("thread.run", lifecycle.RUN)
    yield from _events("thread.run.step", lifecycle.RUN_STEP)
    yield from (Item(event_item("thread.run.step.delta", tool), tool) for tool in _TOOLS)
    yield from _events("thread.message", lifecycle.MESSAGE)
    yield from map(Item, (event_item("thread.message.delta"), ERROR, event_item("done")))


def _response_stream() -> Iterator[Item]:
    names = ["response.created", "response.queued"]
    names += [arrival.event for row in lifecycle.RESPONSE.values() for arrival in row.values() if arrival.event]
    for name in map(event_item, dict.fromkeys(names)):
        yield Item(name, _NEEDED_FOR.get(name))
    for name, needs in _OF_RESPONSES.items():
        yield Item(event_item(name), needs)
    yield Item(ERROR_OF_RESPONSE)


def _group(name: str, noun: str, machine: Machine) -> Group:
    statuses = tuple(_statuses(noun, machine))
    return Group(name, (*statuses, *_reasons(noun)), frozenset(item.name for item in statuses))


def _groups() -> Iterator[Group]:
    runs, events = tuple(_statuses("run", lifecycle.RUN)), tuple(_stream())
    used_by = frozenset(item.name for item in runs)
    yield Group("runs", runs, used_by)
    yield Group("run reasons", tuple(_reasons("run")), used_by)
    yield _group("steps", "step", lifecycle.RUN_STEP)
    # Over REST a message has no status, so its statuses count where a stream has shown one.
    yield _group("messages", "message", lifecycle.MESSAGE)
    yield _group("vector stores", "vector store", lifecycle.VECTOR_STORE)
    yield _group("vector store files", "vector store file", lifecycle.VECTOR_STORE_FILE)
    yield _group("file batches", "file batch", lifecycle.FILE_BATCH)
    yield _group("uploads", "upload", lifecycle.UPLOAD)
    yield Group("stream events", events, frozenset(item.name for item in events))
    responses, of_responses = tuple(_statuses("response", lifecycle.RESPONSE)), tuple(_response_stream())
    used_by = frozenset(item.name for item in responses)
    yield Group("responses", (*responses, *_reasons("response")), used_by)
    yield Group("response events", of_responses, frozenset(item.name for item in of_responses))


GROUPS: Final = tuple(_groups())
