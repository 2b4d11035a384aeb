"""How a namespace begins: with a clock, with ids, and with what its scripts ask for; and how it ends."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Protocol

from emulator.domain import refusals
from emulator.domain.config import ClockStart, NamespaceConfig
from emulator.domain.errors import ApiError
from emulator.domain.instants import instant
from emulator.domain.ports import Clock, Ids, LoadedScripts, PinnedIds
from emulator.engine.facets import Kind
from emulator.engine.namespace import Namespace
from emulator.service import fixtures
from emulator.store import removals
from emulator.store.documents import Transaction
from emulator.store.table import Table
from emulator.store.tables import (
    Assistant,
    File,
    JournalEntry,
    Message,
    NamespaceRecord,
    Run,
    RunStep,
    Thread,
    VectorStore,
)

NO_FIXTURES: Final[fixtures.Fixtures] = {}
# Where objects are whose ids scripts may pin.
_TABLES: Final[Mapping[str, Table]] = {
    "asst": Assistant,
    "thread": Thread,
    "msg": Message,
    "run": Run,
    "step": RunStep,
    "file": File,
    "vs": VectorStore,
}


class MakeClock(Protocol):
    """Makes a clock from its state: {"mode": real | frozen | auto, "at": seconds, "speed": factor}."""

    def __call__(self, state: Mapping[str, Any]) -> Clock:
        """Return the clock."""


class MakeIds(Protocol):
    """Makes the ids of a namespace."""

    def __call__(self, seed: int, namespace: str, counters: Mapping[str, int] | None = None) -> Ids:
        """Return the ids."""


@dataclass(frozen=True, slots=True)
class Beginnings:
    """Sets what is in memory of a namespace, beside a transaction that writes it."""

    make_clock: MakeClock
    make_ids: MakeIds

    def clock(self, start: ClockStart) -> Clock:
        """Return a clock that begins now."""
        return self.make_clock({"mode": start.mode, "at": start.at, "speed": start.speed})

    def restart(self, namespace: Namespace) -> None:
        """Begin anew, as the namespace is configured."""
        namespace.clock = self.clock(namespace.config.clock)
        namespace.ids = self.make_ids(namespace.config.seed, namespace.name)

    def keep_in_step(self, namespace: Namespace, tx: Transaction) -> None:
        """Let what is in memory be as it is now, if a transaction during which it changes is not kept."""
        config, clock, version = namespace.config, namespace.clock, namespace.script_version
        ids, counters, generation = namespace.ids, dict(namespace.ids.counters()), namespace.generation

        def restore() -> None:
            namespace.generation = generation
            namespace.config, namespace.clock, namespace.script_version = config, clock, version
            unused = dict(ids.counters()) == counters
            namespace.ids = ids if unused else self.renewed(ids, config.seed, namespace.name, counters)

        tx.after_rollback(restore)

    def renewed(self, ids: Ids, seed: int, namespace: str, counters: Mapping[str, int]) -> Ids:
        """Return ids of another seed, or with other counters, with the same ones pinned."""
        return self.make_ids(seed, namespace, counters).with_pinned(ids.pinned, anew=False)

    async def equip(
        self,
        namespace: Namespace,
        tx: Transaction,
        loaded: LoadedScripts | None,
        before: fixtures.Fixtures = NO_FIXTURES,
    ) -> None:
        """Give a namespace what its scripts ask for: fixtures and, where nothing was made yet, seed, clock and wire.

        before: the fixtures that it was given last. Raises `ApiError` for fixtures that are refused.
        """
        if loaded is None:
            return
        pinned_before = namespace.ids.pinned
        namespace.ids = namespace.ids.with_pinned(PinnedIds(), anew=False)  # not for what fixtures leave open
        if not namespace.ids.counters():
            async with namespace.facets.changing(namespace, Kind.WIRE, tx=tx):
                self._take_hints(namespace, loaded)
        await fixtures.replace_all(namespace, tx, loaded.fixtures, before)
        namespace.ids = namespace.ids.with_pinned(pinned_before, anew=False)
        await pin(namespace, tx, loaded, anew=True)
        if namespace.is_stored:
            namespace.store(tx)

    def _has_open_wire(self, namespace: Namespace) -> bool:
        """Return whether nobody has chosen the day of a namespace: it is that of every server, or of a recording."""
        is_default = namespace.config.wire in (NamespaceConfig().wire, namespace.recorded_wire)
        return is_default and not namespace.has_chosen_wire

    def _take_hints(self, namespace: Namespace, loaded: LoadedScripts) -> None:
        """Take seed, wire and clock of the scripts; the namespace is empty, so nothing waits for its clock.

        The day of a recording counts only where nobody has asked for another one.
        """
        hints: dict[str, Any] = {
            name: value for name in ("seed", "wire") if (value := getattr(loaded, name)) is not None
        }
        if "wire" not in hints and loaded.recorded_wire is not None and self._has_open_wire(namespace):
            hints["wire"] = namespace.recorded_wire = loaded.recorded_wire
        if loaded.clock is not None:
            hints["clock"] = ClockStart("frozen", instant(loaded.clock))
            namespace.clock = self.clock(hints["clock"])
        namespace.config = replace(namespace.config, **hints)
        if "seed" in hints:
            namespace.ids = self.make_ids(namespace.config.seed, namespace.name)


async def pin(namespace: Namespace, tx: Transaction, loaded: LoadedScripts | None, *, anew: bool) -> None:
    """Let a namespace give the ids that its scripts have pinned, as far as no object has them.

    anew: the scripts may be others than before, so ids that are now others are given from the first one on.
    """
    pinned = loaded.pinned if loaded else PinnedIds()
    if not (pinned.by_kind or namespace.ids.pinned.by_kind):
        return
    taken = {id_ for kind in pinned.by_kind for id_ in await tx.taken_ids(_TABLES[kind])}
    pinned = replace(pinned, taken=pinned.every.intersection(taken))
    namespace.ids = namespace.ids.with_pinned(pinned, anew=anew)


async def empty(namespace: Namespace, tx: Transaction, generation: str) -> None:
    """Delete every object, and end what is under way. generation: the next one, in which the transaction goes on."""
    await tx.close_followers(None, _cut_off(namespace))
    await namespace.runs.clear(tx)
    for blob in await removals.remove(tx, namespace.documents.removals, NamespaceRecord):
        tx.after_commit(partial(namespace.blobs.drop, blob))
    tx.switch(generation)
    namespace.generation = generation
    tx.after_commit(partial(end, namespace, namespace.clock))


def note_reset(namespace: Namespace, tx: Transaction, seq: int) -> None:
    """Let the journal begin anew, and go on counting: whoever reads it from an earlier number has to be told."""
    about = {"at": namespace.clock.now(), "object_id": namespace.name, "status": "reset", "cause": "reset"}
    tx.insert(JournalEntry, seq, seq=seq, event="namespace.reset", **about)


def end(namespace: Namespace, clock: Clock) -> None:
    """End what is under way in a generation that is gone."""
    namespace.stop()
    clock.stop()  # the namespace may have another one by now
    namespace.indexes.drop(namespace.name)
    namespace.documents.journal.close(namespace.name, error=_cut_off(namespace))


def _cut_off(namespace: Namespace) -> ApiError:
    return refusals.stream_is_cut(f"namespace {namespace.name} was reset or deleted while this stream was open")
