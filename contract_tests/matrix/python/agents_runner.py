"""openai-agents: a Runner that calls functions, hands over, returns values, streams, and chains its responses."""

import asyncio

import openai
from agents import (
    Agent,
    CodeInterpreterTool,
    FileSearchTool,
    ModelSettings,
    Runner,
    function_tool,
    set_default_openai_client,
    set_tracing_disabled,
)
from checks import check, check_equal, check_refused, flow
from harbour import BOTH, COUNTED, KEY, MODEL, PIERS, TALK, TWICE, URL
from pydantic import BaseModel

client = openai.AsyncOpenAI(base_url=URL, api_key=KEY)
# As the library's documentation has it for another base URL.
set_default_openai_client(client, use_for_tracing=False)
set_tracing_disabled(True)

# Each flow may last longer than one loop: the client is bound to its loop.
LOOP = asyncio.new_event_loop()


@function_tool
def count_boats(pier: str) -> str:
    """Count the boats at a pier."""
    return str(PIERS[pier])


class Count(BaseModel):
    """How many boats lie at a pier."""

    pier: str
    boats: int


HARBOUR = Agent(name="Harbour", instructions="Answer for the harbour.", model=MODEL, tools=[count_boats])


def do(coroutine):
    return LOOP.run_until_complete(coroutine)


def run(agent, question, **more):
    return do(Runner.run(agent, question, **more))


@flow("agents: a runner")
def answers():
    result = run(HARBOUR, "How deep is it?")
    check_equal("it answers", result.final_output, TALK)
    check("it knows the response", result.last_response_id.startswith("resp_"), result.last_response_id)
    usage = result.context_wrapper.usage
    check_equal("it counts what was used", (usage.requests, usage.input_tokens, usage.output_tokens), (1, 21, 9))


@flow("agents: functions")
def functions():
    result = run(HARBOUR, BOTH)
    check_equal("parallel calls", result.final_output, COUNTED)
    check_equal(
        "its items",
        [item.type for item in result.new_items],
        ["tool_call_item", "tool_call_item", "tool_call_output_item", "tool_call_output_item", "message_output_item"],
    )
    result = run(HARBOUR, TWICE)
    check_equal("two rounds", (result.final_output, len(result.raw_responses)), ("9, then 6.", 3))


@flow("agents: handoff")
def handoff():
    pilot = Agent(name="Pilot", instructions="You steer ships.", model=MODEL)
    result = run(Agent(name="Office", model=MODEL, handoffs=[pilot]), "Please bring the ship in.")
    check_equal(
        "another agent answers",
        (result.last_agent.name, result.final_output),
        ("Pilot", "I take her in at high water."),
    )


@flow("agents: an agent as a tool")
def as_tool():
    pilot = Agent(name="Pilot", instructions="You know the water.", model=MODEL)
    tool = pilot.as_tool(tool_name="ask_pilot", tool_description="Ask the pilot.")
    result = run(Agent(name="Office", model=MODEL, tools=[tool]), "Please ask the pilot.")
    check_equal("its answer is an output", result.final_output, f"The pilot says: {TALK}")


@flow("agents: values")
def values():
    clerk = Agent(name="Clerk", model=MODEL, output_type=Count)
    check_equal(
        "a text becomes a value", run(clerk, "Hand it in as a form.").final_output, Count(pier="north", boats=9)
    )


@flow("agents: streams")
def streams():
    async def listen():
        result = Runner.run_streamed(HARBOUR, BOTH)
        raw, items = [], []
        async for event in result.stream_events():
            if event.type == "raw_response_event":
                raw.append(event.data)
            elif event.type == "run_item_stream_event":
                items.append(event.name)
        return result, raw, items

    result, raw, items = do(listen())
    check_equal("the answer", result.final_output, COUNTED)
    deltas = "".join(event.delta for event in raw if event.type == "response.output_text.delta")
    check_equal("its deltas", deltas, COUNTED)
    check_equal(
        "calls and outputs are seen", sorted(set(items)), ["message_output_created", "tool_called", "tool_output"]
    )
    check_equal("two responses end", [event.type for event in raw].count("response.completed"), 2)


@flow("agents: continued by hand")
def by_hand():
    first = run(HARBOUR, "Hello, my name is Ada.")
    question = [*first.to_input_list(), {"role": "user", "content": "Do you know who I am?"}]
    check_equal("with all items", run(HARBOUR, question).final_output, "You are Ada.")


@flow("agents: continued by previous_response_id")
def chained():
    first = run(HARBOUR, "Hello, my name is Ada.")
    second = run(HARBOUR, "Do you know who I am?", previous_response_id=first.last_response_id)
    check_equal("it remembers", second.final_output, "You are Ada.")
    third = run(HARBOUR, BOTH, previous_response_id=second.last_response_id)
    check_equal("with calls", third.final_output, COUNTED)
    alone = run(HARBOUR, TWICE, auto_previous_response_id=True)
    check_equal("and by itself", alone.final_output, "9, then 6.")


@flow("agents: nothing stored")
def not_stored():
    forgetful = HARBOUR.clone(model_settings=ModelSettings(store=False, include_usage=True))
    result = run(forgetful, BOTH)
    check_equal("a loop", result.final_output, COUNTED)
    check_refused(
        "the response is gone",
        openai.NotFoundError,
        lambda: do(client.responses.retrieve(result.last_response_id)),
        status_code=404,
    )


@flow("agents: built-in tools")
def built_in():
    async def quay():
        file = await client.files.create(
            file=("quay.txt", b"Opening hours of the lock: five to nine."), purpose="assistants"
        )
        store = await client.vector_stores.create(name="Quay", file_ids=[file.id])
        return file, store

    file, store = do(quay())
    search = FileSearchTool(vector_store_ids=[store.id], max_num_results=3, include_search_results=True)
    clerk = Agent(name="Clerk", model=MODEL, tools=[search])
    result = run(clerk, "What are the opening hours of the lock?")
    found = result.new_items[0].raw_item
    check_equal("a search", (found.type, found.results[0].file_id), ("file_search_call", file.id))
    check("its answer", result.final_output.startswith("Found in quay.txt"), result.final_output)
    container = {"type": "code_interpreter", "container": {"type": "auto"}}
    analyst = Agent(name="Analyst", model=MODEL, tools=[CodeInterpreterTool(tool_config=container)])
    result = run(analyst, "What is the mean?")
    check_equal("code", [item.type for item in result.new_items], ["tool_call_item", "message_output_item"])
    again = [*result.to_input_list(), {"role": "user", "content": "How deep is it?"}]
    check_equal("what the server made can be sent again", run(analyst, again).final_output, TALK)


@flow("agents: errors")
def errors():
    missing = "resp_" + "0" * 50
    check_refused(
        "an unknown response",
        openai.BadRequestError,
        lambda: run(HARBOUR, "Hello", previous_response_id=missing),
        code="previous_response_not_found",
    )
