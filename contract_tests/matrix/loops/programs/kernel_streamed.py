"""Semantic Kernel's agent, invoked with streams."""

import asyncio

from asked import QUESTION, run
from harbour_agent import harbour_agent


async def ask():
    agent = await harbour_agent()
    return "".join([str(response) async for response in agent.invoke_stream(messages=QUESTION)])


run(lambda: asyncio.run(ask()))
