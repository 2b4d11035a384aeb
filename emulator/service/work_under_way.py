"""How far what is under way in a namespace has come, where the store does not know it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.engine.ingestions import Shown
from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction


@dataclass(frozen=True, slots=True)
class UnderWay:
    """That of runs, by their ids, and of files of stores."""

    pauses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shown: Sequence[Shown] = ()


async def under_way(namespace: Namespace, tx: Transaction) -> UnderWay:
    """Return how far what is under way has come."""
    return UnderWay(await namespace.runs.pauses(tx), await namespace.ingestions.shown(tx))
