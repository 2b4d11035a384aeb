"""A short selection of the flows with the async client."""

import asyncio

import openai
from checks import check_equal, flow
from program import CAN_POLL, CAN_STREAM, GAUGE, MODEL, TALK, URL, outputs


@flow("async client")
def async_client():
    asyncio.run(_talk())


async def _talk():
    async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key="sk-emu-matrix") as client:
        beta = client.beta
        threads, runs = beta.threads, beta.threads.runs
        assistant = await beta.assistants.create(model=MODEL, tools=[GAUGE])
        created_threads = await asyncio.gather(
            *(threads.create(messages=[{"role": "user", "content": "How deep?"}]) for _ in range(8))
        )
        started = await asyncio.gather(
            *(runs.create(thread.id, assistant_id=assistant.id) for thread in created_threads)
        )
        ended = await asyncio.gather(*(_wait(runs, run) for run in started))
        check_equal("eight concurrent runs", [run.status for run in ended], ["completed"] * 8)
        check_equal(
            "all pages are listed", len([one async for one in threads.messages.list(created_threads[0].id, limit=1)]), 2
        )
        unknown = threads.retrieve("thread_" + "A" * 24)
        (error,) = await asyncio.gather(unknown, return_exceptions=True)
        check_equal("an unknown thread is refused", type(error), openai.NotFoundError)
        if CAN_POLL:
            thread = await threads.create(messages=[{"role": "user", "content": "Read the gauge."}])
            run = await runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            run = await runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs(run, "3 m")
            )
            check_equal("a call is polled to its end", run.status, "completed")
        if CAN_STREAM:
            thread = await threads.create(messages=[{"role": "user", "content": "How deep?"}])
            stream = await runs.create(thread.id, assistant_id=assistant.id, stream=True)
            text = "".join(
                [
                    event.data.delta.content[0].text.value
                    async for event in stream
                    if event.event == "thread.message.delta"
                ]
            )
            check_equal("events are streamed", text, TALK)
            thread = await threads.create(messages=[{"role": "user", "content": "Read the gauge."}])
            stream_helper = getattr(runs, "stream", None) or runs.create_and_stream
            async with stream_helper(thread_id=thread.id, assistant_id=assistant.id) as stream:
                run = await stream.get_final_run()
            check_equal("a run with a call is returned", run.status, "requires_action")
            async with runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs(run, "3 m")
            ) as stream:
                (message,) = await stream.get_final_messages()
            check_equal("and completed with its output", message.content[0].text.value, "The gauge reads 3 m.")


async def _wait(runs, run):
    for _ in range(2000):
        run = await runs.retrieve(run.id, thread_id=run.thread_id)
        if run.status not in ("queued", "in_progress"):
            break
        await asyncio.sleep(0.01)
    return run
