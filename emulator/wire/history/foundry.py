"""What Foundry's agents never took over of the API's changes, as far as recordings go (Apr to Sep 2025).

Evidence of all of it: Azure/azure-sdk-assets, the recordings of azure-ai-agents. Written as the changes of the API are,
and applied on any day.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from emulator.wire.history.changes import (
    ASSISTANT,
    RUN,
    STEP,
    STEP_DELTA,
    Doc,
    Downgrade,
    each_call,
    each_tool,
    in_order,
    without,
)

_DEFAULT_RANKING: Final = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
_STORE: Final = (
    "id", "object", "name", "status", "usage_bytes", "created_at", "file_counts", "metadata", "expires_after",
    "expires_at", "last_active_at",
)  # fmt: skip


def _search_tool(tool: Doc) -> Doc:
    """A tool without options of its own is bare. How others were shown is unverified."""
    if tool["type"] != "file_search" or "file_search" not in tool:
        return tool
    options = dict(tool["file_search"])
    ranking = without("hybrid_search")(options.pop("ranking_options", {}))
    if ranking not in ({}, _DEFAULT_RANKING):
        options["ranking_options"] = ranking
    return {"type": "file_search", **({"file_search": options} if options else {})}


def _usage(doc: Doc) -> Doc:
    return {**doc, "usage": without("completion_tokens_details")(doc["usage"])} if doc.get("usage") else doc


def _results_without_attributes(call: Doc) -> Doc:
    if call["type"] != "file_search" or not call["file_search"].get("results"):
        return call
    results = [_without_empty("attributes")(result) for result in call["file_search"]["results"]]
    return {**call, "file_search": {**call["file_search"], "results": results}}


def _without_empty(name: str) -> Downgrade:
    """Leave a key out unless something was sent for it. What is shown of what was sent is unverified."""
    return lambda doc: doc if doc.get(name) else without(name)(doc)


def _store(doc: Doc) -> Doc:
    return {**in_order(*_STORE)(doc), **({"description": doc["description"]} if doc.get("description") else {})}


NOT_TAKEN_OVER: Final[Mapping[str, Sequence[Downgrade]]] = {
    ASSISTANT: (without("reasoning_effort"), each_tool(_search_tool)),
    RUN: (without("reasoning_effort"), each_tool(_search_tool), _usage),
    STEP: (_usage, each_call(_results_without_attributes)),
    STEP_DELTA: (each_call(_results_without_attributes),),
    "vector_store": (_store,),
    "vector_store.file": (_without_empty("attributes"),),
}
