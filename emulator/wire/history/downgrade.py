"""Downgrades of documents: from the newest shape, change by change, to the shape of a wire's day."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from emulator.wire.history.changes import CHANGES, Doc, Downgrade
from emulator.wire.history.foundry import NOT_TAKEN_OVER
from emulator.wire.history.wires import Wire


@cache
def _pending(wire: Wire) -> Mapping[str, tuple[Downgrade, ...]]:
    """Return, by kind of object, the downgrades of the changes that a wire does not have yet, newest first."""
    pending = {kind: list(downgrades) for kind, downgrades in NOT_TAKEN_OVER.items()} if wire.foundry else {}
    for change in CHANGES:
        if wire.day < change.day and change.beta in (None, wire.beta):
            for kind in change.objects:
                pending.setdefault(kind, []).append(change.downgrade)
    return {kind: tuple(downgrades) for kind, downgrades in pending.items()}


def downgrade(doc: Doc, wire: Wire, kind: str) -> Doc:
    """Return a document in the shape of a wire's day. kind: whose changes apply; a name in `changes`."""
    for step in _pending(wire).get(kind, ()):
        doc = step(doc)
    return doc


def has_changes(wire: Wire, kind: str) -> bool:
    """Return whether anything of a kind has changed since the day of a wire."""
    return bool(_pending(wire).get(kind))


def project_part(data: Mapping[str, Any], wire: Wire, kind: str) -> Doc:
    """Return something that is not a document (an envelope, the name of an event) as a wire shows it."""
    return downgrade(dict(data), wire, kind)
