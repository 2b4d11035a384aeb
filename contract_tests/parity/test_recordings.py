"""A program that a recording answers, compared with its port, which the same recording answers."""

import json

import pytest

import emulator
from contract_tests.harness import MODEL
from contract_tests.test_replays import OUTPUT, RETURNS

INSTRUCTIONS = "Answer in one sentence."
LOOK_UP = {"name": "look_up_order", "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}}}
QUESTIONS = ("Can I return order 41?", "And is that still possible?")


def program(client):
    tools = [{"type": "function", "function": LOOK_UP}, {"type": "file_search"}]
    assistant = client.beta.assistants.create(model=MODEL, instructions=INSTRUCTIONS, tools=tools)
    file = client.files.create(file=("policy.txt", b"Thirty days."), purpose="assistants")
    attached = [{"file_id": file.id, "tools": [{"type": "file_search"}]}]
    thread = client.beta.threads.create()
    for question, attachments in zip(QUESTIONS, ([], attached), strict=True):
        client.beta.threads.messages.create(thread.id, role="user", content=question, attachments=attachments)
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        while run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs = [{"tool_call_id": call.id, "output": OUTPUT} for call in calls]
            run = client.beta.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs
            )
    return thread


def port(client, *, says_it_always=True):
    file = client.files.create(file=("policy.txt", b"Thirty days."), purpose="assistants")
    look_up = {"type": "function", "strict": False, **LOOK_UP}
    store = client.vector_stores.create(file_ids=[file.id])
    # Over Assistants the store begins with the message that the file is attached to.
    empty = client.vector_stores.create()
    conversation = client.conversations.create().id
    for question, searched in zip(QUESTIONS, (empty, store), strict=True):
        items = [{"role": "user", "content": question}]
        asked = {"model": MODEL, "instructions": INSTRUCTIONS, "conversation": conversation}
        asked["tools"] = [look_up, {"type": "file_search", "vector_store_ids": [searched.id]}]
        while items:
            response = client.responses.create(input=items, **asked)
            calls = [item for item in response.output if item.type == "function_call"]
            items = [{"type": "function_call_output", "call_id": call.call_id, "output": OUTPUT} for call in calls]
            if not says_it_always:
                asked.pop("instructions", None)


@pytest.fixture
def sides(request, server):
    """Two namespaces that the recording answers."""
    made = [server.namespace(f"{request.node.name[:40].strip('-')}-{side}") for side in ("before", "after")]
    for one in made:
        one.load(RETURNS)
        one.clock.auto()
    yield made
    for one in made:
        one.delete()


def test_a_port_is_equal_to_what_was_recorded_of_its_program(sides):
    before, after = sides
    with before.client(max_retries=0) as client:
        program(client)
    with after.client(max_retries=0) as client:
        port(client)
    report = emulator.parity(before, after)
    report.assert_equal()
    assert (report.report.dialogues, report.report.turns) == (1, 2)
    texts = [one["text"] for turn in after.parity_record().to_json()["dialogues"][0]["turns"] for one in turn["did"]]
    assert json.dumps(texts).count("Order 41, a kettle, was delivered on Monday.") == 1


def test_a_port_that_forgets_its_instructions_is_found_by_a_recording_too(sides):
    before, after = sides
    with before.client(max_retries=0) as client:
        program(client)
    with after.client(max_retries=0) as client:
        port(client, says_it_always=False)
    fields = {(one.kind, one.field) for one in emulator.parity(before, after).failures}
    assert fields == {("seen", "instructions")}
