"""The layouts that responses and the events of their streams had, by day, each with its evidence.

The store holds the newest layout. Where recordings do not show the day of a change, it is the day of the library that
knew it first, or else the first on which they show what is new.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from emulator.domain.lifecycle import RESPONSE_TERMINAL
from emulator.wire.history.changes import Change, Doc, Downgrade, each_tool, without

RESPONSE: Final = "response"
ITEM: Final = "item"
# What is a default rather than a layout: how long prompts are cached was null before, and has been named since.
CACHED_IN_MEMORY: Final = "2026-04-27"  # null on 16 Apr 2026, in_memory on the 29th (pydantic-ai)
# Keys behind `type` were in an order of their own until 4 Dec 2025 (openai-dotnet), and are in alphabetical order since
# (pydantic-ai, openllmetry, Feb and Mar 2026).
SORTED_EVENTS: Final = "2026-02-23"

# For some months, responses in the background said that they were not stored although nobody had asked for that
# (pydantic-ai, Feb 2026; not in Sep 2025 and Jul 2026). They could be read all the same. The days are approximate.
BACKGROUND_UNSTORED: Final = ("2026-01-18", "2026-04-27")

# Until then the answer to the deletion of an item named the item (a trace of microsoft/agent-framework, Oct 2025), and
# since then it has been the conversation (vllm agentic-api, Sep 2026; documented all along). The day is unverified.
ITEM_DELETED_UNTIL: Final = "2026-01-18"

_OBFUSCATED_WIDTH: Final = 16
_LETTERS: Final = "aZ3kQ9xT1mB7vL5w"


def _within(name: str, change: Downgrade) -> Downgrade:
    """Change what a key holds, if it holds anything."""
    return lambda doc: {**doc, name: change(doc[name])} if doc.get(name) else doc


def _each_result(change: Downgrade) -> Downgrade:
    """Change every result of a search that shows them."""
    return lambda item: {**item, "results": [change(one) for one in item["results"]]} if item.get("results") else item


# Newest first.
CHANGES: Final[Sequence[Change]] = (
    Change("2026-09-24", "functions have the schema of their output", (RESPONSE,),
           each_tool(without("output_schema")), "public logs, late 2026"),
    Change("2026-09-24", "responses have access_programs", (RESPONSE,),
           without("access_programs"), "vllm agentic-api, Jun and Sep 2026"),
    Change("2026-07-09", "usage says how much was written into the cache", (RESPONSE,),
           _within("usage", _within("input_tokens_details", without("cache_write_tokens"))),
           "openai-dotnet Jun 2026, pydantic-ai Jul 2026; openai-python 2.45.0"),
    Change("2026-07-09", "reasoning has a mode", (RESPONSE,),
           _within("reasoning", without("mode")), "ruby_llm Jun 2026, pydantic-ai Jul 2026; openai-python 2.45.0"),
    Change("2026-06-25", "responses have tool_usage", (RESPONSE,),
           without("tool_usage"), "ruby_llm and openai-dotnet, Jun 2026"),
    Change("2026-05-28", "reasoning has a context", (RESPONSE,),
           _within("reasoning", without("context")), "pydantic-ai and openllmetry, May 2026"),
    Change("2026-04-27", "responses have moderation", (RESPONSE,),
           without("moderation"), "pydantic-ai, Apr 2026"),
    Change("2026-01-18", "responses have completed_at and penalties", (RESPONSE,),
           without("completed_at", "frequency_penalty", "presence_penalty"), "openai-dotnet, Dec 2025 and Feb 2026"),
    Change("2025-12-10", "results of searches name their store", (ITEM,),
           _each_result(without("vector_store_id")), "openai-dotnet, Sep 2025; pydantic-ai, Dec 2025"),
    Change("2025-11-04", "responses have prompt_cache_retention", (RESPONSE,),
           without("prompt_cache_retention"), "openllmetry Oct 2025, openai-dotnet Nov 2025"),
    Change("2025-09-18", "responses say who pays", (RESPONSE,),
           without("billing"), "openai-dotnet, Sep 2025"),
)  # fmt: skip


@cache
def _pending(kind: str, day: str) -> tuple[Downgrade, ...]:
    return tuple(change.downgrade for change in CHANGES if kind in change.objects and day < change.day)


def layout(doc: Doc, day: str, *, at_rest: bool) -> Doc:
    """Return the document of a response as a day shows it.

    at_rest: it is answered as JSON, where responses that are done say who pays; streams never do (recorded).
    """
    for step in _pending(RESPONSE, day):
        doc = step(doc)
    if _pending(ITEM, day):
        doc = {**doc, "output": [item_layout(item, day) for item in doc["output"]]}
    is_done = at_rest and doc["status"] in RESPONSE_TERMINAL
    return doc if is_done or "billing" not in doc else without("billing")(doc)


def item_layout(item: Doc, day: str) -> Doc:
    """Return an item as a day shows it."""
    for step in _pending(ITEM, day):
        item = step(item)
    return item


def event_frame(
    event: str, data: Mapping[str, Any], number: int, day: str, *, background: bool, obfuscated: bool = True
) -> Doc:
    """Return the data of an event as a stream of a day has it.

    number: its place in the stream, from 0. background: of such a response; these hide nothing (recorded). obfuscated:
    pieces of text carry characters that hide how long they are, unless the client does not want them.
    """
    fields = {"sequence_number": number, **data}
    if "response" in fields:
        fields["response"] = layout(fields["response"], day, at_rest=False)
    if "item" in fields:
        fields["item"] = item_layout(fields["item"], day)
    if "delta" in fields and obfuscated and not background:
        fields["obfuscation"] = obfuscation(fields["delta"])
    return {"type": event, **_ordered(fields, day)}


def _ordered(fields: Doc, day: str) -> Doc:
    return fields if day < SORTED_EVENTS else {name: fields[name] for name in sorted(fields)}


def obfuscation(piece: str) -> str:
    """Return what makes pieces equally long: always the same for one length, so that a stream can be repeated."""
    return _LETTERS[: _OBFUSCATED_WIDTH - len(piece) % _OBFUSCATED_WIDTH]
