"""Programs as guides to these APIs write them, each with both clients and on every layout that responses have had."""

import json
import time

import pytest
from pydantic import BaseModel

from contract_tests.harness import all_items, resolve

DAYS = ("2025-08-20", "2025-09-20", "2025-11-10", "2026-02-10", "2026-05-01", "2026-07-10", "2026-09-25")
OBJECT = {
    "type": "object",
    "properties": {"port": {"type": "string"}},
    "required": ["port"],
    "additionalProperties": False,
}
TOOLS = [
    {"type": "function", "name": name, "description": name, "parameters": OBJECT, "strict": True}
    for name in ("read_tides", "read_wind")
]
_SAFETY = 60


@pytest.fixture(params=DAYS)
def played(request, ns):
    """Return what loads a scenario on a day of each layout."""

    def play(*steps):
        ns.put(wire=request.param, clock="auto")
        ns.play(*steps)

    return play


async def final(stream):
    """Return the last response of a stream that a helper of the client reads."""
    if hasattr(stream, "__aenter__"):
        async with stream as events:
            return await events.get_final_response()
    with stream as events:
        return events.get_final_response()


async def test_a_chat_keeps_its_history_in_a_conversation(played, either):
    played({"say": "You said: {{ message }}"})
    about = [{"type": "message", "role": "developer", "content": "Be brief."}]
    made = await resolve(either.conversations.create(items=about, metadata={"topic": "tides"}))
    for text in ("Ahoy", "When is high water?"):
        sent = [{"role": "user", "content": text}]
        answered = await resolve(either.responses.create(model="gpt-4.1", conversation=made.id, input=sent))
        assert (answered.output_text, answered.conversation.id) == (f"You said: {text}", made.id)
    streamed = await final(either.responses.stream(model="gpt-4.1", conversation=made.id, input="And low?"))
    assert streamed.output_text == "You said: And low?"
    kept = await all_items(await resolve(either.conversations.items.list(made.id, order="asc", limit=2)))
    assert [item.role for item in kept] == ["developer", *["user", "assistant"] * 3]
    changed = await resolve(either.conversations.update(made.id, metadata={"topic": "winds"}))
    assert changed.metadata == {"topic": "winds"}
    assert (await resolve(either.conversations.delete(made.id))).deleted


@pytest.mark.parametrize("style", ["history", "history of dictionaries", "chain", "conversation", "stream"])
async def test_an_agent_answers_parallel_calls_until_there_are_none(played, either, style):
    ports = [{"name": "read_tides", "args": {"port": port}, "as": port} for port in ("Husum", "Dover")]
    said = {"say": "{{ outputs.Husum }}, {{ outputs.Dover }}, {{ outputs.read_wind }}"}
    played({"call": ports}, {"call": "read_wind", "args": {"port": "Husum"}}, said)
    own: list = [{"role": "user", "content": "What about Husum and Dover?"}]
    more, rounds, asked = {}, 0, {"model": "gpt-5", "tools": TOOLS}
    if style == "conversation":
        more = {"conversation": (await resolve(either.conversations.create())).id}
    if style == "history of dictionaries":
        more = {"store": False, "include": ["reasoning.encrypted_content"]}
    while True:
        rounds += 1
        if style == "stream":
            response = await final(either.responses.stream(input=own, **asked, **more))
        else:
            response = await resolve(either.responses.create(input=own, **asked, **more))
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            break
        outputs = [
            {
                "type": "function_call_output",
                "call_id": call.call_id,
                "output": f"{call.name} at {json.loads(call.arguments)['port']}",
            }
            for call in calls
        ]
        if style in ("chain", "stream"):
            own, more = outputs, {"previous_response_id": response.id}
        elif style == "conversation":
            own = outputs
        elif style == "history":
            own += [*response.output, *outputs]
        else:
            own += [*(item.model_dump(exclude_none=True) for item in response.output), *outputs]
    assert (rounds, response.output_text) == (3, "read_tides at Husum, read_tides at Dover, read_wind at Husum")


class Tide(BaseModel):
    port: str
    hours: list[int]


async def test_structured_output_is_parsed_and_a_refusal_is_told_apart(played, either):
    asked = {"model": "gpt-4o-mini", "input": "When is high water at Husum?", "text_format": Tide}
    played({"say": '{"port": "Husum", "hours": [0, 12]}'})
    expected = Tide(port="Husum", hours=[0, 12])
    assert (await resolve(either.responses.parse(**asked))).output_parsed == expected
    assert (await final(either.responses.stream(**asked))).output_parsed == expected
    played({"refuse": "Ask the harbour master."})
    refused = await resolve(either.responses.parse(**asked))
    assert (refused.output_parsed, refused.output[0].content[0].refusal) == (None, "Ask the harbour master.")
    streamed = await final(either.responses.stream(**asked))
    assert (streamed.output_parsed, streamed.output[0].content[0].refusal) == (None, "Ask the harbour master.")


def footnotes(response):
    (part,) = next(item.content for item in response.output if item.type == "message")
    text = part.text
    for number, citation in reversed([*enumerate(part.annotations, 1)]):
        text = f"{text[: citation.index]}[{number}]{text[citation.index :]}"
    return text, [citation.filename for citation in part.annotations]


async def test_citations_of_a_search_become_footnotes(played, either, client):
    file = client.files.create(file=("tides.txt", b"High tide is at noon, low tide at six."), purpose="assistants")
    store = client.vector_stores.create(name="harbour", file_ids=[file.id])
    cited = "{{ cite(hits.results[0]) }}"
    played({"search": "tide"}, {"say": f"High at noon{cited}. Low at six{cited}."})
    tools = [{"type": "file_search", "vector_store_ids": [store.id]}]
    asked = {"model": "gpt-4.1", "input": "Tides?", "tools": tools, "include": ["file_search_call.results"]}
    expected = "High at noon[1]. Low at six[2].", ["tides.txt", "tides.txt"]
    response = await resolve(either.responses.create(**asked))
    assert footnotes(response) == expected
    assert response.output[0].results[0].text == "High tide is at noon, low tide at six."
    assert footnotes(await final(either.responses.stream(**asked))) == expected


async def events_of(stream):
    return [event async for event in stream] if hasattr(stream, "__aiter__") else list(stream)


async def test_a_job_in_the_background_is_polled_and_its_stream_is_taken_up_again(played, either):
    played({"say": "A long report of the tides.", "stream": {"chunk": 3}})
    asked = {"model": "o3", "input": "Report.", "background": True}
    response = await resolve(either.responses.create(**asked))
    until = time.monotonic() + _SAFETY
    while response.status in ("queued", "in_progress") and time.monotonic() < until:
        response = await resolve(either.responses.retrieve(response.id))
    assert (response.status, response.output_text) == ("completed", "A long report of the tides.")
    whole = await events_of(await resolve(either.responses.create(**asked, stream=True)))
    id_ = whole[0].response.id
    for seen in (0, 5, len(whole) - 2):
        rest = await events_of(await resolve(either.responses.retrieve(id_, stream=True, starting_after=seen)))
        assert [event.sequence_number for event in rest] == [event.sequence_number for event in whole[seen + 1 :]]
    assert (await final(either.responses.stream(response_id=id_))).output_text == "A long report of the tides."
