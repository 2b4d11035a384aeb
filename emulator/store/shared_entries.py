"""Entries of the journal as rows, for those who follow it in other processes."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import orjson

from emulator.domain.calls import Cut
from emulator.domain.errors import ApiError
from emulator.store.journal import Change, Entry
from emulator.wire.pieces import Pieces

# What stands for the text in a delta while it is no row; no value of a delta has it.
_HOLE: Final = "\N{OBJECT REPLACEMENT CHARACTER}emulator\N{OBJECT REPLACEMENT CHARACTER}"
_HOLE_IN_JSON: Final = orjson.dumps(_HOLE)[1:-1].decode()
# The event that ends followers. Its data: the error that they end with.
CLOSED: Final = "closed"
COLUMNS: Final = ("ns", "thread_id", "run_id", "event", "data", "change")


def values_of(ns: str, entry: Entry) -> Sequence[Any]:
    """Return the values of the columns for an entry."""
    change = entry.change
    about = None
    if change is not None:
        fields = {"object_id": change.object_id, "status": change.status, "at": change.at, "cause": change.cause}
        about = _json({**fields, "number": entry.seq})
    return ns, entry.thread_id, entry.run_id, entry.event, _json(_data(entry.data)), about


def closing(ns: str, run_id: str | None, error: ApiError) -> Sequence[Any]:
    """Return the values for what ends the followers of a namespace, or of a run, with an error."""
    return ns, None, run_id, CLOSED, _json({"document": {"status": error.status, "body": error.body()}}), None


def error_of(data: Mapping[str, Any]) -> ApiError:
    """Return the error that followers end with."""
    error = data["body"]["error"]
    return ApiError(data["status"], error["message"], type=error["type"], param=error["param"], code=error["code"])


def entry_of(thread_id: str | None, run_id: str | None, event: str, data: str, change: str | None) -> Entry:
    """Return the entry of a row; data and change: JSON."""
    entry = Entry(thread_id, run_id, event, _read(orjson.loads(data)))
    if change is not None:
        about = orjson.loads(change)
        entry.seq = about.pop("number")
        entry.change = Change(**about)
    return entry


def _data(data: Mapping[str, Any] | Pieces) -> Mapping[str, Any]:
    if not isinstance(data, Pieces):
        return {"document": data}
    template = orjson.dumps(data.make(_HOLE)).decode()
    return {"template": template, "pieces": list(data.cut.pieces(data.first, data.last))}


def _read(data: Mapping[str, Any]) -> Mapping[str, Any] | Pieces:
    if "document" in data:
        document: Mapping[str, Any] = data["document"]
        return document
    cut = Cut.of(data["pieces"])
    return Pieces(partial(_delta, data["template"]), cut, 0, len(cut))


def _delta(template: str, piece: str) -> Mapping[str, Any]:
    text = orjson.dumps(piece)[1:-1].decode()
    delta: Mapping[str, Any] = orjson.loads(template.replace(_HOLE_IN_JSON, text))
    return delta


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
