"""Responses from the asynchronous client: in parallel, in a tool loop, as streams and in the background."""

import asyncio

import openai
from checks import check_equal, flow
from program import TALK, URL
from responses import GAUGE, HAS_RESPONSES, MODEL, calls_of, outputs


@flow("responses: the asynchronous client", needed=HAS_RESPONSES)
def everything():
    asyncio.run(use())


async def use():
    async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key="sk-emu-matrix") as client:
        responses = client.responses
        asked = [responses.create(model=MODEL, input="How deep?") for _ in range(8)]
        check_equal("in parallel", {one.output_text for one in await asyncio.gather(*asked)}, {TALK})
        first = await responses.create(model=MODEL, input="Read the gauge.", tools=[GAUGE])
        check_equal("it calls", [call.name for call in calls_of(first)], ["read-gauge"])
        answers = outputs(first, "4 m")
        last = await responses.create(model=MODEL, input=answers, tools=[GAUGE], previous_response_id=first.id)
        check_equal("and goes on", last.output_text, "The gauge reads 4 m.")
        events = await responses.create(model=MODEL, input="How deep?", stream=True)
        deltas = [event.delta async for event in events if event.type == "response.output_text.delta"]
        check_equal("as a stream", "".join(deltas), TALK)
        if hasattr(responses, "stream"):
            async with responses.stream(model=MODEL, input="How deep?") as stream:
                final = await stream.get_final_response()
            check_equal("by the stream helper", final.output_text, TALK)
        items = [item.type async for item in responses.input_items.list(last.id)]
        check_equal("lists", items, ["function_call_output", "function_call", "message"])
