"""The async client: a dozen concurrent conversations, each on its own thread, and one that is streamed."""

import asyncio
import time

from openai import AsyncOpenAI
from server import async_client, base_url

POSTS = 12


async def ask(api: AsyncOpenAI, assistant_id: str, number: int) -> str:
    thread = await api.beta.threads.create(messages=[{"role": "user", "content": f"What does post {number} see?"}])
    await api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant_id)
    page = await api.beta.threads.messages.list(thread.id, limit=1)
    return page.data[0].content[0].text.value


async def stream_answer(api: AsyncOpenAI, assistant_id: str) -> str:
    async with api.beta.threads.create_and_run_stream(
        assistant_id=assistant_id, thread={"messages": [{"role": "user", "content": "What does post 99 see?"}]}
    ) as stream:
        return "|".join([text async for text in stream.text_deltas])


async def main() -> None:
    with base_url("async_client.yaml") as url:
        async with async_client(url) as api:
            assistant = await api.beta.assistants.create(model="gpt-4o", name="Weather")
            started = time.perf_counter()
            reports = await asyncio.gather(*(ask(api, assistant.id, number) for number in range(POSTS)))
            seconds = time.perf_counter() - started
            print("\n".join(reports))
            print(f"\n{POSTS} conversations, each with a wait of 0.25 s, took {seconds:.1f} s together.")
            print(f"And one as a stream: {await stream_answer(api, assistant.id)}")


asyncio.run(main())
