"""Behavior that client libraries rely on, beyond the documentation."""

import pytest

from contract_tests.harness import MODEL, TIDES, WEATHER, event_names, outputs_of, parse_events


def test_a_required_action_is_never_shown_again_after_outputs(frozen, client, start, poll):
    frozen.play({"call": "look_outside"}, {"wait": "5s"}, {"say": "x"})
    run = poll(start(tools=[WEATHER]))
    outputs = outputs_of(run, look_outside="fog")
    seen = [client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)]
    seen += [poll(run) for _ in range(3)]
    frozen.advance("5s")
    seen.append(poll(run))
    assert [one.status for one in seen] == ["queued", "in_progress", "in_progress", "in_progress", "completed"]
    assert {one.required_action for one in seen} == {None}


def test_a_second_round_of_calls_has_new_ids(ns, client, start, poll):
    ns.play({"call": "look_outside"}, {"call": "look_outside", "as": "again"})
    run = poll(start(tools=[WEATHER]))
    first = run.required_action.submit_tool_outputs.tool_calls[0].id
    outputs = outputs_of(run, look_outside="fog")
    client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
    assert poll(run).required_action.submit_tool_outputs.tool_calls[0].id != first


def test_a_stream_of_outputs_starts_with_the_completed_step_and_shows_the_run_before_the_next_action(
    ns, raw, stream_events
):
    ns.play({"call": "look_outside"}, {"call": "read_tides"})
    run = stream_events(tools=[WEATHER, TIDES])[-2][1]
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    body = {"tool_outputs": [{"tool_call_id": call["id"], "output": "fog"}], "stream": True}
    names = event_names(parse_events(raw.post(path, json=body).text))
    assert names[:3] == ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"]
    assert names[-2:] == ["thread.run.requires_action", "done"]


def test_every_step_and_message_is_created_before_its_deltas(ns, stream_events):
    ns.play({"code": "1", "logs": "1"}, {"say": "one"}, {"call": [{"name": "look_outside"}, {"name": "read_tides"}]})
    announced = set()
    for name, data in stream_events(tools=[WEATHER, TIDES, {"type": "code_interpreter"}]):
        if name.endswith(".created"):
            announced.add(data["id"])
        elif name.endswith(".delta"):
            assert data["id"] in announced


def test_lists_and_mappings_in_responses_are_never_null(ns, raw, thread, assistant):
    ns.play({"code": "1"}, {"say": "x"})
    run = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id}).json()
    path = f"/threads/{thread.id}"
    answers = [
        raw.get(f"/assistants/{assistant.id}").json(), raw.get(path).json(), raw.get(f"{path}/runs/{run['id']}").json(),
        *raw.get(f"{path}/messages").json()["data"],
    ]  # fmt: skip
    for response in answers:
        assert response["metadata"] == {}
        assert isinstance(response.get("tools", []), list)
        assert isinstance(response.get("attachments", []), list)
        for part in response.get("content", []):
            assert part["text"]["annotations"] == []
    steps = raw.get(f"{path}/runs/{run['id']}/steps", params={"order": "asc"}).json()["data"]
    assert steps[0]["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"] == []


def test_lists_keep_creation_order_even_within_one_second(frozen, client, assistant):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": str(n)} for n in range(3)])
    for n in range(3, 6):
        client.beta.threads.messages.create(thread.id, role="user", content=str(n))
    client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, additional_messages=[{"role": "user", "content": "6"}]
    )
    page = client.beta.threads.messages.list(thread.id)
    texts = [m.content[0].text.value for m in page.data]
    assert texts[1:] == [str(n) for n in range(6, -1, -1)]
    assert len({m.created_at for m in page.data}) == 1
    assert client.beta.threads.messages.list(thread.id, limit=1).data[0].id == page.data[0].id


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_paging_by_the_last_id_ends_with_an_empty_page(client, thread, limit):
    for n in range(6):
        client.beta.threads.messages.create(thread.id, role="user", content=str(n))
    seen, after = [], None
    while True:
        query = {} if after is None else {"after": after}
        page = client.beta.threads.messages.list(thread.id, limit=limit, **query)
        if not page.data:
            break
        seen += [message.id for message in page.data]
        after = page.data[-1].id
    assert len(seen) == len(set(seen)) == 7
    assert page.to_dict() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


def test_new_messages_are_listed_before_the_newest_known_one(client, thread):
    known = client.beta.threads.messages.list(thread.id, limit=1).data[0].id
    new = [client.beta.threads.messages.create(thread.id, role="user", content=str(n)).id for n in range(3)]
    page = client.beta.threads.messages.list(thread.id, before=known, order="desc")
    assert [message.id for message in page.data] == new[::-1]


def test_error_messages_match_the_patterns_that_clients_look_for(ns, client, start, poll, assistant):
    import re

    ns.play({"hold": "gate"})
    run = poll(start())
    patterns = {
        lambda: client.beta.threads.messages.create(run.thread_id, role="user", content="x"):
            r"Can't add messages to (thread_\w+) while a run (run_\w+) is active",
        lambda: client.beta.threads.runs.create(run.thread_id, assistant_id=assistant.id):
            r"Thread (thread_\w+) already has an active run (run_\w+)",
        lambda: client.beta.assistants.retrieve("asst_gone"): r"No assistant found with id '(asst_\w+)'\.",
    }  # fmt: skip
    for call, pattern in patterns.items():
        with pytest.raises(Exception) as excinfo:
            call()
        assert re.search(pattern, str(excinfo.value))


def test_usage_is_on_the_run_and_on_every_step(ns, client, start, poll):
    ns.play({"code": "1", "logs": "1"}, {"say": "x"})
    run = poll(start(tools=[{"type": "code_interpreter"}]))
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert sum(step.usage.total_tokens for step in steps) == run.usage.total_tokens > 0
    assert all(step.completed_at for step in steps)


def test_usage_had_only_three_numbers_in_2024(ns, raw, thread, assistant):
    ns.put(wire="2024-06-01")
    run = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id}).json()
    usage = raw.get(f"/threads/{thread.id}/runs/{run['id']}").json()["usage"]
    assert list(usage) == ["prompt_tokens", "completion_tokens", "total_tokens"]


def test_an_assistant_can_be_read_on_v1_and_on_v2(raw):
    v1 = {"OpenAI-Beta": "assistants=v1"}
    created = raw.post("/assistants", json={"model": MODEL, "tools": [{"type": "retrieval"}]}, headers=v1).json()
    assert created["tools"] == [{"type": "retrieval"}]
    assert created["file_ids"] == []
    assert "tool_resources" not in created
    newer = raw.get(f"/assistants/{created['id']}").json()
    assert newer["tools"][0]["type"] == "file_search"
    assert "file_ids" not in newer


def test_v1_has_four_keys_of_a_thread_and_file_ids_of_a_message(raw):
    raw.headers["OpenAI-Beta"] = "assistants=v1"
    thread = raw.post("/threads", json={"messages": [{"role": "user", "content": "Ahoy"}]}).json()
    assert list(thread) == ["id", "object", "created_at", "metadata"]
    (message,) = raw.get(f"/threads/{thread['id']}/messages").json()["data"]
    assert message["file_ids"] == []
    assert "attachments" not in message
    assert (message["assistant_id"], message["run_id"]) == (None, None)


def test_v1_turned_metadata_values_into_strings(raw):
    raw.headers["OpenAI-Beta"] = "assistants=v1"
    created = raw.post("/threads", json={"metadata": {"modified": True}})
    assert (created.status_code, created.json()["metadata"]) == (200, {"modified": "True"})


def test_v1_ran_an_assistant_without_instructions_on_an_empty_thread(raw):
    raw.headers["OpenAI-Beta"] = "assistants=v1"
    assistant_id = raw.post("/assistants", json={"model": MODEL}).json()["id"]
    run = raw.post("/threads/runs", json={"assistant_id": assistant_id})
    assert (run.status_code, run.json().get("status")) == (200, "queued"), run.text


def test_v1_has_its_own_message_for_a_missing_field(raw):
    raw.headers["OpenAI-Beta"] = "assistants=v1"
    response = raw.post("/threads/runs", json={})
    assert response.status_code == 400
    assert response.json()["error"]["message"] == (
        "1 validation error for Request\nbody -> assistant_id\n  field required (type=value_error.missing)"
    )
