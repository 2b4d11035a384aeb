"""Waiting for the time of the machine, where no namespace's clock is meant: between two tries, or two signs of life."""

import asyncio


async def pass_seconds(seconds: float) -> None:
    """Let some seconds pass; nothing is left behind where that is broken off."""
    passed = asyncio.Event()
    timer = asyncio.get_running_loop().call_later(seconds, passed.set)
    try:
        await passed.wait()
    finally:
        timer.cancel()
