import pytest

from contract_tests.harness import NOON_SECONDS, WEATHER, event_names, parse_events

BEGIN = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
STEP = ["thread.run.step.created", "thread.run.step.in_progress"]
MESSAGE = [*STEP, "thread.message.created", "thread.message.in_progress", "thread.message.delta"]
WRITTEN = [*MESSAGE, "thread.message.completed", "thread.run.step.completed"]
TOOL = [*STEP, "thread.run.step.delta"]
END = ["thread.run.completed", "done"]
CODE = [{"type": "code_interpreter"}]
SEARCH = [{"type": "file_search"}]
FOUND = [
    {
        "file_id": "file-tides",
        "file_name": "tides.txt",
        "score": 0.75,
        "content": [{"type": "text", "text": "High at noon."}],
    }
]
CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


def of(events, name):
    return [data for one, data in events if one == name]


def pieces(events):
    return [delta["delta"]["content"][0]["text"]["value"] for delta in of(events, "thread.message.delta")]


def calls(events):
    return [delta["delta"]["step_details"]["tool_calls"] for delta in of(events, "thread.run.step.delta")]


def test_a_run_that_writes_a_text(frozen, stream_events):
    frozen.play({"say": "The tide is low."})
    events = stream_events()
    assert event_names(events) == [*BEGIN, *WRITTEN, *END]
    created, queued, working = (data for _, data in events[:3])
    assert created == queued
    assert (created["status"], created["started_at"]) == ("queued", None)
    assert (working["status"], working["started_at"]) == ("in_progress", NOON_SECONDS)
    assert created["tool_resources"] == {"code_interpreter": {"file_ids": []}}
    over = of(events, "thread.run.completed")[0]
    assert (over["status"], over["expires_at"], over["completed_at"]) == ("completed", None, NOON_SECONDS)
    assert over["usage"]["total_tokens"] > 0


def test_a_text_is_streamed_word_by_word_and_only_the_first_delta_has_annotations(ns, stream_events):
    ns.play({"say": "The tide  is\nlow."})
    events = stream_events()
    assert "".join(pieces(events)) == "The tide  is\nlow."
    assert len(pieces(events)) > 3
    texts = [delta["delta"]["content"][0]["text"] for delta in of(events, "thread.message.delta")]
    assert texts[0] == {"value": "The", "annotations": []}
    assert all(list(text) == ["value"] for text in texts[1:])
    for delta in of(events, "thread.message.delta"):
        assert list(delta) == ["id", "object", "delta"]
        (part,) = delta["delta"]["content"]
        assert (part["index"], part["type"]) == (0, "text")


@pytest.mark.parametrize(
    "chunk, expected",
    [
        ("whole", ["Ebb & Flut"]),
        ("char", list("Ebb & Flut")),
        (4, ["Ebb ", "& Fl", "ut"]),
        (["E", "bb & Fl", "ut"], ["E", "bb & Fl", "ut"]),
        ("word", ["Ebb", " &", " Flut"]),
    ],
    ids=str,
)
def test_a_text_is_chunked_as_the_script_says(ns, stream_events, chunk, expected):
    ns.play({"say": "Ebb & Flut", "stream": {"chunk": chunk}})
    assert pieces(stream_events()) == expected


def test_a_message_has_its_status_in_streams(frozen, stream_events):
    frozen.play({"say": "Low."})
    events = stream_events()
    keys = ["id", "object", "created_at", "assistant_id", "thread_id", "run_id", "status", "incomplete_details",
            "incomplete_at", "completed_at", "role", "content", "attachments", "metadata"]  # fmt: skip
    created, completed = of(events, "thread.message.created")[0], of(events, "thread.message.completed")[0]
    assert list(created) == list(completed) == keys
    assert (created["status"], created["completed_at"], created["content"]) == ("in_progress", None, [])
    assert (completed["status"], completed["completed_at"]) == ("completed", NOON_SECONDS)
    assert completed["content"] == [{"type": "text", "text": {"value": "Low.", "annotations": []}}]


def test_steps_keep_their_expiry_in_streams(frozen, stream_events):
    frozen.play({"say": "Low."})
    events = stream_events()
    for name in ("created", "in_progress", "completed"):
        (step,) = of(events, f"thread.run.step.{name}")
        assert step["expires_at"] == NOON_SECONDS + 600
    assert step["usage"]["total_tokens"] > 0


def test_a_stream_starts_with_a_thread_created_by_the_request(ns, raw, assistant):
    ns.play({"say": "Ahoy."})
    body = {"assistant_id": assistant.id, "stream": True, "thread": {"metadata": {"ship": "Möwe"}}}
    events = parse_events(raw.post("/threads/runs", json=body).text)
    assert event_names(events) == ["thread.created", *BEGIN, *WRITTEN, *END]
    thread = events[0][1]
    assert list(thread) == ["id", "object", "created_at", "metadata", "tool_resources"]
    assert (thread["metadata"], thread["tool_resources"]) == ({"ship": "Möwe"}, {"code_interpreter": {"file_ids": []}})


def test_a_function_call_ends_the_stream_and_outputs_begin_another(frozen, raw, stream_events):
    frozen.play(
        {"call": "look_outside", "args": {"town": "Husum"}, "stream": {"chunk": 5}},
        {"say": "{{ outputs.look_outside }}"},
    )
    events = stream_events(tools=[WEATHER])
    assert event_names(events) == [*BEGIN, *TOOL, "thread.run.requires_action", "done"]
    for name in ("created", "in_progress"):
        assert of(events, f"thread.run.step.{name}")[0]["step_details"] == {"type": "tool_calls", "tool_calls": []}
    (opening,), *more = calls(events)
    assert list(opening) == ["index", "id", "type", "function"]
    assert opening["function"] == {"name": "look_outside", "arguments": "", "output": None}
    assert "".join(piece["function"]["arguments"] for (piece,) in more) == '{"town":"Husum"}'
    assert len(more) == 4
    assert all(list(piece) == ["index", "type", "function"] for (piece,) in more)
    assert all(list(piece["function"]) == ["arguments"] for (piece,) in more)
    run = of(events, "thread.run.requires_action")[0]
    (required,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert required["id"] == opening["id"]
    outputs = [{"tool_call_id": required["id"], "output": "fog"}]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    second = parse_events(raw.post(path, json={"tool_outputs": outputs, "stream": True}).text)
    assert event_names(second) == [
        "thread.run.step.completed", "thread.run.queued", "thread.run.in_progress", *WRITTEN, *END
    ]  # fmt: skip
    step = second[0][1]
    assert (step["status"], step["completed_at"]) == ("completed", NOON_SECONDS)
    assert step["step_details"]["tool_calls"][0]["function"]["output"] == "fog"
    assert step["usage"]["total_tokens"] > 0
    assert (second[1][1]["status"], second[1][1]["required_action"]) == ("queued", None)
    assert pieces(second) == ["fog"]


def test_arguments_are_streamed_word_by_word(ns, stream_events):
    ns.play({"call": "look_outside", "args": '{"town": "Bad Ischl"}'})
    deltas = [call["function"].get("arguments") for (call,) in calls(stream_events(tools=[WEATHER]))]
    assert deltas == ["", '{"town":', ' "Bad', ' Ischl"}']


def test_parallel_calls_have_consecutive_indices(ns, stream_events):
    ns.play({"call": [{"name": "look_outside"}, {"name": "look_outside", "as": "again", "args": {"town": "B"}}]})
    events = stream_events(tools=[WEATHER])
    opened = [call for (call,) in calls(events) if "id" in call]
    assert [call["index"] for call in opened] == [0, 1]
    assert len({call["id"] for call in opened}) == 2
    assert all(len(one) == 1 for one in calls(events))


def test_indices_of_calls_restart_in_each_step(ns, raw, stream_events):
    ns.play({"call": "look_outside"}, {"call": "look_outside", "as": "again"})
    run = of(stream_events(tools=[WEATHER]), "thread.run.requires_action")[0]
    outputs = [
        {"tool_call_id": call["id"], "output": "x"}
        for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]
    ]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    second = parse_events(raw.post(path, json={"tool_outputs": outputs, "stream": True}).text)
    assert event_names(second)[-2:] == ["thread.run.requires_action", "done"]
    assert {call["index"] for (call,) in calls(second)} == {0}


def test_code_is_streamed_after_an_empty_first_delta_and_before_its_output(ns, stream_events):
    ns.play({"code": "print(2 ** 8)", "logs": "256\n", "stream": {"chunk": ["print", "(2 ** 8)"]}}, {"say": "256"})
    events = stream_events(tools=CODE)
    assert event_names(events) == [*BEGIN, *TOOL, "thread.run.step.completed", *WRITTEN, *END]
    deltas = [call["code_interpreter"] for (call,) in calls(events)]
    logs = {"index": 0, "type": "logs", "logs": "256\n"}
    assert deltas == [{"input": "", "outputs": []}, {"input": "print"}, {"input": "(2 ** 8)"}, {"outputs": [logs]}]
    assert "id" in calls(events)[0][0]
    completed = of(events, "thread.run.step.completed")[0]["step_details"]["tool_calls"][0]["code_interpreter"]
    assert completed == {"input": "print(2 ** 8)", "outputs": [{"type": "logs", "logs": "256\n"}]}


def test_code_that_prints_nothing_streams_no_outputs(ns, stream_events):
    ns.play({"code": "x = 1"})
    events = stream_events(tools=CODE)
    deltas = [call["code_interpreter"] for (call,) in calls(events)]
    assert deltas == [{"input": "", "outputs": []}, *({"input": piece} for piece in ("x", " =", " 1"))]


def test_a_search_shows_its_results_when_it_is_done(ns, stream_events):
    ns.play({"search": "tides", "results": FOUND}, {"say": "At noon{{ cite(hits.results[0]) }}."})
    events = stream_events(tools=SEARCH)
    assert event_names(events) == [*BEGIN, *TOOL, "thread.run.step.completed", *WRITTEN, *END]
    ((call,),) = calls(events)
    assert call["file_search"]["results"] == []
    assert list(call) == ["index", "id", "type", "file_search"]
    (result,) = of(events, "thread.run.step.completed")[0]["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert result == {"file_id": "file-tides", "file_name": "tides.txt", "score": 0.75, "attributes": {}}


def test_a_citation_is_sent_with_its_marker(ns, stream_events):
    ns.play({"search": "tides", "results": FOUND}, {"say": "Am Mittag 🌊{{ cite(hits.results[0]) }}."})
    events = stream_events(tools=SEARCH)
    (cited,) = [
        delta["delta"]["content"][0]["text"]
        for delta in of(events, "thread.message.delta")
        if delta["delta"]["content"][0]["text"].get("annotations")
    ]
    marker = "【4:0†tides.txt】"  # after one message, the first result
    annotation = {"type": "file_citation", "text": marker, "start_index": 11, "end_index": 11 + len(marker)}
    assert cited["value"] == marker
    citation = {"file_id": "file-tides", "quote": ""}
    assert cited["annotations"] == [{"index": 0, **annotation, "file_citation": citation}]
    text = of(events, "thread.message.completed")[0]["content"][0]["text"]
    assert text["annotations"] == [{**annotation, "file_citation": {"file_id": "file-tides"}}]
    assert text["value"][11 : 11 + len(marker)] == marker


def test_content_of_results_is_streamed_on_request(ns, raw, thread, assistant):
    ns.play({"search": "tides", "results": FOUND}, {"say": "ok"})
    body = {"assistant_id": assistant.id, "stream": True, "tools": SEARCH}
    events = parse_events(raw.post(f"/threads/{thread.id}/runs", params={"include[]": CONTENT}, json=body).text)
    (result,) = of(events, "thread.run.step.completed")[0]["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert result["content"] == [{"type": "text", "text": "High at noon."}]


def test_a_refusal(ns, stream_events):
    ns.play({"refuse": "I will not."})
    events = stream_events()
    assert event_names(events) == [*BEGIN, *WRITTEN, *END]
    parts = [delta["delta"]["content"][0] for delta in of(events, "thread.message.delta")]
    assert {(part["index"], part["type"]) for part in parts} == {(0, "refusal")}
    assert "".join(part["refusal"] for part in parts) == "I will not."
    assert of(events, "thread.message.completed")[0]["content"] == [{"type": "refusal", "refusal": "I will not."}]


def test_two_messages_in_one_run(ns, stream_events):
    ns.play({"say": "First a plan."}, {"say": "Then the deed."})
    events = stream_events()
    assert event_names(events) == [*BEGIN, *WRITTEN, *WRITTEN, *END]
    texts = [data["content"][0]["text"]["value"] for data in of(events, "thread.message.completed")]
    assert texts == ["First a plan.", "Then the deed."]


def test_a_run_without_any_output(ns, stream_events):
    ns.load("{emulator: 1, turns: [{steps: []}]}")
    assert event_names(stream_events()) == [*BEGIN, *END]


@pytest.mark.parametrize("reason", ["max_completion_tokens", "max_prompt_tokens"])
def test_a_run_that_runs_out_of_tokens(frozen, stream_events, reason):
    frozen.play({"say": "The tide is"}, {"stop": reason})
    events = stream_events()
    assert event_names(events) == [
        *BEGIN, *MESSAGE, "thread.message.incomplete", "thread.run.step.completed", "thread.run.incomplete", "done"
    ]  # fmt: skip
    message = of(events, "thread.message.incomplete")[0]
    assert (message["status"], message["incomplete_details"]) == ("incomplete", {"reason": "max_tokens"})
    assert (message["incomplete_at"], message["completed_at"]) == (NOON_SECONDS, None)
    assert message["content"][0]["text"]["value"] == "The tide is"
    assert of(events, "thread.run.incomplete")[0]["incomplete_details"] == {"reason": reason}


def test_a_run_that_fails_before_it_does_anything(ns, stream_events):
    ns.play({"fail": "rate_limit_exceeded", "message": "Quota."})
    events = stream_events()
    assert event_names(events) == [*BEGIN, "thread.run.failed", "done"]
    run = of(events, "thread.run.failed")[0]
    assert (run["status"], run["last_error"]) == ("failed", {"code": "rate_limit_exceeded", "message": "Quota."})
    assert run["usage"]["total_tokens"] == 0


def test_a_run_that_fails_while_it_writes(ns, stream_events):
    ns.play({"say": "I will"}, {"fail": "server_error"})
    events = stream_events()
    assert event_names(events) == [
        *BEGIN, *MESSAGE, "thread.message.incomplete", "thread.run.step.failed", "thread.run.failed", "done"
    ]  # fmt: skip
    assert of(events, "thread.message.incomplete")[0]["incomplete_details"] == {"reason": "run_failed"}


def test_a_run_that_expires_at_once(ns, stream_events):
    ns.play({"say": "Wait"}, {"expire": "now"})
    events = stream_events()
    assert event_names(events) == [
        *BEGIN, *MESSAGE, "thread.message.incomplete", "thread.run.step.expired", "thread.run.expired", "done"
    ]  # fmt: skip
    assert of(events, "thread.message.incomplete")[0]["incomplete_details"] == {"reason": "run_expired"}


def test_each_event_is_two_lines_and_an_empty_one(ns, raw, thread, assistant):
    ns.play({"say": "Flut & Ebbe ⚓\n<b>"})
    response = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True})
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.content.endswith(b"\n\nevent: done\ndata: [DONE]\n\n")
    for frame in response.content.removesuffix(b"\n\n").split(b"\n\n"):
        name, data = frame.split(b"\n")
        assert name.startswith(b"event: ")
        assert data.startswith(b"data: ")
    assert b'"value":"Flut","annotations":[]' in response.content
    assert "⚓".encode() in response.content
    assert b'"temperature":1.0,' in response.content
    assert b"<b>" in response.content


def test_an_invalid_request_for_a_stream_is_answered_with_plain_json(raw, thread, assistant):
    for path, body in (
        (f"/threads/{thread.id}/runs", {"stream": True}),
        (f"/threads/{thread.id}/runs", {"stream": True, "assistant_id": "asst_nobody"}),
        ("/threads/runs", {"stream": True, "assistant_id": assistant.id, "thread": 7}),
        (f"/threads/{thread.id}/runs/run_x/submit_tool_outputs", {"stream": True, "tool_outputs": []}),
    ):
        response = raw.post(path, json=body)
        assert response.status_code in (400, 404)
        assert response.headers["content-type"] == "application/json"
        assert list(response.json()["error"]) == ["message", "type", "param", "code"]


def test_a_stream_is_requested_in_the_body_and_not_in_the_accept_header(ns, raw, thread, assistant):
    ns.play({"say": "x"})
    path = f"/threads/{thread.id}/runs"
    streamed = raw.post(
        path, json={"assistant_id": assistant.id, "stream": True}, headers={"accept": "application/json"}
    )
    assert streamed.headers["content-type"].startswith("text/event-stream")
    plain = raw.post(
        path, json={"assistant_id": assistant.id, "stream": False}, headers={"accept": "text/event-stream"}
    )
    assert plain.headers["content-type"] == "application/json"
    null = raw.post(path, json={"assistant_id": assistant.id, "stream": None})
    assert null.headers["content-type"] == "application/json"


def test_streamed_objects_equal_the_retrieved_ones(ns, raw, stream_events):
    ns.play({"code": "1 + 1", "logs": "2"}, {"say": "Two {{ code.logs }}."}, {"refuse": "No more."})
    events = stream_events(tools=CODE)
    run = of(events, "thread.run.completed")[0]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    assert raw.get(path).json() == {**run, "tool_resources": {}}
    steps = raw.get(f"{path}/steps", params={"order": "asc"}).json()["data"]
    assert steps == [{**step, "expires_at": None} for step in of(events, "thread.run.step.completed")]
    messages = raw.get(f"/threads/{run['thread_id']}/messages", params={"order": "asc", "run_id": run["id"]}).json()[
        "data"
    ]
    only = ("status", "incomplete_details", "incomplete_at", "completed_at")
    streamed = [
        {k: v for k, v in message.items() if k not in only} for message in of(events, "thread.message.completed")
    ]
    assert messages == streamed
