"""Snapshots: everything in a namespace saved as one file, and put back into the same or another namespace.

Restoring is one change, like a reset: everything that was in the namespace is gone with it, open streams end, and what
was under way in the snapshot goes on.
"""

import datetime
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from emulator.daemon_threads import in_thread
from emulator.domain.armed_faults import ArmedFaults
from emulator.domain.config import NamespaceConfig
from emulator.domain.errors import ApiError
from emulator.domain.faults import ArmedFault
from emulator.domain.hints.noted import Hints
from emulator.domain.instants import known_wire
from emulator.domain.ports import Clock, ClockMode, LoadedScripts, ScriptSource
from emulator.domain.quotas import Consumption
from emulator.domain.state_coverage import Coverage
from emulator.engine.facets import Kind
from emulator.engine.ingestions import Shown
from emulator.engine.namespace import Namespace
from emulator.engine.pauses import Pauses
from emulator.service.beginnings import pin
from emulator.service.namespaces import Namespaces
from emulator.service.snapshot_shelf import KeptSnapshot, Shelf, too_large
from emulator.service.work_under_way import UnderWay, under_way
from emulator.store.archives import ArchiveError
from emulator.store.blobs import Received
from emulator.store.documents import Row, Transaction
from emulator.store.snapshots import About, SnapshotReader, SnapshotWriter, load_rows
from emulator.store.table import Table
from emulator.store.tables import ContainerFile, File, KeptTurn, Run, UploadPart

T = TypeVar("T")

_MOST_COUNT: Final = 2**62
_IN_MEMORY: Final = (Kind.FAULTS, Kind.HINTS, Kind.UNREAD, Kind.CONSUMPTION)
_WITH_BYTES: Final = (File, UploadPart, ContainerFile)
_STORED: Final = ("config", "clock", "counters", "script_version")
# What making something of values raises that are others than they should be.
_UNREADABLE: Final = (TypeError, ValueError, KeyError, AttributeError, ValidationError, OverflowError)


# --- saving ----------------------------------------------------------------------------------------------------------


async def create(namespaces: Namespaces, ns: str, name: str) -> KeptSnapshot:
    """Save a namespace under a name, which may have been used before; what is under way settles first."""
    shelf = namespaces.snapshots
    await shelf.check(ns, name)
    namespace = await namespaces.open(ns)
    await namespace.settle()
    with _new_file(shelf) as path:
        about = await write(namespaces, namespace, path)
        return await shelf.keep(ns, name, path, about)


@contextmanager
def _new_file(shelf: Shelf) -> Iterator[Path]:
    """Return where a new snapshot can be written; nothing is left of it if that fails."""
    try:
        path = shelf.new_path()
    except OSError as error:
        raise _not_written(error) from error
    try:
        yield path
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _not_written(error) from error
        raise


def _not_written(error: OSError) -> ApiError:
    return ApiError(500, f"The snapshot could not be written: {error.strerror}.")


async def write(
    namespaces: Namespaces, namespace: Namespace, path: Path, was_under_way: UnderWay | None = None
) -> About:
    """Write a namespace as it is into a new file. Raises `ApiError` for what is too large to be read again.

    was_under_way: of a namespace in which nothing is any more.
    """
    blobs = namespaces.blobs
    with SnapshotWriter(path) as writer, blobs.held():
        async with namespace.transaction() as tx:
            namespace.store(tx)
            met = (await namespace.coverages.of(namespace.name, tx)).merge(namespace.coverage)
            await namespace.facets.look(namespace, *_IN_MEMORY, tx=tx)
            state = _state(namespace, was_under_way or await under_way(namespace, tx), met)
            now = namespace.clock.now()
            await _write_rows(namespaces, tx, writer)
        return await in_thread(partial(writer.finish, blobs, state, namespace.name, now), "snapshot")


async def write_stored(namespaces: Namespaces, row: Row, path: Path) -> About:
    """Write a namespace that is not open, as its row has it."""
    name, blobs = row["ns"], namespaces.blobs
    nothing = {
        "faults": [],
        "hints": Hints().state(),
        "coverage": Coverage().to_json(),
        "consumption": Consumption().state(),
        "under_way": {"runs": {}, "stores": []},
    }
    clock = namespaces.make_clock(row["clock"])
    state = {**nothing, **{field: row[field] for field in _STORED}, "clock": dict(clock.portable_state())}
    with SnapshotWriter(path) as writer, blobs.held():
        async with namespaces.documents.transaction(name) as tx:
            tx.switch(row["generation"] or name)
            state |= await namespaces.facets.stored(tx)
            await _write_rows(namespaces, tx, writer)
        now = clock.now()
        return await in_thread(partial(writer.finish, blobs, state, name, now), "snapshot")


async def _write_rows(namespaces: Namespaces, tx: Transaction, writer: SnapshotWriter) -> None:
    of_server = [source.to_json() for source in namespaces.scripts.of_server.sources]
    await _readable(tx.beside(partial(writer.write_rows, tx, of_server)))


def _state(namespace: Namespace, under_way: UnderWay, met: Coverage) -> dict[str, Any]:
    """Return what is in memory of a namespace. Keys of clients are in no place of it, and neither are requests."""
    return {
        "config": namespace.config.to_json(),
        "clock": dict(namespace.clock.portable_state()),
        "counters": dict(namespace.ids.counters()),
        "script_version": namespace.script_version,
        "faults": [fault.state() for fault in namespace.faults],
        "hints": namespace.hints.state(),
        "coverage": met.to_json(),
        "consumption": namespace.consumption.state(),
        "under_way": {
            "runs": {run_id: dict(pauses) for run_id, pauses in under_way.pauses.items()},
            "stores": [asdict(shown) for shown in under_way.shown],
        },
    }


async def put(namespaces: Namespaces, ns: str, name: str, data: AsyncIterator[bytes]) -> KeptSnapshot:
    """Keep a snapshot that comes as a file; raise `ApiError` for one that cannot be restored."""
    shelf = namespaces.snapshots
    await shelf.check(ns, name)
    with _new_file(shelf) as path:
        with path.open("xb") as file:
            left = await shelf.left()
            async for piece in data:
                left -= len(piece)
                if left < 0:
                    raise too_large()
                file.write(piece)
        about = await check(namespaces, path)
        namespace = await namespaces.open(ns)
        async with namespace.transaction() as tx:
            namespace.store(tx)
        return await shelf.keep(ns, name, path, about)


async def check(namespaces: Namespaces, path: Path) -> About:
    """Return what a snapshot is about; raise what `restore` would raise, but for rows that do not fit together."""
    about, contents = await _readable(namespaces.snapshots.workers.compute(partial(_check, namespaces, path)))
    for sources in contents.scripts.values():
        await namespaces.scripts.read(sources)
    return about


def _check(namespaces: Namespaces, path: Path) -> "tuple[About, _Contents]":
    with SnapshotReader(path) as reader:
        return reader.check(), _of_state(namespaces, reader)


async def _readable(work: Awaitable[T]) -> T:
    """Return what awaiting returns; refuse a file that is no snapshot."""
    try:
        return await work
    except ArchiveError as error:
        raise ApiError(400, f"The snapshot cannot be read: {error}.") from error


# --- restoring -------------------------------------------------------------------------------------------------------


async def restore_kept(namespaces: Namespaces, ns: str, name: str) -> Namespace:
    """Let a namespace be what it was in a snapshot that the server keeps; raise the 404 of one that does not exist."""
    shelf = namespaces.snapshots
    async with shelf.file(await shelf.find(ns, name)) as path:
        return await restore(namespaces, ns, path)


async def restore(namespaces: Namespaces, ns: str, path: Path) -> Namespace:
    """Let a namespace be what it was in a snapshot. Raises `ApiError`, and `ScriptError` for scripts of it.

    Either changes nothing at all.
    """
    namespace, under_way = await _put_back(namespaces, ns, path)
    await namespaces.resume_in(namespace, under_way)
    return namespace


async def restore_still(namespaces: Namespaces, ns: str, path: Path) -> UnderWay:
    """Let a namespace be what it was, its clock frozen where it stood, and nothing in it going on. Raises likewise.

    Return what was under way: `Namespaces.resume_in` lets it go on.
    """
    _, under_way = await _put_back(namespaces, ns, path, is_still=True)
    return under_way


async def _put_back(
    namespaces: Namespaces, ns: str, path: Path, *, is_still: bool = False
) -> tuple[Namespace, UnderWay]:
    with ExitStack() as stack:
        contents = await _readable(namespaces.snapshots.workers.compute(partial(_read, namespaces, path, stack)))
        if is_still:
            contents.clock = _stopped(namespaces, contents)
        scripts = {
            version: (sources, await namespaces.scripts.read(sources)) for version, sources in contents.scripts.items()
        }
        async with namespaces.changing(ns):
            namespace = await namespaces.open(ns)
            await _readable(_replace(namespaces, namespace, contents, scripts))
    return namespace, contents.under_way


def _stopped(namespaces: Namespaces, contents: "_Contents") -> Clock:
    """Return a clock that stands where that of a namespace stood when it was saved."""
    return namespaces.make_clock({"mode": "frozen", "at": contents.created_at})


@dataclass(slots=True)
class _Contents:
    """What was read of a snapshot.

    moved: versions of scripts that have another number here. bytes: by what the rows say of them, where they lie until
    they are kept.
    """

    reader: SnapshotReader
    created_at: float
    config: NamespaceConfig
    clock: Clock
    counters: Mapping[str, int]
    faults: list[ArmedFault]
    hints: Hints
    coverage: Coverage
    consumption: Consumption
    under_way: UnderWay
    script_version: int
    moved: Mapping[int, int]
    scripts: Mapping[int, list[ScriptSource]]
    bytes: dict[str, Received] = field(default_factory=dict)


def _read(namespaces: Namespaces, path: Path, stack: ExitStack) -> _Contents:
    """Read all of a snapshot but its rows; for a thread. stack: closes and removes what is left of it at the end."""
    reader = stack.enter_context(SnapshotReader(path))
    contents = _of_state(namespaces, reader)
    for blob, content in reader.contents().items():
        with namespaces.blobs.receive() as part:
            reader.copy(content, part.write)
        stack.callback(namespaces.blobs.discard, part.received)
        contents.bytes[blob] = part.received
    return contents


def _of_state(namespaces: Namespaces, reader: SnapshotReader) -> _Contents:
    try:
        state = reader.state
        scripts: dict[int, list[ScriptSource]] = {}
        for version, source in reader.scripts():
            scripts.setdefault(version, []).append(ScriptSource(**source))
        version = int(state["script_version"])
        if version:
            scripts.setdefault(version, [])
        moved = _moved(namespaces, scripts)
        return _Contents(
            reader,
            reader.created_at,
            _config(state["config"]),
            namespaces.make_clock(_clock(state["clock"])),
            _counters(state["counters"]),
            [ArmedFault.from_state(fault) for fault in state["faults"]],
            Hints.from_state(state["hints"]),
            Coverage.from_json(state["coverage"]),
            Consumption.from_state(state["consumption"]),
            _under_way(state["under_way"]),
            moved.get(version, version),
            moved,
            {moved.get(number, number): sources for number, sources in scripts.items()},
        )
    except _UNREADABLE as error:
        raise ArchiveError(f"namespace.json: {type(error).__name__}: {' '.join(str(error).split())[:300]}") from error


def _config(data: Mapping[str, Any]) -> NamespaceConfig:
    config = TypeAdapter(NamespaceConfig).validate_python(data)
    known_wire(datetime.date.fromisoformat(config.wire))
    if config.pace.times < 1 or not 0 <= config.pace.seconds < _MOST_COUNT:
        raise ValueError("pace")
    return config


def _clock(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the state of a clock, whose fields beside the mode are numbers, or None."""
    TypeAdapter(ClockMode).validate_python(data["mode"])
    return {"mode": data["mode"], **{name: data[name] and float(data[name]) for name in ("at", "speed", "shift")}}


def _under_way(data: Mapping[str, Any]) -> UnderWay:
    for pauses in data["runs"].values():
        Pauses.from_state(pauses)
    return UnderWay(data["runs"], TypeAdapter(list[Shown]).validate_python(data["stores"]))


def _counters(data: Mapping[str, Any]) -> dict[str, int]:
    counters = dict(data)
    if any(type(count) is not int or not 0 <= count < _MOST_COUNT for count in counters.values()):
        raise ValueError("counters")
    return counters


def _moved(namespaces: Namespaces, scripts: dict[int, list[ScriptSource]]) -> dict[int, int]:
    """Return which versions have to have another number here, which are none but that of the server's own scripts.

    Where this server was started with others, they become scripts of the namespace.
    """
    if 0 not in scripts:
        return {}
    if scripts[0] == list(namespaces.scripts.of_server.sources):
        del scripts[0]
        return {}
    return {0: max(scripts) + 1}


async def _replace(
    namespaces: Namespaces,
    namespace: Namespace,
    contents: _Contents,
    scripts: Mapping[int, tuple[list[ScriptSource], LoadedScripts]],
) -> None:
    async with namespaces.begun_anew(namespace) as tx:
        namespace.config, namespace.clock = contents.config, contents.clock
        namespace.ids = namespaces.make_ids(contents.config.seed, namespace.name, contents.counters)
        namespace.script_version = contents.script_version
        namespaces.scripts.replace_all(namespace, tx, scripts)
        placed = _Rows(namespace, contents)
        tx.after_rollback(placed.drop)
        await tx.beside(partial(load_rows, tx, contents.reader, placed.change))
        _, playing = scripts.get(contents.script_version, ((), namespaces.scripts.of_server.loaded))
        await pin(namespace, tx, playing, anew=False)
        _store_memory(namespace, tx, contents)
        tx.after_commit(partial(_take_memory, namespace, contents))
        # Going back makes nothing unmet.
        if not await namespace.coverages.take_over(namespace.name, contents.coverage, tx):
            tx.after_commit(partial(namespace.coverage.take_over, contents.coverage), "coverage")


def _store_memory(namespace: Namespace, tx: Transaction, contents: _Contents) -> None:
    faults = ArmedFaults()
    faults.extend(contents.faults)
    hints = contents.hints.state()
    namespace.facets.store(tx, Kind.FAULTS, faults.state())
    namespace.facets.store(tx, Kind.HINTS, {"noted": hints["noted"]})
    namespace.facets.store(tx, Kind.CONSUMPTION, contents.consumption.state())
    for thread_id, unread in hints["unread"].items():
        namespace.facets.store(tx, Kind.UNREAD, unread, key=thread_id)


def _take_memory(namespace: Namespace, contents: _Contents) -> None:
    namespace.faults.extend(contents.faults)
    namespace.hints, namespace.consumption = contents.hints, contents.consumption


class _Rows:
    """Makes the rows of a snapshot those of a namespace, and gives their bytes the names that they have there."""

    def __init__(self, namespace: Namespace, contents: _Contents) -> None:
        self._namespace = namespace
        self._contents = contents
        self._kept: list[str] = []

    def change(self, table: Table, row: Row) -> Row:
        """Return a row as it is here."""
        if table in _WITH_BYTES:
            return {**row, "blob": self._keep(table, row)}
        if table is KeptTurn:  # its place was among the runs of another store
            return {**row, "place": None}
        play = row.get("play") if table is Run else None
        if play and (version := self._contents.moved.get(play.get("script_version"))) is not None:
            return {**row, "play": {**play, "script_version": version}}
        return row

    def _keep(self, table: Table, row: Row) -> str:
        blobs = self._namespace.blobs
        name = blobs.name(self._namespace.generation, f"{table.name}/{row['id']}")
        part = self._contents.bytes.pop(row.get("blob", ""), None)
        if part is not None:
            name = blobs.keep(part, name)
            self._kept.append(name)
        return name

    def drop(self) -> None:
        """Remove the bytes: the rows are not kept."""
        for name in self._kept:
            self._namespace.blobs.drop(name)
