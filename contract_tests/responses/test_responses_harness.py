"""What the harness says of responses: their records, the request log, events, coverage, scripts and snapshots."""

import json

import pytest
from openai import APIError

from contract_tests.harness import MODEL

ASK = {"type": "function", "name": "look_outside", "parameters": {"type": "object", "properties": {}}, "strict": False}
CALLS = [{"call": "look_outside", "args": {"town": "Kiel"}}, {"say": "It is {{ outputs.look_outside }}."}]


@pytest.fixture
def ask(client):
    """Ask for a response."""
    return lambda given="Hello?", **more: client.responses.create(model=MODEL, input=given, **more)


@pytest.fixture
def runs(ns):
    """Return what the control API lists, oldest first."""
    return lambda query="": ns.control("GET", f"/runs{query}")["runs"][::-1]


def answered(response, output="windy"):
    """Return outputs for the calls of a response, as input of the next one."""
    calls = [item for item in response.output if item.type == "function_call"]
    return [{"type": "function_call_output", "call_id": call.call_id, "output": output} for call in calls]


# --- records --------------------------------------------------------------------------------------------------------


def test_a_response_is_listed_among_the_runs(ns, ask, runs):
    ns.play({"say": "Hello."})
    response = ask()
    (run,) = runs()
    assert {name: run[name] for name in ("id", "api", "assistant_id", "assistant_rule", "status", "turn")} == {
        "id": response.id,
        "api": "responses",
        "assistant_id": None,
        "assistant_rule": "nameless",
        "status": "completed",
        "turn": "any",
    }
    assert [change["status"] for change in run["timeline"]] == ["in_progress", "completed"]


def test_runs_and_responses_are_told_apart(ns, ask, runs, start, assistant):
    ns.play({"say": "Hello."})
    start()
    ask()
    assert [(run.get("api"), run["assistant_id"]) for run in runs()] == [
        (None, assistant.id),
        ("responses", assistant.id),
    ]
    assert runs()[1]["assistant_rule"] == "only one"


def test_what_is_not_stored_or_was_deleted_was_played_all_the_same(ns, client, ask, runs):
    ns.play({"say": "Hello."})
    ask(store=False)
    client.responses.delete(ask().id)
    ask()
    assert [run["stored"] for run in runs()] == [False, False, True]
    assert ns.control("GET", f"/runs/{runs()[0]['id']}")["run"]["output"][0]["content"][0]["text"] == "Hello."


def test_responses_of_one_dialogue_have_one_thread(client, ask, runs):
    first = ask()
    ask(previous_response_id=first.id)
    conversation = client.conversations.create()
    ask(conversation=conversation.id)
    ask(conversation=conversation.id)
    assert [run["thread_id"] for run in runs()] == [first.id, first.id, conversation.id, conversation.id]
    assert len(runs(f"?thread={conversation.id}")) == 2
    assert runs()[1]["previous_response_id"] == first.id


def test_a_record_shows_the_calls_of_the_turn_with_what_came_back(ns, ask):
    ns.play(*CALLS)
    first = ask(tools=[ASK])
    (waiting,) = ns.control("GET", f"/runs/{first.id}")["calls"]
    assert (waiting["name"], json.loads(waiting["arguments"]), waiting["output"]) == (
        "look_outside",
        {"town": "Kiel"},
        None,
    )
    second = ask(answered(first), previous_response_id=first.id, tools=[ASK])
    assert second.output_text == "It is windy."
    (call,) = ns.control("GET", f"/runs/{second.id}")["calls"]
    assert (call["id"], call["name"], call["output"]) == (waiting["id"], "look_outside", "windy")


def test_the_view_says_what_the_model_was_given(ns, ask):
    response = ask("Hello?", instructions="Be brief.", tools=[ASK], metadata={"team": "blue"})
    view = ns.control("GET", f"/runs/{response.id}/view")
    assert (view["api"], view["run_id"], view["instructions"]) == ("responses", response.id, "Be brief.")
    assert view["tools"][0]["function"]["name"] == "look_outside"
    assert view["run_metadata"] == {"team": "blue"}


def test_an_assistant_is_named_by_a_header(ns, client, ask, runs):
    clerk = client.beta.assistants.create(model=MODEL, name="Clerk")
    client.beta.assistants.create(model=MODEL, name="Chef")
    ns.load(
        {
            "emulator": 1,
            "turns": [
                {"when": {"assistant": {"name": "Clerk"}}, "steps": [{"say": "I am {{ assistant.name }}."}]},
                {"steps": [{"say": "I am nobody."}]},
            ],
        }
    )
    assert ask(extra_headers={"X-Emulator-Assistant": clerk.id}).output_text == "I am Clerk."
    assert ask(instructions="Something else.").output_text == "I am nobody."
    assert [run["assistant_rule"] for run in runs()] == ["header", "nameless"]
    with pytest.raises(APIError, match="x-emulator-assistant names no assistant"):
        ask(extra_headers={"X-Emulator-Assistant": "asst_gone"})


def test_a_turn_may_ask_for_an_api(ns, ask, start, poll):
    turns = [{"when": {"api": api}, "steps": [{"say": f"By {api}."}]} for api in ("responses", "assistants")]
    ns.load({"emulator": 1, "turns": turns})
    assert ask().output_text == "By responses."
    poll(start())
    assert [run["turn"] for run in ns.control("GET", "/runs")["runs"]] == ["#2", "#1"]


# --- transcripts ----------------------------------------------------------------------------------------------------


@pytest.fixture
def transcript(server, ns):
    """Return the lines of a dialogue as people read it."""
    threads = server.namespace(ns.name).threads
    return lambda dialogue, **query: threads.transcript(dialogue, **query).splitlines()


def test_a_chain_is_shown_as_a_text(ns, ask, transcript):
    ns.play(*CALLS)
    first = ask("How is Kiel?", tools=[ASK])
    second = ask(answered(first), previous_response_id=first.id, tools=[ASK])
    third = ask("And now?", previous_response_id=second.id, tools=[ASK])
    lines = [
        f"chain {first.id}",
        "user: How is Kiel?",
        f'  {first.id} completed (turn "any")',
        '  look_outside({"town":"Kiel"}) -> windy',
        f'  {second.id} completed (turn "any")',
        "assistant: It is windy.",
        "user: And now?",
        f'  {third.id} completed (turn "any")',
        '  look_outside({"town":"Kiel"}) -> (no output)',
    ]
    assert transcript(first.id) == lines
    assert transcript(first.id, most=1) == [lines[0], "… 2 older responses", *lines[6:]]


def test_a_conversation_is_shown_as_a_text(ns, client, ask, transcript):
    ns.play({"fail": "server_error", "message": "Nobody is there."})
    conversation = client.conversations.create(items=[{"role": "user", "content": "Before."}])
    response = ask("Hello?", conversation=conversation.id)
    assert transcript(conversation) == [
        f"conversation {conversation.id}",
        "user: Before.",
        "user: Hello?",
        f'  {response.id} failed (turn "any"): server_error: Nobody is there.',
    ]


def test_of_a_client_that_sends_everything_again_the_new_is_shown(ns, ask, transcript):
    ns.play({"say": "Hi."})
    first = ask("One.", store=False)
    second = ask([{"role": "user", "content": "One."}, *first.output, {"role": "user", "content": "Two."}], store=False)
    assert transcript(first.id) == [
        f"chain {first.id}",
        "user: One.",
        f'  {first.id} completed (turn "any")',
        "assistant: Hi.",
        "user: Two.",
        f'  {second.id} completed (turn "any")',
        "assistant: Hi.",
    ]


def test_a_dialogue_that_is_not_there_has_no_text(ns):
    for unknown in ("resp_unknown", "conv_unknown"):
        ns.control("GET", f"/threads/{unknown}/transcript", status=404)


# --- log, report, events --------------------------------------------------------------------------------------------


def test_the_log_names_the_response_and_its_conversation(ns, client, ask):
    conversation = client.conversations.create()
    response = ask(conversation=conversation.id)
    client.responses.retrieve(response.id)
    client.conversations.items.list(conversation.id)
    made, created, read, listed = ns.requests()
    assert (created["run"], created["thread"]) == (response.id, conversation.id)
    assert (made["thread"], read["run"], listed["thread"]) == (conversation.id, response.id, conversation.id)
    assert len(ns.control("GET", f"/requests?run={response.id}")["requests"]) == 2


def test_a_response_that_no_turn_fits_is_reported(ns, ask):
    ns.load({"emulator": 1, "turns": [{"name": "only", "when": {"message": "Goodbye."}, "steps": []}]})
    response = ask()
    assert response.status == "failed"
    assert response.error.message.startswith("[emulator] no scripted turn matches")
    (line,) = ns.report()["unmatched"]
    assert line["run"] == response.id
    assert ns.control("GET", f"/runs/{response.id}")["report"][0]["kind"] == "unmatched"


def test_failed_checks_and_unused_turns_are_reported(ns, ask):
    ns.load(
        {
            "emulator": 1,
            "turns": [
                {"when": {"message": "Hello?"}, "steps": [{"check": "tools"}, {"say": "Hello."}]},
                {"name": "rest", "when": {"message": "Bye."}, "uses": 1, "steps": [{"say": "Bye."}]},
            ],
        }
    )
    ask()
    report = ns.report()
    assert [line["kind"] for line in report["failures"]] == ["check"]
    assert [turn["name"] for turn in report["unused"]] == ["rest"]


def test_the_events_of_the_namespace_name_responses(server, ns, ask):
    """An observer that follows gets them all; the journal keeps the changes of statuses."""
    ns.play({"say": "Hello."})
    url = f"{ns.control_url}/events"
    with ns.http.stream("GET", url) as events:
        lines = events.iter_lines()
        response = ask()
        seen = []
        for line in lines:
            if line.startswith("data: "):
                seen.append(json.loads(line.removeprefix("data: ")))
            if seen and seen[-1]["event"] == "response.completed":
                break
    assert {event["run_id"] for event in seen} == {response.id}
    assert [event["event"] for event in seen if event.get("status")] == ["response.created", "response.completed"]
    items = [event["object_id"] for event in seen if event["event"] == "response.output_item.done"]
    assert items == [response.output[0].id]


def test_the_verdict_on_a_program_that_does_all_well_is_good(ns, client, ask):
    ns.play(*CALLS)
    first = ask(tools=[ASK])
    ask(answered(first), previous_response_id=first.id, tools=[ASK])
    verdict = ns.control("GET", "/verdict")
    assert (verdict["passed"], verdict["findings"]) == (True, [])


def test_hints_say_nothing_of_a_program_that_reads_its_responses(ns, ask):
    ns.play({"fail": "server_error"})
    ask()
    for _ in ask(stream=True):
        pass
    assert ns.report()["hints"] == []


# --- scripts --------------------------------------------------------------------------------------------------------


def test_a_turn_whose_calls_wait_goes_on_with_the_script_that_it_began_with(ns, ask):
    ns.play(*CALLS)
    first = ask(tools=[ASK])
    for text in ("Another.", "A third."):
        ns.play({"say": text})
    second = ask(answered(first), previous_response_id=first.id, tools=[ASK])
    assert second.output_text == "It is windy."
    assert ask().output_text == "A third."


def test_a_turn_whose_scripts_are_gone_goes_on_with_those_of_now_and_the_report_says_so(ns, ask):
    ns.play(*CALLS)
    first = ask(tools=[ASK])
    ask(answered(first), previous_response_id=first.id, tools=[ASK])
    for text in ("Another.", "A third."):
        ns.play({"say": text})
    again = ask(answered(first, "rainy"), previous_response_id=first.id, tools=[ASK])
    assert again.status == "completed"
    (line,) = ns.report()["script"]
    assert (line["run"], line["strict"]) == (again.id, True)
    assert line["message"] == "the scripts with which the turn began are gone: it goes on with those of now"


# --- namespaces, snapshots, threads ---------------------------------------------------------------------------------


def test_a_snapshot_holds_responses_with_their_dialogues(ns, client, ask, runs):
    ns.play(*CALLS)
    conversation = client.conversations.create(items=[{"type": "message", "role": "developer", "content": "Hm."}])
    first = ask(conversation=conversation.id, tools=[ASK])
    deleted = ask("What else?", tools=[ASK], store=False)
    ns.control("POST", "/snapshots", {"name": "before"})
    before = runs()
    ns.control("POST", "/reset")
    assert runs() == []
    ns.control("POST", "/snapshots/before/restore")
    assert runs() == before
    second = ask(answered(first), conversation=conversation.id, tools=[ASK])
    assert second.output_text == "It is windy."
    assert [item.type for item in client.conversations.items.list(conversation.id, order="asc")] == [
        "message",
        "message",
        "function_call",
        "function_call_output",
        "message",
    ]
    third = ask(
        [{"role": "user", "content": "What else?"}, *map(sent_again, deleted.output), *answered(deleted)], tools=[ASK]
    )
    assert third.output_text == "It is windy."


def sent_again(item):
    return item.model_dump(exclude_none=True, exclude={"id", "status"})


def test_a_reset_forgets_responses_and_conversations(ns, client, ask):
    conversation = client.conversations.create()
    response = ask(conversation=conversation.id)
    ns.control("POST", "/reset")
    for gone in (
        lambda: client.responses.retrieve(response.id),
        lambda: client.conversations.retrieve(conversation.id),
    ):
        with pytest.raises(APIError) as error:
            gone()
        assert error.value.status_code == 404


def test_threads_know_nothing_of_responses(ns, client, ask, thread, start):
    ns.play({"say": "Hello."})
    start()
    response = ask()
    assert [one["id"] for one in ns.control("GET", "/threads")["threads"]] == [thread.id]
    assert ns.control("GET", f"/threads/{thread.id}/export")["runs"]
    for id_ in (response.id, client.conversations.create().id):
        ns.control("GET", f"/threads/{id_}/export", status=404)
    with pytest.raises(APIError) as error:
        client.beta.threads.runs.retrieve(response.id, thread_id=thread.id)
    assert error.value.status_code in (400, 404)
    with pytest.raises(APIError) as error:
        client.responses.retrieve(client.beta.threads.runs.list(thread.id).data[0].id)
    assert error.value.status_code == 404


def test_after_the_sunset_responses_are_still_served(ns, client, ask):
    ns.put(sunset=True)
    assert ask().status == "completed"
    with pytest.raises(APIError):
        client.beta.threads.create()


def test_a_stub_may_answer_in_place_of_the_emulator(ns, client, ask):
    ns.control("POST", "/stubs", {"path": "/responses", "method": "POST", "json": {"id": "resp_mine"}}, status=201)
    assert ask().id == "resp_mine"
    assert client.conversations.create().id.startswith("conv_")
    assert [stub["hits"] for stub in ns.control("GET", "/stubs")["stubs"]] == [1]


def test_what_is_left_out_is_said_to_be(ns, client):
    with pytest.raises(APIError) as error:
        client.post("/responses/compact", body={"model": MODEL}, cast_to=object)
    assert error.value.status_code == 404
    assert "this server speaks the Assistants API and, for its ports, Responses" in error.value.message


# --- the background -------------------------------------------------------------------------------------------------


def test_a_response_in_the_background_whose_end_nobody_read_is_hinted_at(ns, client, ask):
    ns.play({"fail": "server_error"})
    response = ask(background=True)
    ns.control("GET", "/runs")  # it settles
    (hint,) = ns.report()["hints"]
    assert (hint["kind"], hint["run"]) == ("status_never_shown", response.id)
    assert client.responses.retrieve(response.id).status == "failed"
    assert ns.report()["hints"] == []


def test_who_reads_a_response_again_and_again_behind_its_end_is_hinted_at(ns, client, ask):
    response = ask(background=True)
    for _ in range(5):
        client.responses.retrieve(response.id)
    (hint,) = ns.report()["hints"]
    assert (hint["kind"], hint["run"]) == ("polled_past_end", response.id)


def test_a_response_in_the_background_that_is_not_over_is_reported_and_judged(ns, client, ask):
    ns.play({"say": "Hello."}, {"wait": "1h"})
    ns.freeze()
    conversation = client.conversations.create()
    response = ask(background=True, conversation=conversation.id)
    client.responses.retrieve(response.id)
    (waiting,) = ns.report()["waiting"]
    assert waiting == {"run": response.id, "status": "in_progress", "waits_for": "clock"}
    (finding,) = ns.control("GET", "/verdict")["findings"]
    assert (finding["kind"], finding["message"]) == (
        "run_left_behind",
        f"{response.id} still is in_progress, so its thread {conversation.id} stays locked",
    )
    client.responses.cancel(response.id)
    assert ns.control("GET", "/verdict")["findings"] == []


def test_the_start_page_counts_responses_and_conversations(server, http, ns, client, ask):
    ask(conversation=client.conversations.create().id)
    page = http.get(f"{server.url}/?text={ns.name}", headers={"Accept": "text/html"}).text
    section = page[page.index(f"<code>{ns.name}</code>") :]
    assert "1 conversation" in section
    assert '1 <span class="badge status-completed"' in section
    assert "2 requests" in section
