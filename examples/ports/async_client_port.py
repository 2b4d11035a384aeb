"""The port of async_client.py: a dozen dialogues at once, and one that is streamed."""

import asyncio

from openai import AsyncOpenAI

POSTS = 12


async def main() -> None:
    async with AsyncOpenAI() as client:
        questions = [f"What does post {number} see?" for number in range(POSTS)]
        reports = await asyncio.gather(
            *(client.responses.create(model="gpt-4o", input=question) for question in questions)
        )
        print("\n".join(report.output_text for report in reports))
        async with client.responses.stream(model="gpt-4o", input="What does post 99 see?") as stream:
            print("|".join([event.delta async for event in stream if event.type == "response.output_text.delta"]))


asyncio.run(main())
