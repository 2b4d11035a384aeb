"""The scripts of all namespaces: version by version, because a suspended run keeps the one that it began with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from emulator.daemon_threads import Workers
from emulator.domain.json_values import problem_of
from emulator.domain.parameters import unused_message
from emulator.domain.ports import (
    BEGUN,
    CHAINS,
    PLAYED,
    Backend,
    LoadedScripts,
    ScriptError,
    ScriptLoader,
    ScriptSource,
    remembers,
)
from emulator.engine.namespace import USES, Namespace
from emulator.service.recent_scripts import RecentScripts
from emulator.store.documents import Row, Transaction
from emulator.store.tables import NamespaceRecord, Run, ScriptMemory, Scripts

# Characters of a server's scripts that every namespace keeps, if it plays them. Runs of larger ones know their digest.
MOST_KEPT: Final = 1024 * 1024
# Each thread that computes can hold up the others, the event loop among them, for some milliseconds.
_MOST_THREADS: Final = 2
# Turns that are listed at once: those of a file are read again for that.
MOST_TURNS: Final = 1_000


@dataclass(frozen=True, slots=True)
class ServerScripts:
    """What the server was started with, and plays in every namespace that has no scripts of its own (version 0).

    params: values of parameters, also for the scripts that a namespace gets later. digest: of everything that was read,
    if that is known.
    """

    backend: Backend
    sources: Sequence[ScriptSource] = ()
    loaded: LoadedScripts | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    digest: str | None = None

    @property
    def as_kept(self) -> list[ScriptSource] | None:
        """The sources as a namespace keeps them; None where they are not all that plays, or too much to be copied."""
        if self.loaded is None or self.backend is not self.loaded.backend or not self.loaded.is_portable:
            return None
        if any(problem_of(one.name) for one in self.sources):
            return None  # a path that is not Unicode cannot be stored
        size = sum(len(one.text) + sum(map(len, one.assets.values())) for one in self.sources)
        return list(self.sources) if size <= MOST_KEPT else None


@dataclass(slots=True)
class ScriptRegistry:
    """Scripts by namespace and version. load: turns sources into what plays; raises `ScriptError`.

    own: backends of this process that single namespaces play as their version 0.
    workers: where scripts are read, which may take seconds. No transaction may wait for them, so scripts are loaded
    before one begins: new ones where they are put, those of an earlier server where their namespace is opened.
    outlives: whether runs may go on when the server has other scripts, so that those that it had are kept for them.
    """

    load: ScriptLoader
    of_server: ServerScripts
    workers: Workers = field(default_factory=lambda: Workers("scripts", _MOST_THREADS))
    own: dict[str, Backend] = field(default_factory=dict)
    outlives: bool = False
    _loaded: dict[tuple[str, int], LoadedScripts | ScriptError] = field(default_factory=dict)
    _recent: RecentScripts = field(init=False)
    _kept: dict[str, int] = field(default_factory=dict)  # by namespace: the version that is the server's own scripts
    _to_keep: list[ScriptSource] | None = field(init=False)

    def __post_init__(self) -> None:
        """Find out once what runs keep of the server's scripts."""
        self._recent = RecentScripts(self.workers)
        self.change_of_server(self.of_server)

    def change_of_server(self, scripts: ServerScripts) -> None:
        """Let other scripts be those of the server, from the next run on."""
        self.of_server = scripts
        self._to_keep = scripts.as_kept if self.outlives else None
        self._kept.clear()

    async def read(self, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Return sources as they play; raise `ScriptError`. Not within a transaction.

        They play with the parameters of all of them together, and with those of the server that they do not give.
        """
        given = {name: value for source in sources for name, value in source.params.items()}
        loaded = await self._read(_with_params(sources, {**self.of_server.params, **given}))
        unused = [unused_message(name) for name in given if name not in loaded.params]
        return replace(loaded, notes=[*loaded.notes, *unused]) if unused else loaded

    async def _read(self, sources: Sequence[ScriptSource]) -> LoadedScripts:
        return await self._recent.read(sources, partial(self.workers.compute, partial(self.load, sources)))

    async def read_again(self, name: str, rows: Sequence[Row]) -> None:
        """Load the versions that an earlier server stored; those that this one refuses raise where they are used."""
        for row in rows:
            sources = _sources(row)
            if self.of_server.loaded is not None and sources == self._to_keep:
                self._loaded[name, row["version"]] = replace(self.of_server.loaded, sources=sources)
                self._kept[name] = row["version"]
                continue
            try:
                self._loaded[name, row["version"]] = await self._read(sources)
            except ScriptError as error:
                self._loaded[name, row["version"]] = error

    async def put(self, namespace: Namespace, tx: Transaction, loaded: LoadedScripts, *, fresh: bool) -> None:
        """Make what was read the scripts of a namespace, with their parameters; versions that no run needs go.

        fresh: how often each turn was played is counted from the beginning.
        """
        version = await self._add(namespace, tx, _with_params(loaded.sources, loaded.params), loaded)
        self.switch(namespace, tx, version)
        if fresh:
            for owner in (USES, PLAYED, CHAINS, BEGUN):
                tx.delete(ScriptMemory, owner=owner)

    async def keep(self, namespace: Namespace, tx: Transaction) -> Mapping[str, Any]:
        """Return what a run that begins now notes of its scripts; those of the server become a version, once."""
        if namespace.script_version:
            return {"script_version": namespace.script_version}
        if self._to_keep is None or self.of_server.loaded is None:
            digest = self.of_server.digest if self.outlives else None
            return {"script_version": 0, "digest": digest} if digest else {"script_version": 0}
        version = self._kept.get(namespace.name)
        if version is None:
            version = await self._add(namespace, tx, self._to_keep, self.of_server.loaded)
            tx.after_commit(partial(self._note_kept, namespace.name, version, self.of_server))
        return {"script_version": version}

    def _note_kept(self, name: str, version: int, scripts: ServerScripts) -> None:
        if scripts is self.of_server:
            self._kept[name] = version

    def has_changed(self, play: Mapping[str, Any]) -> bool:
        """Return whether the server has other scripts than when a run noted them."""
        noted = play.get("digest")
        return noted is not None and noted != self.of_server.digest

    async def _add(
        self, namespace: Namespace, tx: Transaction, sources: Sequence[ScriptSource], loaded: LoadedScripts
    ) -> int:
        """Store a new version; those that no run needs any more go."""
        versions = await tx.some(Scripts, "version", -1)  # all of them, and not their texts
        version = max(versions, default=0) + 1
        needed = {run["play"]["script_version"] for run in await tx.unfinished(Run, heavy=True)}
        needed |= await _of_open_turns(tx)
        for unused in {*versions} - needed:
            tx.delete(Scripts, version=unused)
            tx.after_commit(partial(self._forget, namespace.name, unused))
        self._insert(namespace, tx, version, sources, loaded)
        return version

    def _insert(
        self,
        namespace: Namespace,
        tx: Transaction,
        version: int,
        sources: Sequence[ScriptSource],
        loaded: LoadedScripts,
    ) -> None:
        tx.insert(Scripts, version, version=version, sources=[source.to_json() for source in sources])
        kept = replace(loaded, sources=tuple(sources))
        tx.after_commit(partial(self._loaded.__setitem__, (namespace.name, version), kept))

    def play(self, name: str, backend: Backend | None) -> None:
        """Let a namespace play a backend of this process as its version 0; None: what the server was started with."""
        if backend is None:
            self.own.pop(name, None)
        else:
            self.own[name] = backend

    def replace_all(
        self,
        namespace: Namespace,
        tx: Transaction,
        versions: Mapping[int, tuple[Sequence[ScriptSource], LoadedScripts]],
    ) -> None:
        """Let a namespace have these versions of its scripts, and no other."""
        self.drop(tx)
        for version, (sources, loaded) in versions.items():
            self._insert(namespace, tx, version, sources, loaded)

    def switch(self, namespace: Namespace, tx: Transaction, version: int) -> None:
        """Let a namespace play a version of its scripts from now on; 0 are those that the server was started with."""
        namespace.script_version = version
        tx.update(NamespaceRecord, namespace.name, by={}, script_version=version)

    def drop(self, tx: Transaction) -> None:
        """Remove all versions of a namespace's scripts."""
        tx.delete(Scripts)
        tx.after_commit(partial(self.play, tx.name, None))
        for name, version in [key for key in self._loaded if key[0] == tx.name]:
            tx.after_commit(partial(self._forget, name, version))

    def _forget(self, name: str, version: int) -> None:
        self._loaded.pop((name, version), None)
        if self._kept.get(name) == version:
            del self._kept[name]

    # --- reading ----------------------------------------------------------------------------------------------------

    async def backend(self, name: str, tx: Transaction, version: int) -> Backend:
        """Return what plays a version of a namespace's scripts. Raises LookupError if it is gone."""
        if not version:
            return self.own.get(name, self.of_server.backend)
        return (await self._version(name, tx, version)).backend

    async def loaded(self, namespace: Namespace, tx: Transaction) -> LoadedScripts | None:
        """Return a namespace's scripts; None where the server plays and was given none."""
        if not namespace.script_version:
            return None if namespace.name in self.own else self.of_server.loaded
        return await self._version(namespace.name, tx, namespace.script_version)

    async def sources(self, namespace: Namespace, tx: Transaction) -> Sequence[ScriptSource]:
        """Return the sources of a namespace's scripts."""
        return await self.sources_of(namespace, tx, namespace.script_version)

    async def sources_of(self, namespace: Namespace, tx: Transaction, version: int) -> Sequence[ScriptSource]:
        """Return the sources of a version of a namespace's scripts. Raises LookupError if it is gone."""
        if not version:
            return () if namespace.name in self.own else self.of_server.sources
        loaded = self._loaded.get((namespace.name, version))
        if isinstance(loaded, LoadedScripts):
            return loaded.sources
        return await _stored_sources(tx, version)

    async def turns(
        self, namespace: Namespace, tx: Transaction, first: int = 0, most: int = MOST_TURNS
    ) -> list[dict[str, Any]]:
        """Return so many of the turns of a namespace's scripts, from one on, with how often each was played."""
        loaded = await self.loaded(namespace, tx)
        return await self._with_uses(namespace, tx, loaded.turns[first : first + most] if loaded else ())

    async def unused(self, namespace: Namespace, tx: Transaction) -> list[dict[str, Any]]:
        """Return the turns that were not played as often as they have to be."""
        loaded = await self.loaded(namespace, tx)
        required = await self._with_uses(namespace, tx, loaded.required if loaded else ())
        return [turn for turn in required if turn["used"] < turn["uses"]["min"]]

    @staticmethod
    async def _with_uses(
        namespace: Namespace, tx: Transaction, turns: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        if not turns:
            return []
        uses = (await namespace.memory(tx, "", "")).uses
        apart = await namespace.recall(tx, [f"{PLAYED}/{turn['key']}" for turn in turns if "chain" in turn])
        times = {key.removeprefix(f"{PLAYED}/"): row["times"] for key, row in apart.items()}
        return [{**turn, "used": times.get(turn["key"], uses.get(turn["key"], 0))} for turn in turns]

    async def left(self, namespace: Namespace, tx: Transaction) -> Sequence[Mapping[str, Any]]:
        """Return what of recorded threads was begun and not played to the end, as lines of drift."""
        backend = await self.backend(namespace.name, tx, namespace.script_version)
        begun = {row["key"]: row["value"] for row in await tx.all(ScriptMemory, owner=BEGUN)}
        return backend.left(begun) if begun and remembers(backend) else ()

    async def _version(self, name: str, tx: Transaction, version: int) -> LoadedScripts:
        loaded = self._loaded.get((name, version))
        if loaded is None:
            row = await _stored(tx, version)  # raises LookupError where it is gone
            if not tx.is_shared:
                raise LookupError(f"version {version} of the scripts of {name} was not loaded")
            # Another process has put it. Others wait for this namespace meanwhile, but only once.
            await self.read_again(name, [row])
            loaded = self._loaded[name, version]
        if isinstance(loaded, ScriptError):
            raise ScriptError(loaded.problems)
        return loaded


async def _of_open_turns(tx: Transaction) -> set[int]:
    """Return the versions of the turns whose calls the client of a response has still to answer."""
    from emulator.transcripts.responses.turn_places import unanswered  # noqa: PLC0415 - not at the start of a server

    rows = [await tx.get(Run, id_, deleted=True, also=("play",)) for id_ in await unanswered(tx)]
    return {row["play"]["script_version"] for row in rows if row is not None and row["play"] is not None}


def _with_params(sources: Sequence[ScriptSource], params: Mapping[str, str]) -> list[ScriptSource]:
    return [replace(source, params=params) for source in sources]


async def _stored_sources(tx: Transaction, version: int) -> list[ScriptSource]:
    return _sources(await _stored(tx, version))


async def _stored(tx: Transaction, version: int) -> Row:
    row = await tx.find(Scripts, version=version)
    if row is None:
        raise LookupError(f"version {version} of the scripts of {tx.name} is gone")
    return row


def _sources(row: Row) -> list[ScriptSource]:
    return [ScriptSource(**source) for source in row["sources"]]
