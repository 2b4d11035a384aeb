"""Waiting for what another task does."""

import asyncio


async def until(is_so):
    """Return once something is so."""
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 - nothing says when
            await asyncio.sleep(0.01)
