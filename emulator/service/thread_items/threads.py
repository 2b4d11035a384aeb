"""A whole thread as the bodies of requests that make a conversation of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.domain.errors import ApiError
from emulator.service.thread_items import calls, messages
from emulator.service.thread_items.losses import Losses
from emulator.wire.responses.conversations import ITEMS_AT_ONCE
from emulator.wire.responses.input_items import items_of

Doc = dict[str, Any]
_ROOT: Final = "items"
_OF_RUN: Final = ("id", "object", "thread_id", "steps")


@dataclass(frozen=True, slots=True)
class OldThread:
    """A thread of before. messages, runs: oldest first; runs with their steps, of which nothing else need be known.

    names: of files, by their ids. begun_behind: how many messages there were when a run began, by its id.
    """

    thread: Mapping[str, Any]
    messages: Sequence[Mapping[str, Any]]
    runs: Sequence[Mapping[str, Any]] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    begun_behind: Mapping[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.thread["id"])

    @property
    def turns(self) -> int:
        """How many runs it had, those among them that are only named."""
        named = (one["run_id"] for one in self.messages if one["run_id"] is not None)
        return len({*named, *(run["id"] for run in self.runs)})


@dataclass(frozen=True, slots=True)
class ConversationBodies:
    """A thread as what is sent to make a conversation of it. sources: the ids of what the items were, one for each.

    losses: what has no place.
    """

    metadata: Mapping[str, str]
    items: Sequence[Doc]
    sources: Sequence[str]
    losses: Losses

    @property
    def batches(self) -> list[list[Doc]]:
        """The items, as many together as the API takes at once."""
        return [list(self.items[at : at + ITEMS_AT_ONCE]) for at in range(0, len(self.items), ITEMS_AT_ONCE)]

    @property
    def create(self) -> Doc:
        """The body of the request that creates the conversation, with the first items."""
        metadata = {"metadata": dict(self.metadata)} if self.metadata else {}
        return {**metadata, **({"items": self.batches[0]} if self.items else {})}

    @property
    def add(self) -> list[Doc]:
        """The bodies of the requests that add the others, one after the other."""
        return [{"items": some} for some in self.batches[1:]]


def bodies_of(thread: OldThread, losses: Losses) -> ConversationBodies:
    """Return a thread as bodies; what has no place is noted."""
    losses.add_fields(thread.thread, "id", "object", "metadata")
    for run in thread.runs:
        if "status" in run:
            losses.add_fields(run, *_OF_RUN)
    sources: list[str] = []
    items: list[Doc] = []
    for source, item in _in_order(thread, losses):
        items.append(item)
        sources.append(source)
    return ConversationBodies(thread.thread.get("metadata") or {}, items, sources, losses)


def _in_order(thread: OldThread, losses: Losses) -> Iterator[tuple[str, Doc]]:
    """Yield the items of messages and calls as they came to be, each with the id of what it was.

    What a run called stands before the message that it wrote next, or behind its last one; what a run called that wrote
    nothing stands where it began.
    """
    last = {one["run_id"]: place for place, one in enumerate(thread.messages)}
    left = {run["id"]: list(run["steps"]) for run in thread.runs}
    silent = [run["id"] for run in thread.runs if run["id"] not in last]
    for place, message in enumerate(thread.messages):
        while silent and thread.begun_behind.get(silent[0], len(thread.messages)) <= place:
            yield from _called(left.pop(silent.pop(0)), losses)
        steps = left.get(message["run_id"], [])
        yield from _called(_up_to(message, steps), losses)
        item = messages.item_of(message, thread.names, losses)
        if item is not None and _is_taken(message["id"], [item], losses):
            yield message["id"], item
        if last[message["run_id"]] == place:
            yield from _called(steps, losses)
    for run_id in silent:
        yield from _called(left[run_id], losses)


def _up_to(message: Mapping[str, Any], steps: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Take the steps away that a run had made when it wrote a message.

    They end with the one that wrote it; where none is known to, they are those that are no younger and wrote nothing.
    """
    wrote = [step["step_details"].get("message_creation", {}).get("message_id") for step in steps]
    if message["id"] in wrote:
        end = wrote.index(message["id"]) + 1
    else:
        later = (n for n, step in enumerate(steps) if wrote[n] or step["created_at"] > message["created_at"])
        end = next(later, len(steps))
    taken = steps[:end]
    del steps[:end]
    return taken


def _called(steps: Sequence[Mapping[str, Any]], losses: Losses) -> Iterator[tuple[str, Doc]]:
    """Yield the items of steps: of calls that were made together all calls, then their outputs, as responses do."""
    for step in steps:
        made = [one for one in calls.items_of(step, losses) if _is_taken(*one, losses)]
        yield from ((source, item) for source, (item, *_) in made)
        yield from ((source, output) for source, (_, *outputs) in made for output in outputs)


def _is_taken(source: str, items: Sequence[Doc], losses: Losses) -> bool:
    """Return whether the API takes some items that belong together; if not, its words are why they are lost."""
    try:
        items_of(list(items), root=_ROOT)
    except ApiError as error:
        losses.add(f"{items[0]['type']} items", error.message, source)
        return False
    return True
