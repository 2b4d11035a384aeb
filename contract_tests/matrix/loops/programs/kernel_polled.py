"""Semantic Kernel's agent, invoked without streams."""

import asyncio

from asked import QUESTION, run
from harbour_agent import harbour_agent


async def ask():
    agent = await harbour_agent()
    return "\n".join([str(response) async for response in agent.invoke(messages=QUESTION)])


run(lambda: asyncio.run(ask()))
