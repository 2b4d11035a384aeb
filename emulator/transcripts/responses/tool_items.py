"""Searches and code as items of a response: what they show, and the events that tell how far they are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain.calls import ToolCall
from emulator.transcripts.responses.output import Place
from emulator.transcripts.responses.workspace import Workspace
from emulator.wire.responses import events, items

Doc = dict[str, Any]
Make = Callable[[str], Doc]
Event = tuple[str, Doc]


@dataclass(frozen=True, slots=True)
class Reach:
    """What the tools of a response reach. workspace: where its code runs. stores: that it searches."""

    workspace: Workspace
    stores: Sequence[str]


class ToolItem:
    """How the calls of one kind of tool are shown. type: of their items."""

    type: str

    def begun(self, item_id: str, reach: Reach) -> Doc:
        """Return the item when it begins."""
        raise NotImplementedError

    def opening(self, place: Place) -> Sequence[Event]:
        """Return what is published when the item has begun."""
        raise NotImplementedError

    def delta(self, place: Place) -> tuple[str, Make] | None:
        """Return the event of a piece of the call's text, and what makes its data; None where no piece is shown."""
        raise NotImplementedError

    def written(self, place: Place, text: str) -> Sequence[Event]:
        """Return what is published when the call's text has arrived."""
        raise NotImplementedError

    def closing(self, place: Place) -> Sequence[Event]:
        """Return what is published when the call is over."""
        raise NotImplementedError

    def fields(self, call: ToolCall, reach: Reach) -> Doc:
        """Return what the item shows of a call that is over, or of as much of it as there is."""
        raise NotImplementedError


class SearchItem(ToolItem):
    """A file search. Its query is shown when it is over (recorded)."""

    type = "file_search_call"

    def begun(self, item_id: str, reach: Reach) -> Doc:  # noqa: ARG002 - as the others
        """Return the item without query and results (recorded)."""
        return items.file_search_call(item_id, status="in_progress")

    def opening(self, place: Place) -> Sequence[Event]:
        """Publish that it searches (recorded)."""
        return [events.search_progress(how, place.item_id, place.index) for how in ("in_progress", "searching")]

    def delta(self, place: Place) -> tuple[str, Make] | None:  # noqa: ARG002 - as the others
        """Return None: a query is not written piece by piece."""
        return None

    def written(self, place: Place, text: str) -> Sequence[Event]:  # noqa: ARG002 - as the others
        """Return nothing."""
        return ()

    def closing(self, place: Place) -> Sequence[Event]:
        """Publish that it has searched (recorded)."""
        return [events.search_progress("completed", place.item_id, place.index)]

    def fields(self, call: ToolCall, reach: Reach) -> Doc:
        """Return query and results. Those of a script are from the first store."""
        queries = [call.text] if call.text else []
        if call.result is None:
            return {"queries": queries, "results": None}
        first = reach.stores[0] if reach.stores else ""
        found = zip(call.result["results"], call.result["stores"], strict=True)
        return {"queries": queries, "results": [_result(one, store or first) for one, store in found]}


class CodeItem(ToolItem):
    """Code and what came of it."""

    type = "code_interpreter_call"

    def begun(self, item_id: str, reach: Reach) -> Doc:
        """Return the item without code (recorded)."""
        return items.code_interpreter_call(item_id, "", reach.workspace.id, status="in_progress")

    def opening(self, place: Place) -> Sequence[Event]:
        """Publish that the code is being written (recorded)."""
        return [events.code_progress("in_progress", place.item_id, place.index)]

    def delta(self, place: Place) -> tuple[str, Make] | None:
        """Return the event of a piece of code."""
        return events.code_delta(place.item_id, place.index)

    def written(self, place: Place, text: str) -> Sequence[Event]:
        """Publish that the code is whole, and runs (recorded)."""
        return [
            events.code_done(place.item_id, place.index, text),
            events.code_progress("interpreting", place.item_id, place.index),
        ]

    def closing(self, place: Place) -> Sequence[Event]:
        """Publish that the code has run (recorded)."""
        return [events.code_progress("completed", place.item_id, place.index)]

    def fields(self, call: ToolCall, reach: Reach) -> Doc:
        """Return the code with its outputs."""
        return {"code": call.text, "outputs": None if call.result is None else _outputs(call.result, reach)}


def names_in(call: ToolCall) -> dict[str, str]:
    """Return the names of the files that a search has found, by their ids."""
    results = (call.result or {}).get("results", ())
    return {str(one["file_id"]): str(one["file_name"]) for one in results if one.get("file_name")}


def names_of(output: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the names of the files that the searches of a response have found, by their ids."""
    found = [one for item in output if item["type"] == SearchItem.type for one in item["results"] or ()]
    return {one["file_id"]: one["filename"] for one in found if one["filename"]}


def _result(found: Mapping[str, Any], store: str) -> Doc:
    """Return a result of a search (recorded, Dec 2025)."""
    text = "\n".join(str(part.get("text", "")) for part in found.get("content") or ())
    return items.search_result(
        str(found["file_id"]),
        str(found.get("file_name") or ""),
        float(found.get("score", 0.0)),
        text,
        attributes=found.get("attributes") or {},
        vector_store_id=store,
    )


def _outputs(result: Mapping[str, Any], reach: Reach) -> list[Doc]:
    """Return what code printed and drew (documented)."""
    logs = [{"type": "logs", "logs": result["logs"]}] if result.get("logs") else []
    images = map(reach.workspace.image_url, result.get("images", ()))
    return [*logs, *({"type": "image", "url": url} for url in images)]


ITEMS: Final[Mapping[str, ToolItem]] = {"file_search": SearchItem(), "code_interpreter": CodeItem()}
