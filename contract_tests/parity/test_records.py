"""Records of namespaces: what the model saw, what came of it and how it was asked, over both APIs."""

from dataclasses import asdict

import httpx
import openai
import pytest

from contract_tests.harness import MODEL
from contract_tests.responses import styles
from contract_tests.responses.dialogues import DIALOGUES
from contract_tests.responses.test_four_styles import script_of
from emulator import LiveServer, Settings
from emulator.domain.parity.records import Did, Record

FERRY = {
    "emulator": 1,
    "name": "ferry",
    "turns": [
        {
            "name": "times",
            "when": {"message": {"contains": "ferry"}},
            "steps": [{"call": "next_ferry", "args": {"island": "Alma"}}, {"say": "At {{ outputs.next_ferry }}."}],
        },
        {"name": "other", "steps": [{"say": "Hello."}]},
    ],
}
PARAMETERS = {"type": "object", "properties": {"island": {"type": "string"}}}
FUNCTION = {"name": "next_ferry", "parameters": PARAMETERS}
NESTED = [{"type": "function", "function": FUNCTION}]
FLAT = [{"type": "function", **FUNCTION, "strict": False}]


@pytest.fixture
def space(server, request):
    """A namespace of the harness, which knows records."""
    namespace = server.namespace(f"parity-{abs(hash(request.node.nodeid)):x}")
    namespace.load(FERRY)
    yield namespace
    namespace.delete()


@pytest.fixture
def client(space):
    with space.client(max_retries=0) as client:
        yield client


@pytest.fixture
def assistant(client):
    return client.beta.assistants.create(model=MODEL, name="Pilot", instructions="Be brief.", tools=NESTED)


def outputs_of(run, output="9:40"):
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": output} for call in calls]


def run_of(client, assistant, thread_id, text):
    """Ask on a thread, and answer whatever the run asks for."""
    client.beta.threads.messages.create(thread_id, role="user", content=text)
    run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant.id)
    while run.status == "requires_action":
        about = {"thread_id": thread_id, "tool_outputs": outputs_of(run)}
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(run_id=run.id, **about)
    return run


ASKED = {"model": MODEL, "instructions": "Be brief.", "tools": FLAT}


def answered(client, response, output="9:40", **more):
    """Answer the calls of a response, each time from where it stands."""
    while calls := [item for item in response.output if item.type == "function_call"]:
        items = [{"type": "function_call_output", "call_id": call.call_id, "output": output} for call in calls]
        response = client.responses.create(input=items, previous_response_id=response.id, **(ASKED | more))
    return response


def texts(record):
    """Return what was said, turn by turn and dialogue by dialogue."""
    return [[[did.text for did in turn.did if did.kind == "text"] for turn in one.turns] for one in record.dialogues]


def statuses(record):
    return [[turn.status for turn in one.turns] for one in record.dialogues]


def requests_of(turn):
    return [f"{asked.method} {asked.path.rpartition('/')[2]} {asked.status}" for asked in turn.asked]


# --- the same program over both ---------------------------------------------------------------------------------------


@pytest.fixture
def played(request, server):
    """Return a function that plays a dialogue in one style, in a namespace of its own, and returns its record."""
    namespaces = []

    def play(style, dialogue):
        namespace = server.namespace(f"{request.node.name[:60]}-{len(namespaces)}")
        namespaces.append(namespace)
        namespace.load(script_of(dialogue))
        namespace.clock.auto()
        with namespace.client(max_retries=0) as client:
            style(client, dialogue)
        return namespace.parity_record()

    yield play
    for namespace in namespaces:
        namespace.delete()


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.scenario)
def test_a_dialogue_has_the_same_outcome_over_assistants_and_in_four_styles_over_responses(played, dialogue):
    before = played(styles.assistants, dialogue)
    assert len(before.dialogues) == 1
    assert Record.from_json(before.to_json()) == before
    for style in styles.STYLES:
        after = played(style, dialogue)
        assert outcome(after) == outcome(before), style.__name__


def outcome(record):
    return [
        [
            (turn.message, turn.turn, turn.place, turn.status, turn.reason, [asdict(did) for did in turn.did])
            for turn in dialogue.turns
        ]
        for dialogue in record.dialogues
    ]


# --- what the model saw -----------------------------------------------------------------------------------------------


def test_what_the_model_saw_of_a_run(space, client, assistant):
    thread = client.beta.threads.create(metadata={"customer": "7"})
    run = run_of(client, assistant, thread.id, "When is the ferry?")
    (dialogue,) = space.parity_record().dialogues
    assert (dialogue.id, dialogue.api, dialogue.is_deleted) == (thread.id, "assistants", False)
    (turn,) = dialogue.turns
    assert (turn.message, turn.turn, turn.status, turn.reason) == ("When is the ferry?", "times", "completed", None)
    (saw,) = turn.saw
    assert (saw.request, saw.object) == (f"POST /v1/threads/{thread.id}/runs", run.id)
    assert (saw.model, saw.instructions, saw.assistant) == (MODEL, "Be brief.", "Pilot")
    assert (saw.dialogue_metadata, saw.metadata) == ({"customer": "7"}, {})
    assert [(one.role, one.text) for one in saw.messages] == [("user", "When is the ferry?")]
    assert saw.tools[0]["function"]["name"] == "next_ferry"
    call, said = turn.did
    assert (call.kind, call.name, call.text, call.output) == ("call", "next_ferry", '{"island":"Alma"}', "9:40")
    assert (said.kind, said.text) == ("text", "At 9:40.")


def test_what_the_model_saw_of_each_response_of_a_turn(space, client):
    first = client.responses.create(input="When is the ferry?", metadata={"n": "1"}, **ASKED)
    last = answered(client, first, instructions=None)
    (dialogue,) = space.parity_record().dialogues
    assert (dialogue.id, dialogue.api) == (first.id, "responses")
    (turn,) = dialogue.turns
    assert [saw.object for saw in turn.saw] == [first.id, last.id]
    assert [saw.instructions for saw in turn.saw] == ["Be brief.", None]
    assert [saw.request for saw in turn.saw] == ["POST /v1/responses"] * 2
    assert [saw.metadata for saw in turn.saw] == [{"n": "1"}, {}]
    assert [did.output for did in turn.did if did.kind == "call"] == ["9:40"]
    assert requests_of(turn) == ["POST responses 200"] * 2


def test_a_search_says_what_was_searched_for_over_both(space, client):
    space.load({"emulator": 1, "turns": [{"steps": [{"search": "opening hours"}, {"say": "From nine."}]}]})
    file = client.files.create(file=("hours.txt", b"Opening hours: from nine."), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id])
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    searching = client.beta.assistants.create(model=MODEL, tools=[{"type": "file_search"}], tool_resources=resources)
    run_of(client, searching, client.beta.threads.create().id, "When?")
    tools = [{"type": "file_search", "vector_store_ids": [store.id]}]
    client.responses.create(model=MODEL, input="When?", tools=tools)
    run, response = (dialogue.turns[0] for dialogue in space.parity_record().dialogues)
    assert run.did == response.did
    assert (run.did[0].text, run.did[0].found) == ("opening hours", ("hours.txt",))
    assert [one.files for one in run.saw[0].stores] == [one.files for one in response.saw[0].stores] == [("hours.txt",)]


def test_files_have_their_names_also_when_everything_was_deleted_in_the_end(space, client):
    space.load({"emulator": 1, "turns": [{"steps": [{"search": "hours"}, {"say": "From nine. {{ cite(hits) }}"}]}]})
    text = client.files.create(file=("hours.txt", b"Opening hours: from nine."), purpose="assistants")
    image = client.files.create(file=("door.png", b"\x89PNG"), purpose="vision")
    store = client.vector_stores.create(file_ids=[text.id])
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    searching = client.beta.assistants.create(model=MODEL, tools=[{"type": "file_search"}], tool_resources=resources)
    thread = client.beta.threads.create()
    run_of(
        client,
        searching,
        thread.id,
        [{"type": "image_file", "image_file": {"file_id": image.id}}, {"type": "text", "text": "When?"}],
    )
    before = space.parity_record().dialogues[0].turns
    client.vector_stores.delete(store.id)
    client.files.delete(text.id)
    client.files.delete(image.id)
    assert space.parity_record().dialogues[0].turns[0].saw == before[0].saw
    client.beta.threads.delete(thread.id)
    (after,) = space.parity_record().dialogues
    assert after.is_deleted
    assert (after.turns[0].saw, after.turns[0].did) == (before[0].saw, before[0].did)
    (message,) = after.turns[0].saw[0].messages
    assert (message.files, message.images) == (("door.png",), 1)
    assert [one.files for one in after.turns[0].saw[0].stores] == [("hours.txt",)]
    assert after.turns[0].did[-1].cited == ("hours.txt",)


# --- dialogues --------------------------------------------------------------------------------------------------------


def test_dialogues_come_in_the_order_of_their_first_turns_also_deleted_ones(space, client, assistant):
    a, b, c = (client.beta.threads.create().id for _ in range(3))
    run_of(client, assistant, b, "b")
    run_of(client, assistant, a, "a")
    response = client.responses.create(model=MODEL, input="r")
    run_of(client, assistant, c, "c")
    run_of(client, assistant, a, "again")
    client.beta.threads.delete(c)
    client.beta.threads.delete(b)
    record = space.parity_record()
    assert [one.id for one in record.dialogues] == [b, a, response.id, c]
    assert [one.is_deleted for one in record.dialogues] == [True, False, False, True]
    assert [turn.message for turn in record.dialogues[1].turns] == ["a", "again"]
    assert Record.from_json(record.to_json()) == record


def test_a_thread_without_runs_is_no_dialogue(space, client):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello?"}])
    assert space.parity_record().dialogues == ()
    client.beta.threads.delete(thread.id)
    assert space.parity_record().dialogues == ()


def test_branches_are_dialogues_of_their_own(space, client):
    first = client.responses.create(model=MODEL, input="one")
    client.responses.create(model=MODEL, input="two", previous_response_id=first.id)
    branch = client.responses.create(model=MODEL, input="three", previous_response_id=first.id)
    record = space.parity_record()
    assert [one.id for one in record.dialogues] == [first.id, branch.id]
    assert [[turn.message for turn in one.turns] for one in record.dialogues] == [["one", "two"], ["three"]]
    (saw,) = record.dialogues[1].turns[0].saw
    assert [message.text for message in saw.messages] == ["one", "Hello.", "three"]


def test_so_are_two_answers_to_the_calls_of_one_response(space, client):
    first = client.responses.create(input="When is the ferry?", **ASKED)
    one, two = (answered(client, first, output=output) for output in ("9:40", "10:40"))
    client.responses.create(input="Thanks!", previous_response_id=two.id, **ASKED)
    record = space.parity_record()
    assert [[[saw.object for saw in turn.saw] for turn in dialogue.turns] for dialogue in record.dialogues][1:] == [
        [[first.id, one.id]]
    ]
    assert texts(record) == [[["At 10:40."], ["Hello."]], [["At 9:40."]]]


def test_equal_dialogues_whose_answers_arrived_are_several(space, client):
    for _ in range(3):
        client.responses.create(model=MODEL, input="Hello?")
    assert len(space.parity_record().dialogues) == 3


def test_a_conversation_is_known_after_it_was_deleted(space, client):
    conversation = client.conversations.create(metadata={"customer": "7"})
    about = {"conversation": conversation.id, **ASKED}
    first = client.responses.create(input="When is the ferry?", **about)
    call = next(item for item in first.output if item.type == "function_call")
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "9:40"}
    client.responses.create(input=[output], **about)
    client.responses.create(input="Thanks!", **about)
    client.conversations.items.list(conversation.id)
    before = space.parity_record()
    client.conversations.delete(conversation.id)
    (dialogue,) = space.parity_record().dialogues
    assert dialogue.id == conversation.id
    assert [turn.did for turn in dialogue.turns] == [turn.did for turn in before.dialogues[0].turns]
    assert [[saw.dialogue_metadata for saw in turn.saw] for turn in dialogue.turns] == [
        [{"customer": "7"}] * 2,
        [{"customer": "7"}],
    ]
    assert requests_of(before.dialogues[0].turns[0]) == ["POST conversations 200", *["POST responses 200"] * 2]
    assert requests_of(before.dialogues[0].turns[1]) == ["POST responses 200", "GET items 200"]


def test_dialogues_that_are_led_at_the_same_time_stay_apart(space, client):
    one, two = (client.responses.create(input=text, **ASKED) for text in ("When is the ferry?", "A ferry?"))
    for response in (two, one):
        answered(client, response, output=response.id)
    record = space.parity_record()
    assert [one.turns[0].message for one in record.dialogues] == ["When is the ferry?", "A ferry?"]
    assert texts(record) == [[[f"At {one.id}."]], [[f"At {two.id}."]]]


def test_what_is_not_stored_is_recorded_too(space, client):
    history = [{"role": "user", "content": "When is the ferry?"}]
    while True:
        response = client.responses.create(input=history, store=False, **ASKED)
        calls = [item for item in response.output if item.type == "function_call"]
        history += [item.model_dump(exclude_none=True) for item in response.output]
        if not calls:
            break
        history += [{"type": "function_call_output", "call_id": call.call_id, "output": "9:40"} for call in calls]
    client.responses.create(input=[*history, {"role": "user", "content": "Thanks!"}], store=False, **ASKED)
    (dialogue,) = space.parity_record().dialogues
    assert [[did.text for did in turn.did] for turn in dialogue.turns] == [
        ['{"island":"Alma"}', "At 9:40."],
        ["Hello."],
    ]


def test_runs_that_were_copied_with_their_thread_are_no_turns_and_a_note(space, client, assistant):
    thread = client.beta.threads.create()
    run_of(client, assistant, thread.id, "Hello?")
    fork = space.control.ask("POST", f"/threads/{thread.id}/fork")
    run_of(client, assistant, fork["thread"]["id"], "And then?")
    record = space.parity_record()
    assert [[turn.message for turn in one.turns] for one in record.dialogues] == [["Hello?"], ["And then?"]]
    assert record.notes[0].startswith(
        "Runs that were not played on their threads, but imported or copied, are no turns: 1"
    )


# --- streams ----------------------------------------------------------------------------------------------------------


def test_streams_are_recorded_as_whole_answers_are(space, client, assistant):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello?"}])
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        stream.until_done()
    with client.responses.stream(input="Hello?", **ASKED) as stream:
        response = stream.get_final_response()
    run, response_turn = (dialogue.turns[0] for dialogue in space.parity_record().dialogues)
    assert run.did == response_turn.did == (Did("text", "Hello."),)
    assert [saw.object for saw in response_turn.saw] == [response.id]
    assert requests_of(run) == ["POST threads 200", "POST runs 200"]


def test_a_response_whose_client_left_is_cancelled_and_asked_for_again(space, client):
    space.load(
        {
            "emulator": 1,
            "turns": [
                {"name": "slow", "uses": 1, "steps": [{"wait": "1h"}, {"say": "Late."}]},
                {"steps": [{"say": "Soon."}]},
            ],
        }
    )
    with pytest.raises(openai.APITimeoutError):
        client.responses.create(input="Hello?", timeout=0.5, **ASKED)
    client.responses.create(input="Hello?", **ASKED)
    record = space.parity_record()
    assert texts(record) == [[["Soon."]]]
    assert requests_of(record.dialogues[0].turns[0])[-1] == "POST responses 200"
    assert len(requests_of(record.dialogues[0].turns[0])) == 2


def test_a_client_of_azure_is_recorded_below_its_own_paths(space):
    with openai.AzureOpenAI(
        azure_endpoint=space.azure_endpoint, api_key=space.key, api_version="2025-05-01-preview", max_retries=0
    ) as client:
        assistant = client.beta.assistants.create(model=MODEL)
        thread = client.beta.threads.create()
        run_of(client, assistant, thread.id, "Hello?")
    (turn,) = space.parity_record().dialogues[0].turns
    assert turn.saw[0].request == f"POST /openai/threads/{thread.id}/runs"


# --- retries ----------------------------------------------------------------------------------------------------------


LOST = [{"disconnect": True, "before": False}, {"status": 503, "before": False}, {"truncate": 20}]


@pytest.mark.parametrize("do", LOST, ids=str)
def test_a_response_that_was_asked_for_again_is_one_turn(space, client, do):
    space.fault("POST", "/responses", times=1, **do)
    client = client.with_options(max_retries=2)
    first = client.responses.create(input="When is the ferry?", **ASKED)
    second = answered(client, first)
    client.responses.create(input="Thanks!", previous_response_id=second.id, **ASKED)
    (dialogue,) = space.parity_record().dialogues
    assert [turn.message for turn in dialogue.turns] == ["When is the ferry?", "Thanks!"]
    assert [saw.object for saw in dialogue.turns[0].saw] == [first.id, second.id]
    lost = 503 if "status" in do else 0 if "disconnect" in do else 200
    assert requests_of(dialogue.turns[0]) == [f"POST responses {lost}", *["POST responses 200"] * 2]


def test_so_are_a_later_turn_and_outputs_that_were_sent_again(space, client):
    again = client.with_options(max_retries=2)
    start = client.responses.create(input="Hello?", **ASKED)
    space.fault("POST", "/responses", times=1, **LOST[0])
    first = again.responses.create(input="When is the ferry?", previous_response_id=start.id, **ASKED)
    space.fault("POST", "/responses", times=1, **LOST[0])
    second = answered(again, first)
    third = client.responses.create(input="Thanks!", previous_response_id=second.id, **ASKED)
    (dialogue,) = space.parity_record().dialogues
    assert [turn.message for turn in dialogue.turns] == ["Hello?", "When is the ferry?", "Thanks!"]
    assert [[saw.object for saw in turn.saw] for turn in dialogue.turns] == [
        [start.id],
        [first.id, second.id],
        [third.id],
    ]
    assert [did.kind for did in dialogue.turns[1].did] == ["call", "text"]
    assert requests_of(dialogue.turns[1]) == ["POST responses 0", "POST responses 200"] * 2


def test_outputs_that_were_made_anew_because_the_answer_to_them_was_lost_are_asked_for_again(space, client):
    first = client.responses.create(input="When is the ferry?", **ASKED)
    space.fault("POST", "/responses", times=1, **LOST[0])
    with pytest.raises(openai.APIConnectionError):
        answered(client, first, output="9:40")
    last = answered(client, first, output="9:41")
    (dialogue,) = space.parity_record().dialogues
    (turn,) = dialogue.turns
    assert [saw.object for saw in turn.saw] == [first.id, last.id]
    assert [did.output or did.text for did in turn.did] == ["9:41", "At 9:41."]


def test_a_stream_that_broke_off_and_was_asked_for_again_is_one_turn(space, client):
    space.fault("POST", "/responses", times=1, cut_stream_after=4)
    with pytest.raises((openai.OpenAIError, httpx.HTTPError)):
        list(client.responses.create(input="Hello?", stream=True, **ASKED))
    list(client.responses.create(input="Hello?", stream=True, **ASKED))
    (dialogue,) = space.parity_record().dialogues
    assert len(dialogue.turns) == 1
    assert statuses(space.parity_record()) == [["completed"]]


@pytest.mark.parametrize("do", LOST, ids=str)
def test_a_thread_that_was_made_with_its_run_and_lost_is_no_dialogue_of_its_own(space, client, assistant, do):
    space.fault("POST", "/threads/runs", times=1, **do)
    about = {"assistant_id": assistant.id, "thread": {"messages": [{"role": "user", "content": "Hello?"}]}}
    run = client.with_options(max_retries=2).beta.threads.create_and_run(**about)
    client.beta.threads.create_and_run(**about)
    first, second = space.parity_record().dialogues
    assert (first.id, len(first.turns), len(first.turns[0].saw)) == (run.thread_id, 1, 1)
    assert len(requests_of(first.turns[0])) == 2
    assert len(requests_of(second.turns[0])) == 1


def test_a_message_that_stands_twice_in_a_conversation_is_two_turns(space, client):
    """The model sees it twice: that is not hidden."""
    conversation = client.conversations.create()
    space.fault("POST", "/responses", times=1, **LOST[0])
    again = client.with_options(max_retries=2)
    again.responses.create(input="Hello?", conversation=conversation.id, **ASKED)
    (dialogue,) = space.parity_record().dialogues
    assert [len(turn.saw[0].messages) for turn in dialogue.turns] == [1, 3]


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step,status,reason",
    [
        ({"fail": "rate_limit_exceeded"}, "failed", "rate_limit_exceeded"),
        ({"stop": "max_completion_tokens"}, "incomplete", "max_completion_tokens"),
        ({"stop": "content_filter"}, "incomplete", "content_filter"),
        ({"refuse": "No."}, "completed", None),
    ],
    ids=str,
)
def test_ends_of_turns_over_both(space, client, step, status, reason):
    space.load({"emulator": 1, "turns": [{"steps": [step]}]})
    run_of(client, client.beta.assistants.create(model=MODEL), client.beta.threads.create().id, "Well?")
    client.responses.create(model=MODEL, input="Well?")
    run, response = (dialogue.turns[0] for dialogue in space.parity_record().dialogues)
    assert (run.status, response.status) == (status, status)
    assert (run.reason, response.reason) == (reason, reason)
    assert run.did == response.did
    if "refuse" in step:
        assert [(did.kind, did.text) for did in run.did] == [("refusal", "No.")]


def test_calls_that_were_never_answered_and_the_error_that_was_swallowed(space, client, assistant):
    thread = client.beta.threads.create()
    client.beta.threads.messages.create(thread.id, role="user", content="When is the ferry?")
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    with pytest.raises(openai.BadRequestError):
        client.beta.threads.messages.create(thread.id, role="user", content="And then?")
    first = client.responses.create(input="When is the ferry?", **ASKED)
    with pytest.raises(openai.BadRequestError):
        client.responses.create(input="And then?", previous_response_id=first.id, **ASKED)
    record = space.parity_record()
    assert statuses(record) == [["requires_action"], ["requires_action"]]
    for dialogue in record.dialogues:
        (turn,) = dialogue.turns
        assert turn.asked[-1].status == 400
        assert turn.asked[-1].error
    assert record.refused == ()


def test_parallel_calls_have_their_outputs(space, client):
    calls = [{"name": "next_ferry", "args": {"island": name}, "as": name} for name in ("Alma", "Brae")]
    space.load({"emulator": 1, "turns": [{"steps": [{"call": calls}, {"say": "Both."}]}]})
    answered(client, client.responses.create(input="When?", **ASKED))
    (turn,) = space.parity_record().dialogues[0].turns
    assert [(did.kind, did.output) for did in turn.did] == [("call", "9:40"), ("call", "9:40"), ("text", None)]
    assert len(turn.saw) == 2


def test_a_response_in_the_background_is_a_turn_with_its_polls(space, client):
    response = client.responses.create(model=MODEL, input="Hello?", background=True)
    client.responses.retrieve(response.id)
    (dialogue,) = space.parity_record().dialogues
    assert texts(space.parity_record()) == [[["Hello."]]]
    assert requests_of(dialogue.turns[0]) == ["POST responses 200", f"GET {response.id} 200"]


# --- requests ---------------------------------------------------------------------------------------------------------


def test_requests_stand_with_the_turn_that_they_prepare_ask_for_or_read(space, client, assistant):
    thread = client.beta.threads.create()
    for text in ("a", "b"):
        run_of(client, assistant, thread.id, text)
        client.beta.threads.messages.list(thread.id)
    first, second = space.parity_record().dialogues[0].turns
    assert requests_of(first)[0] == "POST threads 200"
    for turn in (first, second):
        shown = [line for line in requests_of(turn) if not line.startswith("GET run_")]
        assert shown[-3:] == ["POST messages 200", "POST runs 200", "GET messages 200"]
        assert any(asked.path.endswith(turn.saw[0].object) for asked in turn.asked)


def test_refused_requests_outside_of_any_turn_are_listed(space, client):
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve("file-gone")
    with pytest.raises(openai.BadRequestError):
        client.responses.create(model="no such model", input="Hello?", temperature=7)
    refused = space.parity_record().refused
    assert [(one.method, one.path, one.status) for one in refused] == [
        ("GET", "/v1/files/file-gone", 404),
        ("POST", "/v1/responses", 400),
    ]
    assert all(one.error for one in refused)


def test_a_record_says_that_the_request_log_was_emptied(space, client):
    client.responses.create(model=MODEL, input="Hello?")
    assert space.parity_record().notes == ()
    space.requests.clear()
    record = space.parity_record()
    assert "1 of 1 turns" in record.notes[0]
    assert record.dialogues[0].turns[0].saw[0].request == "POST /v1/responses"


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_snapshot_carries_deleted_threads(space, client, assistant):
    a, b, c = (client.beta.threads.create().id for _ in range(3))
    space.clock.freeze()
    for thread in (a, b, c):
        run_of(client, assistant, thread, f"on {thread}")
        space.clock.advance(1)
    client.beta.threads.delete(b)
    before = space.parity_record()
    space.snapshot("s")
    space.reset()
    assert space.parity_record().dialogues == ()
    space.restore("s")
    after = space.parity_record()
    assert [one.id for one in after.dialogues] == [one.id for one in before.dialogues] == [a, b, c]
    assert [one.is_deleted for one in after.dialogues] == [False, True, False]
    assert texts(after) == texts(before)
    assert [one.turns[0].saw for one in after.dialogues] == [one.turns[0].saw for one in before.dialogues]


def test_a_server_that_was_started_again_knows_the_dialogues(tmp_path):
    settings = Settings(db=tmp_path / "emulator.db")
    with LiveServer(settings) as server:
        space = server.namespace("kept")
        space.load(FERRY)
        with space.client() as client:
            assistant = client.beta.assistants.create(model=MODEL, tools=NESTED)
            a, b = (client.beta.threads.create().id for _ in range(2))
            run_of(client, assistant, b, "When is the ferry?")
            run_of(client, assistant, a, "Hello?")
            answered(client, client.responses.create(input="When is the ferry?", **ASKED))
            client.beta.threads.delete(b)
        before = space.parity_record()
    with LiveServer(settings) as server:
        after = server.namespace("kept").parity_record()
    assert [one.id for one in after.dialogues] == [one.id for one in before.dialogues]
    assert [[turn.did for turn in one.turns] for one in after.dialogues] == [
        [turn.did for turn in one.turns] for one in before.dialogues
    ]
    assert "3 of 3 turns" in after.notes[0]
