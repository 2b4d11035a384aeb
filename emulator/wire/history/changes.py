"""Every dated change of a shape, with its evidence and a function that downgrades a document past it.

The store holds one shape, the newest. A response on the wire of an older day is downgraded past every change after that
day, newest first (see `downgrade`). Where recordings do not show the day of a change, it is the day of the
specification that announced it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.wire.files import files_of

Doc = dict[str, Any]
Downgrade = Callable[[Doc], Doc]

ALWAYS: Final = "9999"
# The store keeps what a citation quotes, which older wires show.
CITED_WITHOUT_QUOTE: Final = "2024-06-03"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a shape that came on a day.

    day: the first on which it is seen. objects: the kinds whose shape it is. downgrade: undoes it. evidence: sources
    that show the shapes before and since. beta: v1 or v2, if only that version changed.
    """

    day: str
    what: str
    objects: tuple[str, ...]
    downgrade: Downgrade
    evidence: str
    beta: str | None = None


# --- downgrades -----------------------------------------------------------------------------------------------------


def without(*names: str) -> Downgrade:
    """Leave out keys."""
    return lambda doc: {name: value for name, value in doc.items() if name not in names}


def in_order(*names: str) -> Downgrade:
    """Show only these keys, in this order."""
    return lambda doc: {name: doc[name] for name in names if name in doc}


def absent_when_null(name: str) -> Downgrade:
    """Leave a key out unless it has a value."""
    return lambda doc: doc if doc.get(name) is not None else without(name)(doc)


def each_tool(change: Callable[[Doc], Doc]) -> Downgrade:
    """Change every tool that is offered."""
    return lambda doc: {**doc, "tools": [change(tool) for tool in doc["tools"]]} if doc.get("tools") else doc


def each_call(change: Callable[[Doc], Doc]) -> Downgrade:
    """Change every call of a step."""

    def downgrade(doc: Doc) -> Doc:
        details = doc["delta"]["step_details"] if "delta" in doc else doc.get("step_details", {})
        if not details.get("tool_calls"):
            return doc
        changed = {**details, "tool_calls": [change(call) for call in details["tool_calls"]]}
        return {**doc, "delta": {"step_details": changed}} if "delta" in doc else {**doc, "step_details": changed}

    return downgrade


def each_citation(change: Callable[[Doc], Doc]) -> Downgrade:
    """Change what every citation of a message's texts says of its file."""

    def changed(annotation: Doc) -> Doc:
        cited = annotation.get("file_citation")
        return {**annotation, "file_citation": change(cited)} if cited else annotation

    def downgrade(doc: Doc) -> Doc:
        if not any(part["type"] == "text" and part["text"]["annotations"] for part in doc["content"]):
            return doc
        parts = [
            {**part, "text": {**part["text"], "annotations": [changed(one) for one in part["text"]["annotations"]]}}
            if part["type"] == "text"
            else part
            for part in doc["content"]
        ]
        return {**doc, "content": parts}

    return downgrade


def _usage_without_details(doc: Doc) -> Doc:
    if not doc.get("usage"):
        return doc
    return {**doc, "usage": in_order("prompt_tokens", "completion_tokens", "total_tokens")(doc["usage"])}


def _tool_without_strict(tool: Doc) -> Doc:
    return {**tool, "function": without("strict")(tool["function"])} if tool["type"] == "function" else tool


def _tool_strict_if_true(tool: Doc) -> Doc:
    return tool if tool["type"] != "function" or tool["function"].get("strict") else _tool_without_strict(tool)


def _tool_without_hybrid(tool: Doc) -> Doc:
    ranking = tool.get("file_search", {}).get("ranking_options")
    if ranking is None:
        return tool
    return {**tool, "file_search": {**tool["file_search"], "ranking_options": without("hybrid_search")(ranking)}}


def _plain_search_tool(tool: Doc) -> Doc:
    if tool["type"] != "file_search":
        return tool
    most = in_order("max_num_results")(tool.get("file_search", {}))
    return {"type": "file_search", **({"file_search": most} if most else {})}


def _results_without_attributes(call: Doc) -> Doc:
    if call["type"] != "file_search" or not call["file_search"].get("results"):
        return call
    results = [without("attributes")(result) for result in call["file_search"]["results"]]
    return {**call, "file_search": {**call["file_search"], "results": results}}


def _plain_search_call(call: Doc) -> Doc:
    return {**call, "file_search": {}} if call["type"] == "file_search" else call


def _retrieval_tool(tool: Doc) -> Doc:
    return {"type": "retrieval"} if tool["type"] == "file_search" else tool


def _retrieval_choice(doc: Doc) -> Doc:
    choice = doc.get("tool_choice")
    return {**doc, "tool_choice": _retrieval_tool(choice)} if isinstance(choice, dict) else doc


def _retrieval_call(call: Doc) -> Doc:
    if call["type"] != "file_search":
        return call
    return {
        name: ("retrieval" if name == "type" else value) for name, value in call.items() if name != "file_search"
    } | {"retrieval": {}}


def _quoted(cited: Doc) -> Doc:
    """An empty quote where the passage is not known: clients of that time cannot read a message without the key."""
    return {**cited, "quote": cited.get("quote", "")}


def _uploaded_at_first(doc: Doc) -> Doc:
    return {**doc, "status": "uploaded"} if doc["purpose"] == "fine-tune" else doc


def _call_without_pending_output(call: Doc) -> Doc:
    if call["type"] != "function" or call["function"].get("output") is not None:
        return call
    return {**call, "function": without("output")(call["function"])}


def _completed_instead_of_incomplete(doc: Doc) -> Doc:
    return {**doc, "status": "completed"} if doc.get("status") == "incomplete" else doc


def _completed_event(doc: Doc) -> Doc:
    return {**doc, "event": "thread.run.completed"} if doc["event"] == "thread.run.incomplete" else doc


def _without_indent(doc: Doc) -> Doc:
    return {**doc, "compact": True} if "compact" in doc else doc


def _file_ids_instead_of(replaced: str) -> Downgrade:
    def downgrade(doc: Doc) -> Doc:
        ids = files_of(doc)
        fields = {name: value for name, value in doc.items() if name != "file_ids" or replaced not in doc}
        return {
            ("file_ids" if name == replaced else name): (ids if name == replaced else value)
            for name, value in fields.items()
        }

    return downgrade


# --- the list -------------------------------------------------------------------------------------------------------

ASSISTANT, THREAD, MESSAGE, RUN, STEP = "assistant", "thread", "thread.message", "thread.run", "thread.run.step"
STEP_DELTA = "thread.run.step.delta"
# Documents that have a history of their own in some responses.
NEW_FILE, FILE_DELETED, FILE_IN_BATCH = "new file", "file deleted", "vector_store.file in batch"
# Treated as documents though they are none: an envelope, the name of an event, the layout of a message's bytes, the
# field beside an error.
LIST_OF_FILES, EVENT = "list of file", "event"
MESSAGE_LAYOUT, FILES_REFUSAL = "layout of thread.message", "refusal of files"

# Newest first; those of one day in the order of the downgrades.
CHANGES: Final[Sequence[Change]] = (
    Change("2026-05-01", "errors of the Files endpoints repeat the message in `detail`", (FILES_REFUSAL,),
           without("detail"), "openai-dotnet, May 2026"),
    Change("2025-10-01", "lists of the files in a batch show all fields", (FILE_IN_BATCH,),
           in_order("id", "object", "created_at", "vector_store_id", "status", "last_error"),
           "openai-dotnet, Sep and Oct 2025"),
    Change("2025-04-29", "files have expires_at", ("file",),
           without("expires_at"), "ruby-openai Feb 2025, openai-dotnet Sep 2025; specification"),
    Change("2025-03-11", "vector stores have a description, and a new order of fields", ("vector_store",),
           in_order("id", "object", "name", "status", "usage_bytes", "created_at", "file_counts", "metadata",
                    "expires_after", "expires_at", "last_active_at"),
           "ruby-openai Oct 2024, openai-dotnet Sep 2025"),
    Change("2025-03-11", "files in stores have attributes", ("vector_store.file",),
           without("attributes"), "specification"),
    Change("2025-03-11", "search results in steps have attributes", (STEP, STEP_DELTA),
           each_call(_results_without_attributes), "ruby-openai Oct 2024, openai-dotnet Sep 2025"),
    Change("2025-03-11", "file_search tools have hybrid_search", (ASSISTANT, RUN),
           each_tool(_tool_without_hybrid), "ruby-openai Oct 2024, openai-dotnet Sep 2025"),
    Change("2025-01-31", "assistants and runs have reasoning_effort", (ASSISTANT, RUN),
           without("reasoning_effort"), "ruby-openai Oct 2024 and Mar 2025; specification"),
    Change("2025-01-31", "functions have strict, also where it is false", (ASSISTANT, RUN),
           each_tool(_tool_strict_if_true), "recordings of 2024 and 2025"),
    Change("2025-01-01", "usage has details of cached and reasoning tokens", (RUN, STEP),
           _usage_without_details, "ruby-openai Oct 2024 and Mar 2025"),
    Change("2024-10-10", "file lists have first_id and last_id", (LIST_OF_FILES,),
           without("first_id", "last_id"), "ruby-openai May and Oct 2024"),
    Change("2024-08-23", "file_search tools have ranking options", (ASSISTANT, RUN),
           each_tool(_plain_search_tool), "ruby-openai Apr and Oct 2024; specification"),
    Change("2024-08-23", "file_search calls show their results", (STEP, STEP_DELTA),
           each_call(_plain_search_call), "specification"),
    Change("2024-08-06", "functions may be strict", (ASSISTANT, RUN),
           each_tool(_tool_without_strict), "specification"),
    Change("2024-06-06", "runs have parallel_tool_calls", (RUN,),
           without("parallel_tool_calls"), "openllmetry 5 Jun 2024; specification"),
    Change("2024-06-03", "files in stores have chunking_strategy", ("vector_store.file",),
           without("chunking_strategy"), "ruby-openai Apr and Oct 2024; specification"),
    Change(CITED_WITHOUT_QUOTE, "citations have no quote", (MESSAGE,),
           each_citation(_quoted), "azure-sdk-assets Jan 2024; specification"),
    Change("2024-05-13", "incomplete runs end with an event of their own", (EVENT,),
           _completed_event, "ruby-openai Apr 2024; specification"),
    Change("2024-05-07", "file lists have data before has_more", (LIST_OF_FILES,),
           in_order("object", "has_more", "data"), "ruby-openai Nov 2023 and May 2024"),
    # --- v1 as such: what v2 replaced
    Change(ALWAYS, "v1 has file_ids on assistants", (ASSISTANT,),
           _file_ids_instead_of("tool_resources"), "ruby-openai, both wires of Apr 2024", "v1"),
    Change(ALWAYS, "v1 has file_ids on runs", (RUN,),
           _file_ids_instead_of("tool_resources"), "ruby-openai, both wires of Apr 2024", "v1"),
    Change(ALWAYS, "v1 has file_ids on messages", (MESSAGE,),
           _file_ids_instead_of("attachments"), "ruby-openai, both wires of Apr 2024", "v1"),
    Change(ALWAYS, "v1 threads have no resources", (THREAD,),
           without("tool_resources"), "ruby-openai, both wires of Apr 2024", "v1"),
    Change(ALWAYS, "v1 calls file_search retrieval", (ASSISTANT, RUN),
           each_tool(_retrieval_tool), "course notes of 2023; specification", "v1"),
    Change(ALWAYS, "v1 calls file_search retrieval in tool_choice", (RUN,),
           _retrieval_choice, "specification of 2024-04-15", "v1"),
    Change(ALWAYS, "v1 calls file_search retrieval", (STEP, STEP_DELTA),
           each_call(_retrieval_call), "specification of 2024-04-15", "v1"),
    Change(ALWAYS, "v1 shows incomplete runs as completed", (RUN,),
           _completed_instead_of_incomplete, "ruby-openai Apr 2024", "v1"),
    # --- v1 before v2 came
    Change("2024-04-17", "assistants have temperature, top_p and response_format", (ASSISTANT,),
           without("top_p", "temperature", "response_format"), "openllmetry Mar 2024, ruby-openai Apr 2024", "v1"),
    Change("2024-04-17", "runs have top_p", (RUN,),
           without("top_p"), "openllmetry Mar 2024, ruby-openai Apr 2024", "v1"),
    Change("2024-04-12", "runs have token limits, truncation_strategy, response_format and tool_choice", (RUN,),
           without("max_completion_tokens", "max_prompt_tokens", "truncation_strategy", "incomplete_details",
                    "response_format", "tool_choice"),
           "openllmetry Mar 2024, ruby-openai Apr 2024; specification", "v1"),
    Change("2024-03-29", "runs have temperature", (RUN,),
           without("temperature"), "openllmetry Mar 2024; specification", "v1"),
    Change("2024-03-13", "messages have assistant_id and run_id before role", (MESSAGE,),
           in_order("id", "object", "created_at", "thread_id", "role", "content", "file_ids", "assistant_id",
                    "run_id", "metadata"),
           "ruby-openai Jan 2024, openllmetry Mar 2024", "v1"),
    Change("2024-03-13", "runs always have required_action", (RUN,),
           absent_when_null("required_action"), "azure-sdk-assets Feb 2024, openllmetry Mar 2024", "v1"),
    Change("2024-03-13", "pending function calls have a null output", (STEP,),
           each_call(_call_without_pending_output), "azure-sdk-assets Jan 2024, openai-dotnet", "v1"),
    Change("2024-03-13", "single messages are indented like all other objects", (MESSAGE_LAYOUT,),
           _without_indent, "ruby-openai Jan 2024, openllmetry Mar 2024", "v1"),
    Change("2024-01-18", "runs and steps have usage", (RUN, STEP),
           without("usage"), "ruby-openai Nov 2023, azure-sdk-assets Feb 2024; specification", "v1"),
    Change("2024-01-01", "single messages are not indented", (MESSAGE_LAYOUT,),
           without("compact"), "ruby-openai Nov 2023 and Jan 2024", "v1"),
    Change("2024-01-01", "responses to deleted files have the id last", (FILE_DELETED,),
           in_order("object", "id", "deleted"), "ruby-openai Nov 2023 and May 2024"),
    Change("2024-01-01", "files for fine-tuning are processed at once", (NEW_FILE,),
           _uploaded_at_first, "ruby-openai Nov 2023 and Jan 2024"),
)  # fmt: skip
