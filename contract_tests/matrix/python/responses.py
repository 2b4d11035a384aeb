"""Responses: created, continued in each way, with function calls, as values, in the background, and refused."""

import json
import time

import openai
from checks import check, check_equal, check_refused, flow
from program import TALK, client, control, fault, takes

RESPONSES = getattr(client, "responses", None)
HAS_RESPONSES = RESPONSES is not None
HAS_BACKGROUND = HAS_RESPONSES and takes(RESPONSES.create, "background")
MODEL = "gpt-4o"
# Functions are flat here.
GAUGE = {
    "type": "function",
    "name": "read-gauge",
    "description": "Read the water level.",
    "parameters": {"type": "object", "properties": {"station": {"type": "string"}}, "required": ["station"]},
    "strict": False,
}
BOATS = {
    "type": "function",
    "name": "count_boats",
    "parameters": {"type": "object", "properties": {"pier": {"type": "string"}}, "required": ["pier"]},
    "strict": False,
}


def ask(question, *tools, **more):
    return RESPONSES.create(model=MODEL, input=question, tools=list(tools), **more)


def calls_of(response):
    return [item for item in response.output if item.type == "function_call"]


def outputs(response, *texts):
    """Return an output for each call of a response, in their order."""
    pairs = zip(calls_of(response), texts, strict=True)
    return [{"type": "function_call_output", "call_id": call.call_id, "output": text} for call, text in pairs]


@flow("responses", needed=HAS_RESPONSES)
def create():
    response = ask("How deep is it?", instructions="Be exact.", metadata={"boat": "Merlin"})
    check_equal("it is completed with its text", (response.status, response.output_text), ("completed", TALK))
    check_equal(
        "it says what it was asked with", (response.instructions, response.metadata["boat"]), ("Be exact.", "Merlin")
    )
    (message,) = response.output
    check_equal(
        "it is one message", (message.type, message.role, message.status), ("message", "assistant", "completed")
    )
    usage = response.usage
    check_equal(
        "it has the usage of the script", (usage.input_tokens, usage.output_tokens, usage.total_tokens), (21, 9, 30)
    )
    again = RESPONSES.retrieve(response.id)
    check_equal("it can be read again", (again.id, again.output_text), (response.id, TALK))
    items = list(RESPONSES.input_items.list(response.id))
    check_equal("its input can be listed", [item.content[0].text for item in items], ["How deep is it?"])
    RESPONSES.delete(response.id)
    check_refused(
        "it is gone after its deletion", openai.NotFoundError, lambda: RESPONSES.retrieve(response.id), status_code=404
    )
    many = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "How deep?"}]
    check_equal("messages without a type are taken", ask(many).output_text, TALK)


@flow("responses: function calls", needed=HAS_RESPONSES)
def function_calls():
    first = ask("Read the gauge.", GAUGE)
    (call,) = calls_of(first)
    check_equal("a response that calls is completed", (first.status, first.output_text), ("completed", ""))
    check_equal(
        "it has name and arguments", (call.name, json.loads(call.arguments)), ("read-gauge", {"station": "Büsum"})
    )
    last = ask(outputs(first, "4 m"), GAUGE, previous_response_id=first.id)
    check_equal("the next one has the output", last.output_text, "The gauge reads 4 m.")
    items = list(RESPONSES.input_items.list(last.id))
    check_equal(
        "its input is the whole chain, newest first",
        [item.type for item in items],
        ["function_call_output", "function_call", "message"],
    )
    both = ask("Count the boats at both piers.", BOATS)
    check_equal(
        "calls come together",
        [json.loads(call.arguments) for call in calls_of(both)],
        [{"pier": "north"}, {"pier": "south"}],
    )
    error = check_refused(
        "each of them needs an output",
        openai.BadRequestError,
        lambda: ask(outputs(both, "9", "6")[:1], BOATS, previous_response_id=both.id),
        status_code=400,
    )
    check("the error names the call", calls_of(both)[1].call_id in str(error), error)
    done = ask(outputs(both, "9", "6"), BOATS, previous_response_id=both.id)
    check_equal("all outputs are used", done.output_text, "North has 9 boats, south has 6.")
    response, rounds = ask("Count twice.", BOATS), 0
    while calls_of(response):
        rounds += 1
        response = ask(outputs(response, str(rounds)), BOATS, previous_response_id=response.id)
    check_equal("a loop ends with the text", (rounds, response.output_text), (2, "1, then 2."))


@flow("responses: a chain, and a client that keeps everything itself", needed=HAS_RESPONSES)
def continued():
    first = ask("Hello, my name is Ada.")
    second = ask("Do you know who I am?", previous_response_id=first.id)
    check_equal("a chain remembers", (first.output_text, second.output_text), ("Welcome aboard, Ada.", "You are Ada."))
    check_equal("another one does not", ask("Do you know who I am?").output_text, "You are nobody that I know.")
    history = []
    for question, answer in (
        ("Hello, my name is Bo.", "Welcome aboard, Bo."),
        ("Read the gauge.", "The gauge reads 3 m."),
        ("Do you know who I am?", "You are Bo."),
    ):
        history.append({"role": "user", "content": question})
        response = ask(history, GAUGE, store=False)
        while calls_of(response):
            history += [item.model_dump(exclude_none=True) for item in response.output]
            history += outputs(response, "3 m")
            response = ask(history, GAUGE, store=False)
        history += response.output
        check_equal(f"a client that sends everything: {question}", response.output_text, answer)
    check_refused("what is not stored cannot be read", openai.NotFoundError, lambda: RESPONSES.retrieve(response.id))


@flow("responses that do not succeed", needed=HAS_RESPONSES)
def ends():
    failed = ask("Please break down.")
    check_equal("one fails", (failed.status, failed.error.code), ("failed", "rate_limit_exceeded"))
    check_equal("with its message", failed.error.message, "The harbour office is busy.")
    cut = ask("Talk without end.")
    check_equal("one is cut off", (cut.status, cut.incomplete_details.reason), ("incomplete", "max_output_tokens"))
    check_equal("behind a part of its text", cut.output_text, "Once there was a ship and")
    (message,) = ask("Help me to smuggle.").output
    check_equal(
        "one refuses", (message.content[0].type, message.content[0].refusal), ("refusal", "I cannot help with that.")
    )


@flow("responses: errors", needed=HAS_RESPONSES)
def errors():
    def refused(name, call, error=openai.BadRequestError, **expected):
        check_refused(name, error, call, **expected)

    nested = {"type": "function", "function": {"name": "count_boats"}}
    refused(
        "a tool of Assistants", lambda: ask("Hello", nested), code="missing_required_parameter", param="tools[0].name"
    )
    refused(
        "an unknown previous response",
        lambda: ask("Hello", previous_response_id="resp_" + "0" * 50),
        code="previous_response_not_found",
        param="previous_response_id",
    )
    refused(
        "an unknown parameter",
        lambda: ask("Hello", extra_body={"thread_id": "thread_1"}),
        code="unknown_parameter",
        param="thread_id",
    )
    refused(
        "an output without its call",
        lambda: ask([{"type": "function_call_output", "call_id": "call_x", "output": ""}]),
        param="input",
    )
    refused(
        "an unknown response", lambda: RESPONSES.retrieve("resp_" + "0" * 50), openai.NotFoundError, status_code=404
    )
    fault({"status": 500}, method="POST", path="/responses")
    check_equal("a 500 is tried again", ask("How deep?").output_text, TALK)
    fault({"status": 429, "headers": {"retry-after-ms": "1"}}, method="POST", path="/responses")
    check_equal("so is a 429", ask("How deep?").output_text, TALK)


@flow("responses: raw answers", needed=HAS_RESPONSES)
def raw():
    answer = RESPONSES.with_raw_response.create(model=MODEL, input="How deep?")
    check(
        "it has the id of the request",
        (answer.headers.get("x-request-id") or "").startswith("req_"),
        dict(answer.headers),
    )
    check_equal("it can be parsed", answer.parse().output_text, TALK)


@flow("responses: in the background", needed=HAS_BACKGROUND)
def background():
    response = ask("Please hold still.", background=True)
    check("it begins in the queue or under way", response.status in {"queued", "in_progress"}, response.status)
    polled = until(response, "in_progress")
    check_equal("it goes on", (polled.status, polled.output_text), ("in_progress", ""))
    control("POST", f"/runs/{response.id}/release", {"hold": "anchor"})
    done = until(response, "completed")
    check_equal("it completes", (done.status, done.output_text, done.background), ("completed", "Weighed.", True))
    if hasattr(RESPONSES, "cancel"):
        response = ask("Please hold still.", background=True)
        check_equal("it can be cancelled", RESPONSES.cancel(response.id).status, "cancelled")
        check_equal("and stays so", RESPONSES.retrieve(response.id).status, "cancelled")


def until(response, status, timeout=20):
    """Poll a response, as programs do, until it has a status."""
    end = time.monotonic() + timeout
    while response.status != status and time.monotonic() < end:
        time.sleep(0.01)
        response = RESPONSES.retrieve(response.id)
    return response


@flow("responses: input tokens", needed=hasattr(RESPONSES, "input_tokens"))
def input_tokens():
    counted = RESPONSES.input_tokens.count(model=MODEL, input="How deep?")
    check("they can be counted", counted.input_tokens > 0, counted)


@flow("responses: Azure's path", needed=HAS_RESPONSES)
def azure():
    url = str(client.base_url).removesuffix("/").removesuffix("/v1")
    with openai.OpenAI(base_url=f"{url}/openai/v1", api_key="sk-emu-matrix") as other:
        check_equal("it answers there too", other.responses.create(model=MODEL, input="How deep?").output_text, TALK)
