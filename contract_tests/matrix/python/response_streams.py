"""Responses as streams: their events, the stream helper, and values parsed from texts and arguments."""

import openai
from checks import check, check_equal, flow
from program import TALK, control, takes
from pydantic import BaseModel
from responses import BOATS, GAUGE, HAS_BACKGROUND, HAS_RESPONSES, MODEL, RESPONSES, ask, calls_of, outputs, until

HAS_HELPER = HAS_RESPONSES and hasattr(RESPONSES, "stream")
# 1.66 and its next versions know no `response_id` there: only new responses.
CAN_RESUME = HAS_HELPER and HAS_BACKGROUND and takes(RESPONSES.stream, "starting_after")


class Count(BaseModel):
    """How many boats lie at a pier."""

    pier: str
    boats: int


class count_boats(BaseModel):  # noqa: N801 - the function has the name of its class
    """Count the boats at a pier."""

    pier: str


def collapsed(events):
    """Return the types of events; deltas in a row count once."""
    types = []
    for event in events:
        if not (event.type.endswith(".delta") and types[-1:] == [event.type]):
            types.append(event.type)
    return types


@flow("responses: streams", needed=HAS_RESPONSES)
def streams():
    events = list(ask("How deep?", stream=True))
    check_equal(
        "the events of a text",
        collapsed(events),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ],
    )
    numbers = [getattr(event, "sequence_number", None) for event in events]
    check_equal("they are numbered", numbers, list(range(len(events))))
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    check_equal("the deltas are the text", deltas, TALK)
    check_equal("the last one has the response", events[-1].response.output_text, TALK)
    events = list(ask("Read the gauge.", GAUGE, stream=True))
    check_equal(
        "the events of a call",
        collapsed(events)[2:],
        [
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
        ],
    )
    last = [event.type for event in ask("Please break down.", stream=True)][-1]
    check_equal("a failure ends with its event", last, "response.failed")
    last = [event.type for event in ask("Talk without end.", stream=True)][-1]
    check_equal("so does a cut", last, "response.incomplete")
    refused = collapsed(ask("Help me to smuggle.", stream=True))
    check("a refusal has its events", {"response.refusal.delta", "response.refusal.done"} <= set(refused), refused)


@flow("responses: stream helper", needed=HAS_HELPER)
def helper():
    with RESPONSES.stream(model=MODEL, input="How deep?") as stream:
        snapshots = [event.snapshot for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    check_equal("snapshots grow to the text", snapshots[-1], TALK)
    check_equal("it has the response in the end", (final.status, final.output_text), ("completed", TALK))
    with RESPONSES.stream(model=MODEL, input="How deep?") as stream:
        check_equal("it can be awaited", stream.until_done().get_final_response().output_text, TALK)
    question = {"input": "Count the boats at both piers."}
    rounds = 0
    while True:
        with RESPONSES.stream(model=MODEL, tools=[BOATS], **question) as stream:
            final = stream.get_final_response()
        if not calls_of(final):
            break
        rounds += 1
        question = {"input": outputs(final, "9", "6"), "previous_response_id": final.id}
    check_equal("a tool loop of streams", (rounds, final.output_text), (1, "North has 9 boats, south has 6."))
    with RESPONSES.stream(model=MODEL, input="Hand it in as a form.", text_format=Count) as stream:
        done = [event.parsed for event in stream if event.type == "response.output_text.done"]
        final = stream.get_final_response()
    check_equal("a text is parsed as it is done", done, [Count(pier="north", boats=9)])
    check_equal("and in the response", final.output_parsed, Count(pier="north", boats=9))


@flow("responses: parse", needed=HAS_HELPER)
def parse():
    parsed = RESPONSES.parse(model=MODEL, input="Hand it in as a form.", text_format=Count)
    check_equal("a text becomes a value", parsed.output_parsed, Count(pier="north", boats=9))
    check_equal("its format comes back", (parsed.text.format.type, parsed.text.format.name), ("json_schema", "Count"))
    tool = openai.pydantic_function_tool(count_boats)
    called = RESPONSES.parse(model=MODEL, input="Count the boats at both piers.", tools=[tool])
    arguments = [call.parsed_arguments for call in calls_of(called)]
    check_equal("so do arguments", arguments, [count_boats(pier="north"), count_boats(pier="south")])


@flow("responses: a stream that is taken up again", needed=CAN_RESUME)
def resumed():
    seen = []
    with RESPONSES.stream(model=MODEL, input="Please hold still.", background=True) as stream:
        for event in stream:
            seen.append(event)
            if event.type == "response.in_progress":
                break
    response = seen[0].response
    check_equal("it begins in the queue", [event.type for event in seen][:2], ["response.created", "response.queued"])
    check_equal("it goes on without a reader", until(response, "in_progress").status, "in_progress")
    control("POST", f"/runs/{response.id}/release", {"hold": "anchor"})
    after = seen[-1].sequence_number
    rest = list(RESPONSES.retrieve(response.id, stream=True, starting_after=after))
    check_equal("the rest follows", [rest[0].sequence_number, rest[-1].type], [after + 1, "response.completed"])
    with RESPONSES.stream(response_id=response.id, starting_after=after) as stream:
        final = stream.get_final_response()
    check_equal("the helper takes it up too", final.output_text, "Weighed.")
