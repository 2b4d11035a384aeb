"""Walking a document back in time: through the changes that a wire's day did not have yet, newest first."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from emulator.wire.history.changes import CHANGES, Back, Doc
from emulator.wire.history.wires import Wire


@cache
def _pending(wire: Wire) -> Mapping[str, tuple[Back, ...]]:
    """Return, by kind of object, the ways back through the changes that a wire does not have yet."""
    pending: dict[str, list[Back]] = {}
    for change in CHANGES:
        if wire.day < change.day and change.beta in (None, wire.beta):
            for name in change.objects:
                pending.setdefault(name, []).append(change.back)
    return {name: tuple(backs) for name, backs in pending.items()}


def walk_back(doc: Doc, wire: Wire, kind: str) -> Doc:
    """Return a document as the day of a wire had it. kind: whose changes apply; a name in `changes`."""
    for back in _pending(wire).get(kind, ()):
        doc = back(doc)
    return doc


def has_changes(wire: Wire, kind: str) -> bool:
    """Return whether anything of a kind has changed since the day of a wire."""
    return bool(_pending(wire).get(kind))


def project_part(data: Mapping[str, Any], wire: Wire, kind: str) -> Doc:
    """Return what is no document (an envelope, an event's name) as the day of a wire had it."""
    return walk_back(dict(data), wire, kind)
