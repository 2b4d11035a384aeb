"""Objects of which several states are known: one of each, as it was last."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, Final

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.recording.exports import order

Doc = dict[str, Any]
_UNDER_WAY: Final = frozenset({"queued", "in_progress", "requires_action", "cancelling"})
# Objects that have an order of their own, and what it is an order of.
_ORDERED: Final = {"thread.message": "thread_id", "thread.run": "thread_id", "thread.run.step": "run_id"}


def key_of(doc: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what an object is known by: a file of a store has the id of the file."""
    return str(doc["object"]), str(doc.get("vector_store_id", "")), str(doc["id"])


def later(before: Mapping[str, Any], after: Mapping[str, Any]) -> Doc:
    """Return an object of which two states are known. One that is over does not begin again."""
    if str(before.get("status")) in RUN_TERMINAL and str(after.get("status")) in _UNDER_WAY:
        before, after = after, before
    if after.get("object") == "thread.message":
        after = {name: value for name, value in after.items() if value not in (None, [])}
    return {**before, **after}


def joined_objects(lists: Sequence[Sequence[Mapping[str, Any]]]) -> list[Doc]:
    """Return the objects of several lists, each once; those of a thread or a run oldest first.

    Objects of one second keep the order of their list, beside what they stand by there.
    """
    docs: dict[tuple[str, str, str], Doc] = {}
    sequences: dict[tuple[str, str], list[list[str]]] = {}
    for objects in lists:
        here: dict[tuple[str, str], list[str]] = {}
        for one in objects:
            key = key_of(one)
            docs[key] = later(docs[key], one) if key in docs else dict(one)
            if (owner := _ORDERED.get(one["object"])) is not None:
                here.setdefault((one["object"], str(one.get(owner))), []).append(str(one["id"]))
        for group, ids in here.items():
            sequences.setdefault(group, []).append(ids)
    ordered: dict[tuple[str, str, str], Doc] = {}
    for (kind, _), listed in sequences.items():
        times = {id_: docs[kind, "", id_].get("created_at") for ids in listed for id_ in ids}
        ids = order.joined(sorted(listed, key=lambda one: _begun_at(one, times)))
        ordered |= {(kind, "", id_): docs[kind, "", id_] for id_ in order.by_time(ids, times)}
    return [*(doc for key, doc in docs.items() if key not in ordered), *ordered.values()]


def _begun_at(ids: Sequence[str], times: Mapping[str, int | None]) -> tuple[float, float]:
    """Return the times of the oldest and the newest: pages of a list may be joined in any order."""
    known = [at for id_ in ids if (at := times[id_]) is not None]
    return min(known, default=inf), max(known, default=inf)
