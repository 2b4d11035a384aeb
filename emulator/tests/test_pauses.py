import asyncio

import pytest

from emulator.domain.broken_connection import BrokenConnectionError
from emulator.pauses import Pauses

LONG = 3600.0


@pytest.fixture
def pauses():
    return Pauses()


@pytest.fixture
def gone():
    return asyncio.Event()


async def begun(pauses, gone):
    waiting = asyncio.create_task(pauses.wait(LONG, gone.wait()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    return waiting


async def test_a_pause_ends_by_itself(pauses, gone):
    assert await pauses.wait(0.001, gone.wait())


async def test_a_pause_ends_where_the_client_leaves(pauses, gone):
    waiting = await begun(pauses, gone)
    gone.set()
    assert not await waiting


async def test_a_pause_that_is_released_goes_on(pauses, gone):
    first, second = await begun(pauses, gone), await begun(pauses, gone)
    pauses.release()
    assert await first
    assert await second
    await begun_and_cancelled(pauses, gone)


async def begun_and_cancelled(pauses, gone):
    waiting = await begun(pauses, gone)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_nothing_goes_on_behind_a_stop(pauses, gone):
    waiting = await begun(pauses, gone)
    pauses.stop()
    with pytest.raises(BrokenConnectionError):
        await waiting
    with pytest.raises(BrokenConnectionError):
        await pauses.wait(LONG, gone.wait())


async def test_a_pause_leaves_no_task_behind(pauses, gone):
    before = asyncio.all_tasks()
    await pauses.wait(0.001, gone.wait())
    await begun_and_cancelled(pauses, gone)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
