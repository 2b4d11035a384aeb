"""What of a thread has no place in a conversation: each thing once, with the reason and the objects that had it."""

from collections.abc import Collection, Mapping
from typing import Any, Final

Doc = Mapping[str, Any]
_EMPTY: Final[Collection[Any]] = (None, "", [], {})
_NO_TIME: Final = "an item does not say when it was made"
_NO_RUNS: Final = "a conversation has no runs; each request for a response says its own"
# Why a field has no place, by the kind of its object.
_WHY: Final[Mapping[str, Mapping[str, str]]] = {
    "thread": {
        "created_at": "a conversation is as old as its creation",
        "tool_resources": "files and vector stores are named by the tools of each request",
    },
    "thread.message": {
        "created_at": _NO_TIME,
        "completed_at": _NO_TIME,
        "incomplete_at": _NO_TIME,
        "incomplete_details": "an item that is incomplete does not say why",
        "metadata": "an item has no metadata; only a conversation has some",
    },
    "thread.run": {},
    "thread.run.step": {},
}
_OTHERWISE: Final[Mapping[str, str]] = {
    "thread": "a conversation has nothing of the kind",
    "thread.message": "an item has nothing of the kind",
    "thread.run": _NO_RUNS,
    "thread.run.step": "a conversation has no steps, only what they called",
}


class Losses:
    """Gathers what has no place, in the order in which it is met."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], list[str]] = {}

    def add(self, what: str, why: str, *of: str) -> None:
        """Note a loss. of: the ids of the objects that had it."""
        had = self._found.setdefault((what, why), [])
        had += [one for one in of if one not in had]

    def add_fields(self, doc: Doc, *kept: str) -> None:
        """Note the fields of an object that say something, but those that are kept."""
        kind = doc["object"]
        noun = kind.rpartition(".")[2]
        for name, value in doc.items():
            if name not in kept and value not in _EMPTY:
                self.add(f"{noun}.{name}", _WHY[kind].get(name, _OTHERWISE[kind]), doc["id"])

    def to_json(self) -> list[dict[str, Any]]:
        """Return them as the answer of an import and the file of an export have them."""
        return [{"what": what, "why": why, "of": list(of)} for (what, why), of in self._found.items()]
