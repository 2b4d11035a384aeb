"""Scripts of namespaces: replaced, added, removed, and changed by the server."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from emulator.domain.errors import ApiError
from emulator.domain.ports import Backend, LoadedScripts, ScriptSource
from emulator.engine.namespace import Namespace
from emulator.service.beginnings import NO_FIXTURES, pin
from emulator.service.open_namespaces import DEFAULT, OpenNamespaces, lock
from emulator.service.scripts import ServerScripts
from emulator.store.documents import Transaction

# The name of a script that came without one.
UNNAMED: Final = "script.yaml"
_log: Final = logging.getLogger(__name__)


class ScriptedNamespaces(OpenNamespaces):
    """Namespaces that play scripts."""

    __slots__ = ()

    async def put_scripts(self, name: str, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Replace a namespace's scripts, counting from the beginning how often each turn is played.

        Runs that are under way keep theirs. Raises `ScriptError` for scripts that cannot be loaded and `ApiError` for
        fixtures that are refused; either changes nothing at all.
        """
        await self.open(name)
        async with self.changing(name):
            loaded = await self.scripts.read(sources)
            namespace = await self.open(name)  # anew: it may have been deleted meanwhile
            async with namespace.transaction() as tx:
                return await self._put_scripts(namespace, tx, loaded, fresh=True)

    async def add_scripts(self, name: str, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Add to a namespace's scripts; a scenario takes the place of one that has its name. Raises the same."""
        async with self.changing(name):
            while True:
                namespace = await self.open(name)
                async with namespace.transaction() as tx:
                    all_sources = _joined(await self.scripts.sources(namespace, tx), sources)
                loaded = await self.scripts.read(all_sources)
                if await self.open(name) is namespace:  # else it was deleted meanwhile
                    async with namespace.transaction() as tx:
                        return await self._put_scripts(namespace, tx, loaded, fresh=False)

    async def edit_scripts(
        self,
        name: str,
        edit: Callable[[Sequence[ScriptSource]], Sequence[ScriptSource]],
        *,
        version: int,
        fresh: bool = False,
    ) -> LoadedScripts:
        """Let a namespace have what an edit makes of its scripts' sources.

        version: of the scripts that the edit is meant for; where the namespace has others meanwhile, they stay, and
        that is a 409. fresh: as `put_scripts` counts uses; otherwise they stay. Raises as `put_scripts`, and the 404 of
        a namespace that does not exist.
        """
        async with self.changing(name):
            namespace = await self.find(name)
            async with namespace.transaction() as tx:
                _check_version(namespace, version)
                sources = edit(await self.scripts.sources(namespace, tx))
            loaded = await self.scripts.read(sources)
            namespace = await self.find(name)  # anew: it may have been deleted meanwhile
            async with namespace.transaction() as tx:
                _check_version(namespace, version)
                return await self._put_scripts(namespace, tx, loaded, fresh=fresh)

    async def change_of_server(self, scripts: ServerScripts) -> None:
        """Let the server have other scripts; runs under way keep theirs.

        Namespaces that play them get their fixtures, as `put_scripts` gives them. Raises `RefusedFixtureError` for one
        that the API refuses, which changes nothing.
        """
        before = self.scripts.of_server.loaded
        if scripts.loaded is not None:
            await self.try_fixtures(scripts.loaded)
        self.scripts.change_of_server(scripts)
        for namespace in tuple(self._open.values()):
            if scripts.loaded is None or namespace.script_version:
                continue
            try:
                async with namespace.transaction() as tx:
                    self._beginnings.keep_in_step(namespace, tx)
                    last = before.fixtures if before else NO_FIXTURES
                    await self._beginnings.equip(namespace, tx, scripts.loaded, last)
            except ApiError as error:  # what it holds itself is in the way
                _log.warning("namespace %s has no fixtures of the scripts that changed: %s", namespace.name, error)

    async def try_fixtures(self, loaded: LoadedScripts) -> None:
        """Make the fixtures of scripts in the namespace that most requests belong to, and keep nothing of it.

        Raises `RefusedFixtureError`.
        """
        row = await self._row(DEFAULT)
        try:
            namespace = self._new(DEFAULT) if row is None else self._from_row(row)
        except ApiError:
            return  # its first request says what is wrong with it
        tx = await namespace.begin()
        try:
            await self._equip_within(namespace, tx, loaded)
        finally:
            await tx.roll_back()

    async def _put_scripts(
        self, namespace: Namespace, tx: Transaction, loaded: LoadedScripts, *, fresh: bool
    ) -> LoadedScripts:
        last = await self._own_scripts(namespace, tx)  # others may come where these cannot be played any more
        self._beginnings.keep_in_step(namespace, tx)
        await self._beginnings.equip(namespace, tx, loaded, last.fixtures if last else NO_FIXTURES)
        await self.scripts.put(namespace, tx, loaded, fresh=fresh)
        return loaded

    async def play(self, name: str, backend: Backend) -> None:
        """Let a namespace play a backend of this process, in place of its scripts; nothing of it is stored."""
        await self.open(name)
        async with self.changing(name):
            namespace = await self.open(name)
            async with namespace.transaction() as tx:
                self._beginnings.keep_in_step(namespace, tx)
                self.scripts.switch(namespace, tx, 0)
                await pin(namespace, tx, None, anew=True)
                namespace.store(tx)
                tx.after_commit(partial(self.scripts.play, name, backend))

    def changing(self, name: str) -> asyncio.Lock:
        """Return what whoever changes the scripts of a namespace holds."""
        return lock(self._changing, name)

    async def remove_scripts(self, name: str) -> Namespace:
        """Let a namespace play what the server was started with; raise the 404 of one that does not exist."""
        async with self.changing(name):
            namespace = await self.find(name)
            async with namespace.transaction() as tx:
                self._beginnings.keep_in_step(namespace, tx)
                self.scripts.switch(namespace, tx, 0)
                await pin(namespace, tx, self.scripts.of_server.loaded, anew=True)
                tx.after_commit(partial(self.scripts.play, name, None))
        return namespace


def _check_version(namespace: Namespace, version: int) -> None:
    if namespace.script_version != version:
        raise ApiError(
            409,
            f"The scripts were changed by somebody else: they are of version {namespace.script_version} by now, and no"
            f" longer of version {version}.",
        )


def _joined(before: Sequence[ScriptSource], added: Sequence[ScriptSource]) -> list[ScriptSource]:
    """Return all sources; those without a name get one of their own."""
    sources = list(before)
    for source in added:
        unnamed = source.name == UNNAMED and any(one.name == UNNAMED for one in sources)
        sources.append(replace(source, name=f"script-{len(sources) + 1}.yaml") if unnamed else source)
    return sources
