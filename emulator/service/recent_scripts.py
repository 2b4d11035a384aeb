"""Scripts that were loaded lately: those that are put again and again, as each test of a suite does, are read once."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Any, Final

from emulator.daemon_threads import Workers
from emulator.domain.ports import LoadedScripts, ScriptSource

# So many of them, and so many characters of those that are known by a digest, but for the last one.
_MOST: Final = 16
_MOST_CHARACTERS: Final = 32_000_000
# Longer sources are known by a digest, which is made on a thread.
_MOST_COMPARED: Final = 100_000


@dataclass(slots=True)
class RecentScripts:
    """What was loaded, by the sources, the oldest first; what is asked for again becomes the newest."""

    workers: Workers
    _loaded: dict[Any, LoadedScripts] = field(default_factory=dict)
    _characters: dict[Any, int] = field(default_factory=dict)

    async def read(
        self, sources: Sequence[ScriptSource], load: Callable[[], Awaitable[LoadedScripts]]
    ) -> LoadedScripts:
        """Return sources as they play, with equal sources that are in memory once. load: reads them, if need be."""
        size = _size(sources)
        is_large = size > _MOST_COMPARED
        key = await self.workers.compute(partial(_digest, sources)) if is_large else _key(sources)
        loaded = self._loaded.pop(key, None) or replace(await load(), sources=tuple(sources))
        self._loaded[key] = loaded
        self._characters[key] = size if is_large else 0
        self._forget_oldest()
        return loaded

    def _forget_oldest(self) -> None:
        for oldest in list(self._loaded)[:-1]:
            if len(self._loaded) <= _MOST and sum(self._characters.values()) <= _MOST_CHARACTERS:
                return
            del self._loaded[oldest], self._characters[oldest]


def _size(sources: Sequence[ScriptSource]) -> int:
    return sum(len(one.text) + sum(map(len, one.assets.values())) for one in sources)


def _key(sources: Sequence[ScriptSource]) -> Any:
    return tuple(
        (one.name, one.text, *(tuple(sorted(pairs.items())) for pairs in (one.assets, one.params, one.replay)))
        for one in sources
    )


def _digest(sources: Sequence[ScriptSource]) -> bytes:
    """Return a digest of all that loading depends on."""
    digest = sha256()
    for source in sources:
        pairs = (pair for of in (source.assets, source.params, source.replay) for pair in sorted(of.items()))
        for text in (
            source.name,
            source.text,
            str(len(source.assets)),
            str(len(source.params)),
            *(text for pair in pairs for text in pair),
        ):
            digest.update(b"%d:" % len(text))
            digest.update(text.encode(errors="surrogatepass"))
    return digest.digest()
