"""Copies of threads, from which a conversation goes on another way."""

import pytest

from contract_tests.harness import MODEL, WEATHER, outputs_of

STORY = """emulator: 1
name: story
turns:
- name: weather
  when: {message: {contains: weather}}
  steps: [{say: One moment.}, {call: look_outside}, {say: "{{ outputs.look_outside }}."}]
- name: broken
  when: {message: broken}
  steps: [{fail: server_error}]
- name: hold
  when: {message: hold}
  steps: [{say: Before.}, {hold: gate}, {say: After.}]
- name: name
  when: {message: {regex: 'I am (?P<who>\\w+)'}}
  steps: [{set: {who: "{{ match.who }}"}}, {say: "Hello, {{ match.who }}."}]
- name: who
  when: {message: who am I}
  steps: [{say: "{{ vars.who }}, in turn {{ turn }}."}]
"""


@pytest.fixture
def talk(frozen, client):
    """Return a function that asks a question and returns the run that answers it."""
    frozen.load(STORY)
    assistant = client.beta.assistants.create(model=MODEL, tools=[WEATHER])

    def ask(thread, question):
        client.beta.threads.messages.create(thread.id, role="user", content=question)
        run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        run = client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
        if run.status == "requires_action":
            outputs = outputs_of(run, look_outside="fog")
            client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs)
        return client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)

    return ask


@pytest.fixture
def fork(ns):
    def make(thread, at=None, status=201):
        return ns.control("POST", f"/threads/{thread.id}/fork", {"at": at} if at else None, status=status)

    return make


def messages(client, thread_id):
    return client.beta.threads.messages.list(thread_id, order="asc").data


def texts(client, thread_id):
    return [message.content[0].text.value for message in messages(client, thread_id)]


def runs(client, thread_id):
    return client.beta.threads.runs.list(thread_id, order="asc").data


def steps(client, run):
    return client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data


def test_a_whole_thread_is_copied_with_new_ids_and_everything_else_as_it_was(frozen, client, talk, fork):
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": "hello", "metadata": {"mood": "good"}}], metadata={"team": "blue"}
    )
    run = talk(thread, "the weather?")
    frozen.advance("1h")
    forked = fork(thread)
    copy = forked["thread"]
    assert copy["id"] != thread.id
    assert (copy["metadata"], copy["created_at"]) == ({"team": "blue"}, thread.created_at)
    assert client.beta.threads.retrieve(copy["id"]).metadata == {"team": "blue"}
    before, after = messages(client, thread.id), messages(client, copy["id"])
    assert forked["messages"] == {old.id: new.id for old, new in zip(before, after, strict=True)}
    assert forked["runs"] == {run.id: after[-1].run_id}
    changed = {"id", "thread_id", "run_id"}
    for old, new in zip(before, after, strict=True):
        assert old.model_dump(exclude=changed) == new.model_dump(exclude=changed)
        assert new.thread_id == copy["id"]
        assert new.run_id == forked["runs"].get(old.run_id)
    (new_run,) = runs(client, copy["id"])
    assert new_run.model_dump(exclude=changed) == run.model_dump(exclude=changed)
    old_steps, new_steps = steps(client, run), steps(client, new_run)
    assert [step.type for step in new_steps] == ["message_creation", "tool_calls", "message_creation"]
    assert not {step.id for step in old_steps} & {step.id for step in new_steps}
    assert new_steps[1].step_details.tool_calls[0].function.output == "fog"
    assert [new_steps[place].step_details.message_creation.message_id for place in (0, 2)] == [
        message.id for message in after[2:]
    ]
    assert {step.run_id for step in new_steps} == {new_run.id}
    records = [frozen.control("GET", f"/runs/{one.id}") for one in (run, new_run)]
    assert records[0]["timeline"] == records[1]["timeline"]
    assert records[1]["turn"] == "weather"
    assert frozen.control("GET", f"/runs/{new_run.id}/view")["thread_id"] == copy["id"]


def test_a_copy_goes_on_its_own_way(client, talk, fork):
    thread = client.beta.threads.create()
    talk(thread, "I am Ann")
    copy = client.beta.threads.retrieve(fork(thread)["thread"]["id"])
    talk(thread, "I am Bob")
    talk(copy, "who am I")
    talk(thread, "who am I")
    assert texts(client, copy.id)[-1] == "Ann, in turn 2."
    assert texts(client, thread.id)[-1] == "Bob, in turn 3."


def test_a_copy_ends_behind_the_message_that_is_named(client, talk, fork):
    thread = client.beta.threads.create()
    talk(thread, "I am Ann")
    talk(thread, "broken")
    weather = talk(thread, "the weather?")
    talk(thread, "who am I")
    said = messages(client, thread.id)
    for place, (texts_then, runs_then) in {
        0: (["I am Ann"], []),
        1: (["I am Ann", "Hello, Ann."], ["completed"]),
        2: (["I am Ann", "Hello, Ann.", "broken"], ["completed"]),
        3: (["I am Ann", "Hello, Ann.", "broken", "the weather?"], ["completed", "failed"]),
    }.items():
        copy = fork(thread, said[place].id)["thread"]["id"]
        assert texts(client, copy) == texts_then
        assert [run.status for run in runs(client, copy)] == runs_then
    forked = fork(thread, said[4].id)
    assert texts(client, forked["thread"]["id"])[-1] == "One moment."
    half = runs(client, forked["thread"]["id"])[-1]
    assert (half.id, half.status) == (forked["runs"][weather.id], "completed")
    assert [step.type for step in steps(client, half)] == ["message_creation"]


def test_a_run_that_is_not_over_stays_behind(frozen, client, talk, fork):
    thread = client.beta.threads.create()
    held = talk(thread, "hold")
    assert held.status == "in_progress"
    copy = client.beta.threads.retrieve(fork(thread)["thread"]["id"])
    assert texts(client, copy.id) == ["hold", "Before."]
    assert [message.run_id for message in messages(client, copy.id)] == [None, None]
    assert runs(client, copy.id) == []
    assert talk(copy, "I am Ann").status == "completed"
    assert frozen.release(held.id, "gate")["status"] == "completed"
    assert texts(client, thread.id)[-1] == "After."


def test_a_message_that_is_being_written_stays_behind(frozen, client, talk, fork):
    frozen.load(
        "emulator: 1\nturns: [{when: {turn: 1}, steps: [{fail: server_error}]},"
        " {steps: [{say: one two three, stream: {tps: 1}}]}]"
    )
    thread = client.beta.threads.create()
    talk(thread, "first")
    talk(thread, "second")
    frozen.advance("1s")
    unfinished = messages(client, thread.id)[-1]
    assert unfinished.role == "assistant"
    copy = fork(thread)["thread"]["id"]
    assert texts(client, copy) == ["first", "second"]
    assert [run.status for run in runs(client, copy)] == ["failed"]
    refused = fork(thread, unfinished.id, status=400)["error"]
    assert (refused["param"], "is being written" in refused["message"]) == ("at", True)


def test_a_step_whose_message_was_deleted_is_copied_all_the_same(client, talk, fork):
    thread = client.beta.threads.create()
    talk(thread, "the weather?")
    client.beta.threads.messages.delete(messages(client, thread.id)[1].id, thread_id=thread.id)
    copy = fork(thread)["thread"]["id"]
    assert texts(client, copy) == ["the weather?", "fog."]
    assert len(steps(client, runs(client, copy)[0])) == 3


def test_attachments_and_tool_resources_are_the_same(client, fork):
    file = client.files.create(file=("note.txt", b"Low at noon."), purpose="assistants")
    tools = [{"type": "file_search"}, {"type": "code_interpreter"}]
    attached = {"role": "user", "content": "Read.", "attachments": [{"file_id": file.id, "tools": tools}]}
    thread = client.beta.threads.create(messages=[attached])
    copy = fork(thread)["thread"]["id"]
    before, after = client.beta.threads.retrieve(thread.id), client.beta.threads.retrieve(copy)
    assert before.tool_resources == after.tool_resources
    assert messages(client, copy)[0].attachments == messages(client, thread.id)[0].attachments


def test_a_copy_can_be_copied_and_deleted(client, talk, fork):
    thread = client.beta.threads.create()
    talk(thread, "I am Ann")
    first = client.beta.threads.retrieve(fork(thread)["thread"]["id"])
    second = client.beta.threads.retrieve(fork(first)["thread"]["id"])
    client.beta.threads.delete(first.id)
    for kept in (thread, second):
        talk(kept, "who am I")
        assert texts(client, kept.id)[-1] == "Ann, in turn 2."


def test_what_is_not_there_cannot_be_copied(ns, client, thread, fork):
    other = client.beta.threads.create(messages=[{"role": "user", "content": "elsewhere"}])
    foreign = messages(client, other.id)[0].id
    for at in ("msg_unknown", foreign):
        assert at in fork(thread, at, status=404)["error"]["message"]
    ns.control("POST", "/threads/thread_unknown/fork", {}, status=404)
    ns.control("POST", f"/threads/{thread.id}/fork", {"until": "msg_1"}, status=400)
    listed = ns.control("GET", "/threads")["threads"]
    assert len(listed) == 2
