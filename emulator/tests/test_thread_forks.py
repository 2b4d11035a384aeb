"""Copies of threads that are large, or whose copying fails."""

import pytest

from emulator.domain.actions import Say
from emulator.domain.errors import ApiError
from emulator.service import thread_forks
from emulator.store.tables import Message, Run, RunStep, Thread


@pytest.mark.parametrize("bound", ["MOST_MESSAGES", "MOST_RUNS"])
async def test_a_thread_that_is_too_long_is_refused_and_nothing_is_copied(engine, monkeypatch, bound):
    s = engine(lambda view: [Say("x"), Say("y")])
    await s.play()
    await s.play(on=s.thread["id"])
    monkeypatch.setattr(thread_forks, bound, 1)
    before = [len(s.rows(table)) for table in (Thread, Message, Run, RunStep)]
    with pytest.raises(ApiError, match="with at most 1 is forked") as error:
        await thread_forks.fork(s.namespace, s.thread["id"], None)
    assert error.value.status == 400
    assert [len(s.rows(table)) for table in (Thread, Message, Run, RunStep)] == before


async def test_a_copy_that_fails_leaves_nothing(engine, monkeypatch):
    s = engine(lambda view: [Say("x")])
    await s.play()

    async def fail(self):
        raise RuntimeError

    monkeypatch.setattr(thread_forks._Copy, "take_memory", fail)
    with pytest.raises(RuntimeError):
        await thread_forks.fork(s.namespace, s.thread["id"], None)
    assert [len(s.rows(table)) for table in (Thread, Run)] == [1, 1]
