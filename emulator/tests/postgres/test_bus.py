"""Messages between processes: with the commit or at once, and what holds when the connection is lost."""

import asyncio

import pytest

from contract_tests.postgres.cluster import name_of
from emulator.domain.errors import UnavailableDatabaseError
from emulator.store.postgres import bus as bus_module
from emulator.store.tables import Thread


class Ear:
    """Hears a topic."""

    def __init__(self, documents, topic="topic"):
        self.heard: list[str] = []
        self.gaps = 0
        self._news = asyncio.Event()
        self.leave = documents.database.bus.subscribe(topic, self._hear)
        documents.database.bus.on_gap(self._gap)

    def _hear(self, payload):
        self.heard.append(payload)
        self._news.set()

    def _gap(self):
        self.gaps += 1
        self._news.set()

    async def until(self, condition):
        async with asyncio.timeout(20):
            while not condition():
                self._news.clear()
                await self._news.wait()


async def test_all_processes_hear_what_is_kept_after_it_is_kept_and_nothing_else(open_documents):
    here, there = await open_documents(), await open_documents()
    ears = Ear(here), Ear(there)
    other = Ear(there, "other")

    async def fail():
        async with here.transaction("a") as tx:
            tx.insert(Thread, "t0", id="t0", doc={})
            tx.notify("topic", "never")
            raise ValueError

    with pytest.raises(ValueError):
        await fail()
    async with here.transaction("a") as tx:
        tx.insert(Thread, "t1", id="t1", doc={})
        for _ in range(3):
            tx.notify("topic", "a/t1\nä")
        assert await tx.has(Thread, "t1")
    await here.database.bus.send("topic", "")
    for ear in ears:
        await ear.until(lambda ear=ear: len(ear.heard) == 2)
        assert ear.heard == ["a/t1\nä", ""]
    assert other.heard == []


async def test_whoever_has_left_hears_nothing_more(documents):
    first, second = Ear(documents), Ear(documents)
    first.leave()
    await documents.database.bus.send("topic", "x")
    await second.until(lambda: second.heard)
    assert first.heard == []
    first.leave()


async def test_one_that_does_not_understand_a_message_keeps_nobody_from_hearing(documents, caplog):
    def break_down(payload):
        raise ValueError(payload)

    documents.database.bus.subscribe("topic", break_down)
    ear = Ear(documents)
    await documents.database.bus.send("topic", "x")
    await documents.database.bus.send("topic", "y")
    await ear.until(lambda: len(ear.heard) == 2)
    assert caplog.messages.count("a message was not understood") == 2


async def test_a_connection_that_is_lost_is_made_again_and_the_gap_is_told(postgres, database, documents):
    ear = Ear(documents)
    await documents.database.bus.send("topic", "1")
    await ear.until(lambda: ear.heard)
    postgres.disconnect(name_of(database))
    await ear.until(lambda: ear.gaps == 1)
    await documents.database.bus.send("topic", "2")
    await ear.until(lambda: ear.heard == ["1", "2"])
    assert documents.database.trouble() is None


async def test_a_server_that_is_away_hears_nothing_and_is_heard_again(postgres, documents, monkeypatch):
    monkeypatch.setattr(bus_module, "_MOST_BETWEEN", 0.2)
    ear = Ear(documents)
    postgres.stop("fast")
    with pytest.raises(UnavailableDatabaseError):
        await documents.database.bus.send("topic", "1")
    postgres.start()
    await ear.until(lambda: ear.gaps == 1)
    await documents.database.bus.send("topic", "2")
    await ear.until(lambda: ear.heard == ["2"])


async def test_a_connection_that_is_silent_is_looked_at(open_documents, monkeypatch):
    monkeypatch.setattr(bus_module, "_SILENCE", 0.05)
    documents = await open_documents()
    ear = Ear(documents)
    await documents.database.bus.send("topic", "1")
    await ear.until(lambda: ear.heard)
    never = asyncio.Event()

    async def say_nothing(*_):
        await never.wait()

    monkeypatch.setattr(documents.database.bus._listening, "execute", say_nothing)
    await ear.until(lambda: ear.gaps == 1)
    await documents.database.bus.send("topic", "2")
    await ear.until(lambda: ear.heard == ["1", "2"])
