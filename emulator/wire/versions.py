"""Showing a document, or an event, as the wire of an older day did."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from emulator.wire.changes import ASSISTANT, CHANGES, EVENT, RUN, Back, Doc
from emulator.wire.speaking import Wire


@cache
def ways_back(wire: Wire) -> Mapping[str, tuple[Back, ...]]:
    """Return, by object, the changes that a wire does not have yet."""
    due: dict[str, list[Back]] = {}
    for change in CHANGES:
        if wire.day < change.day and change.beta in (None, wire.beta):
            for name in change.objects:
                due.setdefault(name, []).append(change.back)
    return {name: tuple(backs) for name, backs in due.items()}


def show(doc: Mapping[str, Any], wire: Wire, kind: str | None = None) -> Doc:
    """Return a document as a wire shows it. kind: whose changes apply, by default the document's own `object`."""
    name = kind or doc["object"]
    shown = dict(doc)
    if name in (ASSISTANT, RUN) and not wire.is_v1:
        shown = _with_files_of_v1(shown)
    for back in ways_back(wire).get(name, ()):
        shown = back(shown)
    return shown


def _with_files_of_v1(doc: Doc) -> Doc:
    """What v1 was told of files, v2 knows by other names: those of the code interpreter (documented)."""
    shown = {name: value for name, value in doc.items() if name != "file_ids"}
    resources = doc.get("tool_resources", {})
    if doc["object"] == ASSISTANT and doc.get("file_ids") and "code_interpreter" in resources:
        ids = [*resources["code_interpreter"]["file_ids"], *doc["file_ids"]]
        shown["tool_resources"] = {**resources, "code_interpreter": {"file_ids": list(dict.fromkeys(ids))}}
    return shown


def show_event(event: str, doc: Mapping[str, Any], wire: Wire) -> tuple[str, Doc]:
    """Return an event as a wire tells it."""
    name = show({"event": event}, wire, EVENT)["event"]
    return name, show(doc, wire) if "object" in doc else dict(doc)


def is_compact(doc: Mapping[str, Any], wire: Wire) -> bool:
    """Return whether a document's bytes have no indent on a wire."""
    return bool(show({"compact": False}, wire, f"layout of {doc.get('object')}").get("compact"))
