"""Scripts with large files are read once, as long as no others come between."""

import dataclasses

from emulator.domain.ports import LoadedScripts, ScriptSource
from emulator.service.scripts import ScriptRegistry, ServerScripts


async def test_the_same_large_scripts_are_read_once_and_others_anew():
    read = []

    def load(sources):
        read.append(sources)
        return LoadedScripts(backend=None)

    registry = ScriptRegistry(load, ServerScripts(backend=None))
    source = ScriptSource("a.yaml", "text", {"a.jsonl": "data:x;base64,AAAA"})
    first = await registry.read([source])
    assert (await registry.read([dataclasses.replace(source, assets=dict(source.assets))]), len(read)) == (first, 1)
    for other in ({"name": "b"}, {"text": "b"}, {"assets": {"a.jsonl": "data:x;base64,AAAB"}}, {"params": {"a": "b"}}):
        await registry.read([dataclasses.replace(source, **other)])
    assert len(read) == 5
    registry.workers.stop()
