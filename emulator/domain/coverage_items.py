"""What a program can meet of the API's statuses, their reasons and the events of streams: the universe of coverage.

It is derived from the tables of `domain.lifecycle`. What no client of the emulator can be shown is not in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from emulator.domain import lifecycle
from emulator.domain.lifecycle import Machine
from emulator.domain.state_coverage import event_item, item_of

# Tools whose calls a stream shows in deltas; Foundry's further ones are listed when they are met, and not counted.
FUNCTION: Final = "function"
_TOOLS: Final = (FUNCTION, "code_interpreter", "file_search")
_APPROVAL: Final = "mcp"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to meet. needs: the tool without which nobody can meet it, None for any program."""

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
}
# A batch ends as completed or cancelled, whatever became of its files. No request reads an upload, and what is asked
# of one that has expired is refused.
_NEVER_SHOWN: Final = frozenset({"file batch failed", "upload expired"})


def _statuses(noun: str, machine: Machine) -> Iterator[Item]:
    for status in machine:
        if (name := item_of(noun, status)) not in _NEVER_SHOWN:
            yield Item(name, FUNCTION if name == "run requires_action" else None)


def _reasons(noun: str) -> Iterator[Item]:
    for status, reasons in REASONS.get(noun, {}).items():
        for reason in reasons:
            yield Item(item_of(noun, status, reason), _NEEDED_FOR.get(reason))


_NEEDED_FOR: Final = {"submit_tool_outputs": FUNCTION, "submit_tool_approval": _APPROVAL}


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
    yield from map(Item, (event_item("thread.message.delta"), event_item("error"), event_item("done")))


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


GROUPS: Final = tuple(_groups())
