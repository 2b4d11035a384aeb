"""Scripts that come again are read once, however large they are, as long as not too many others come between."""

import dataclasses

import pytest

from emulator.domain.ports import LoadedScripts, ScriptSource
from emulator.service import recent_scripts
from emulator.service.scripts import ScriptRegistry, ServerScripts


class Reading:
    """A registry, and what it has read."""

    def __init__(self):
        self.read = []
        self.registry = ScriptRegistry(self._load, ServerScripts(backend=None))

    def _load(self, sources):
        self.read.append([source.name for source in sources])
        return LoadedScripts(backend=None)


@pytest.fixture
def reading():
    reading = Reading()
    yield reading
    reading.registry.workers.stop()


SMALL = ScriptSource("a.yaml", "text", {"a.jsonl": "data:x;base64,AAAA"})
LARGE = dataclasses.replace(SMALL, text="text" * 100_000)


@pytest.mark.parametrize("source", [SMALL, LARGE])
async def test_the_same_scripts_are_read_once_and_others_anew(reading, source):
    first = await reading.registry.read([source])
    again = await reading.registry.read([dataclasses.replace(source, assets=dict(source.assets))])
    assert (again, len(reading.read)) == (first, 1)
    others = (
        *({"name": "b"}, {"text": source.text + "b"}, {"assets": {"a.jsonl": "data:x;base64,AAAB"}}),
        *({"assets": {"b.jsonl": "data:x;base64,AAAA"}}, {"params": {"a": "b"}}, {"replay": {"ids": "pin"}}),
    )
    for other in others:
        await reading.registry.read([dataclasses.replace(source, **other)])
    assert len(reading.read) == 1 + len(others)


async def test_several_large_scripts_that_take_turns_are_read_once_each(reading):
    for _ in range(5):
        for name in ("a", "b", "c"):
            await reading.registry.read([dataclasses.replace(LARGE, name=name)])
    assert reading.read == [["a"], ["b"], ["c"]]


async def test_of_very_large_scripts_only_the_last_ones_stay_in_memory(reading, monkeypatch):
    monkeypatch.setattr(recent_scripts, "_MOST_CHARACTERS", 900_000)
    for name in ("a", "b", "c", "b", "c", "a"):
        await reading.registry.read([dataclasses.replace(LARGE, name=name)])
    assert reading.read == [["a"], ["b"], ["c"], ["a"]]


async def test_a_script_above_all_limits_is_read_once_too(reading, monkeypatch):
    monkeypatch.setattr(recent_scripts, "_MOST_CHARACTERS", 0)
    for _ in range(3):
        await reading.registry.read([LARGE])
    assert len(reading.read) == 1


async def test_equal_scripts_of_many_namespaces_are_in_memory_once(reading):
    first = await reading.registry.read([LARGE])
    again = await reading.registry.read([dataclasses.replace(LARGE, text="".join(LARGE.text))])
    assert again.sources[0].text is first.sources[0].text
