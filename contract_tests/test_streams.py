import pytest

from contract_tests.harness import NOON_SECONDS, WEATHER, events, names

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


def of(told, name):
    return [data for one, data in told if one == name]


def pieces(told):
    return [delta["delta"]["content"][0]["text"]["value"] for delta in of(told, "thread.message.delta")]


def calls(told):
    return [delta["delta"]["step_details"]["tool_calls"] for delta in of(told, "thread.run.step.delta")]


def test_a_run_that_writes_a_text(frozen, tell):
    frozen.plays({"say": "The tide is low."})
    told = tell()
    assert names(told) == [*BEGIN, *WRITTEN, *END]
    created, queued, working = (data for _, data in told[:3])
    assert created == queued
    assert (created["status"], created["started_at"]) == ("queued", None)
    assert (working["status"], working["started_at"]) == ("in_progress", NOON_SECONDS)
    assert created["tool_resources"] == {"code_interpreter": {"file_ids": []}}
    over = of(told, "thread.run.completed")[0]
    assert (over["status"], over["expires_at"], over["completed_at"]) == ("completed", None, NOON_SECONDS)
    assert over["usage"]["total_tokens"] > 0


def test_a_text_comes_in_words_and_only_its_first_piece_has_annotations(ns, tell):
    ns.plays({"say": "The tide  is\nlow."})
    told = tell()
    assert "".join(pieces(told)) == "The tide  is\nlow."
    assert len(pieces(told)) > 3
    texts = [delta["delta"]["content"][0]["text"] for delta in of(told, "thread.message.delta")]
    assert texts[0] == {"value": "The", "annotations": []}
    assert all(list(text) == ["value"] for text in texts[1:])
    for delta in of(told, "thread.message.delta"):
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
def test_a_text_is_cut_as_the_script_says(ns, tell, chunk, expected):
    ns.plays({"say": "Ebb & Flut", "stream": {"chunk": chunk}})
    assert pieces(tell()) == expected


def test_a_message_has_its_status_in_streams(frozen, tell):
    frozen.plays({"say": "Low."})
    told = tell()
    keys = ["id", "object", "created_at", "assistant_id", "thread_id", "run_id", "status", "incomplete_details",
            "incomplete_at", "completed_at", "role", "content", "attachments", "metadata"]  # fmt: skip
    created, completed = of(told, "thread.message.created")[0], of(told, "thread.message.completed")[0]
    assert list(created) == list(completed) == keys
    assert (created["status"], created["completed_at"], created["content"]) == ("in_progress", None, [])
    assert (completed["status"], completed["completed_at"]) == ("completed", NOON_SECONDS)
    assert completed["content"] == [{"type": "text", "text": {"value": "Low.", "annotations": []}}]


def test_steps_keep_the_time_at_which_they_would_expire(frozen, tell):
    frozen.plays({"say": "Low."})
    told = tell()
    for name in ("created", "in_progress", "completed"):
        (step,) = of(told, f"thread.run.step.{name}")
        assert step["expires_at"] == NOON_SECONDS + 600
    assert step["usage"]["total_tokens"] > 0


def test_a_thread_made_with_its_run_comes_first(ns, raw, assistant):
    ns.plays({"say": "Ahoy."})
    body = {"assistant_id": assistant.id, "stream": True, "thread": {"metadata": {"ship": "Möwe"}}}
    told = events(raw.post("/threads/runs", json=body).text)
    assert names(told) == ["thread.created", *BEGIN, *WRITTEN, *END]
    thread = told[0][1]
    assert list(thread) == ["id", "object", "created_at", "metadata", "tool_resources"]
    assert (thread["metadata"], thread["tool_resources"]) == ({"ship": "Möwe"}, {"code_interpreter": {"file_ids": []}})


def test_a_function_call_ends_the_stream_and_outputs_begin_another(frozen, raw, tell):
    frozen.plays(
        {"call": "look_outside", "args": {"town": "Husum"}, "stream": {"chunk": 5}},
        {"say": "{{ outputs.look_outside }}"},
    )
    told = tell(tools=[WEATHER])
    assert names(told) == [*BEGIN, *TOOL, "thread.run.requires_action", "done"]
    for name in ("created", "in_progress"):
        assert of(told, f"thread.run.step.{name}")[0]["step_details"] == {"type": "tool_calls", "tool_calls": []}
    (opening,), *more = calls(told)
    assert list(opening) == ["index", "id", "type", "function"]
    assert opening["function"] == {"name": "look_outside", "arguments": "", "output": None}
    assert "".join(piece["function"]["arguments"] for (piece,) in more) == '{"town":"Husum"}'
    assert len(more) == 4
    assert all(list(piece) == ["index", "type", "function"] for (piece,) in more)
    assert all(list(piece["function"]) == ["arguments"] for (piece,) in more)
    run = of(told, "thread.run.requires_action")[0]
    (required,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert required["id"] == opening["id"]
    outputs = [{"tool_call_id": required["id"], "output": "fog"}]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    second = events(raw.post(path, json={"tool_outputs": outputs, "stream": True}).text)
    assert names(second) == [
        "thread.run.step.completed", "thread.run.queued", "thread.run.in_progress", *WRITTEN, *END
    ]  # fmt: skip
    step = second[0][1]
    assert (step["status"], step["completed_at"]) == ("completed", NOON_SECONDS)
    assert step["step_details"]["tool_calls"][0]["function"]["output"] == "fog"
    assert step["usage"]["total_tokens"] > 0
    assert (second[1][1]["status"], second[1][1]["required_action"]) == ("queued", None)
    assert pieces(second) == ["fog"]


def test_arguments_come_in_words(ns, tell):
    ns.plays({"call": "look_outside", "args": '{"town": "Bad Ischl"}'})
    deltas = [call["function"].get("arguments") for (call,) in calls(tell(tools=[WEATHER]))]
    assert deltas == ["", '{"town":', ' "Bad', ' Ischl"}']


def test_parallel_calls_count_their_indices(ns, tell):
    ns.plays({"call": [{"name": "look_outside"}, {"name": "look_outside", "as": "again", "args": {"town": "B"}}]})
    told = tell(tools=[WEATHER])
    opened = [call for (call,) in calls(told) if "id" in call]
    assert [call["index"] for call in opened] == [0, 1]
    assert len({call["id"] for call in opened}) == 2
    assert all(len(one) == 1 for one in calls(told))


def test_indices_of_calls_begin_anew_in_each_step(ns, raw, tell):
    ns.plays({"call": "look_outside"}, {"call": "look_outside", "as": "again"})
    run = of(tell(tools=[WEATHER]), "thread.run.requires_action")[0]
    outputs = [
        {"tool_call_id": call["id"], "output": "x"}
        for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]
    ]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs"
    second = events(raw.post(path, json={"tool_outputs": outputs, "stream": True}).text)
    assert names(second)[-2:] == ["thread.run.requires_action", "done"]
    assert {call["index"] for (call,) in calls(second)} == {0}


def test_code_comes_after_an_empty_opening_and_before_what_it_printed(ns, tell):
    ns.plays({"code": "print(2 ** 8)", "logs": "256\n", "stream": {"chunk": ["print", "(2 ** 8)"]}}, {"say": "256"})
    told = tell(tools=CODE)
    assert names(told) == [*BEGIN, *TOOL, "thread.run.step.completed", *WRITTEN, *END]
    deltas = [call["code_interpreter"] for (call,) in calls(told)]
    logs = {"index": 0, "type": "logs", "logs": "256\n"}
    assert deltas == [{"input": "", "outputs": []}, {"input": "print"}, {"input": "(2 ** 8)"}, {"outputs": [logs]}]
    assert "id" in calls(told)[0][0]
    done = of(told, "thread.run.step.completed")[0]["step_details"]["tool_calls"][0]["code_interpreter"]
    assert done == {"input": "print(2 ** 8)", "outputs": [{"type": "logs", "logs": "256\n"}]}


def test_code_that_prints_nothing_tells_of_no_outputs(ns, tell):
    ns.plays({"code": "x = 1"})
    told = tell(tools=CODE)
    deltas = [call["code_interpreter"] for (call,) in calls(told)]
    assert deltas == [{"input": "", "outputs": []}, *({"input": piece} for piece in ("x", " =", " 1"))]


def test_a_search_shows_its_results_when_it_is_done(ns, tell):
    ns.plays({"search": "tides", "results": FOUND}, {"say": "At noon{{ cite(hits.results[0]) }}."})
    told = tell(tools=SEARCH)
    assert names(told) == [*BEGIN, *TOOL, "thread.run.step.completed", *WRITTEN, *END]
    ((call,),) = calls(told)
    assert call["file_search"]["results"] == []
    assert list(call) == ["index", "id", "type", "file_search"]
    (result,) = of(told, "thread.run.step.completed")[0]["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert result == {"file_id": "file-tides", "file_name": "tides.txt", "score": 0.75, "attributes": {}}


def test_a_citation_comes_with_its_marker(ns, tell):
    ns.plays({"search": "tides", "results": FOUND}, {"say": "Am Mittag 🌊{{ cite(hits.results[0]) }}."})
    told = tell(tools=SEARCH)
    (marked,) = [
        delta["delta"]["content"][0]["text"]
        for delta in of(told, "thread.message.delta")
        if delta["delta"]["content"][0]["text"].get("annotations")
    ]
    marker = "【4:0†tides.txt】"  # after one message, the first result
    annotation = {"type": "file_citation", "text": marker, "start_index": 11, "end_index": 11 + len(marker)}
    assert marked["value"] == marker
    citation = {"file_id": "file-tides", "quote": ""}
    assert marked["annotations"] == [{"index": 0, **annotation, "file_citation": citation}]
    text = of(told, "thread.message.completed")[0]["content"][0]["text"]
    assert text["annotations"] == [{**annotation, "file_citation": {"file_id": "file-tides"}}]
    assert text["value"][11 : 11 + len(marker)] == marker


def test_found_texts_are_streamed_when_they_are_asked_for(ns, raw, thread, assistant):
    ns.plays({"search": "tides", "results": FOUND}, {"say": "ok"})
    body = {"assistant_id": assistant.id, "stream": True, "tools": SEARCH}
    told = events(raw.post(f"/threads/{thread.id}/runs", params={"include[]": CONTENT}, json=body).text)
    (result,) = of(told, "thread.run.step.completed")[0]["step_details"]["tool_calls"][0]["file_search"]["results"]
    assert result["content"] == [{"type": "text", "text": "High at noon."}]


def test_a_refusal(ns, tell):
    ns.plays({"refuse": "I will not."})
    told = tell()
    assert names(told) == [*BEGIN, *WRITTEN, *END]
    parts = [delta["delta"]["content"][0] for delta in of(told, "thread.message.delta")]
    assert {(part["index"], part["type"]) for part in parts} == {(0, "refusal")}
    assert "".join(part["refusal"] for part in parts) == "I will not."
    assert of(told, "thread.message.completed")[0]["content"] == [{"type": "refusal", "refusal": "I will not."}]


def test_two_messages_in_one_run(ns, tell):
    ns.plays({"say": "First a plan."}, {"say": "Then the deed."})
    told = tell()
    assert names(told) == [*BEGIN, *WRITTEN, *WRITTEN, *END]
    texts = [data["content"][0]["text"]["value"] for data in of(told, "thread.message.completed")]
    assert texts == ["First a plan.", "Then the deed."]


def test_a_run_that_says_nothing_at_all(ns, tell):
    ns.load("{emulator: 1, turns: [{steps: []}]}")
    assert names(tell()) == [*BEGIN, *END]


@pytest.mark.parametrize("reason", ["max_completion_tokens", "max_prompt_tokens"])
def test_a_run_that_runs_out_of_tokens(frozen, tell, reason):
    frozen.plays({"say": "The tide is"}, {"stop": reason})
    told = tell()
    assert names(told) == [
        *BEGIN, *MESSAGE, "thread.message.incomplete", "thread.run.step.completed", "thread.run.incomplete", "done"
    ]  # fmt: skip
    message = of(told, "thread.message.incomplete")[0]
    assert (message["status"], message["incomplete_details"]) == ("incomplete", {"reason": "max_tokens"})
    assert (message["incomplete_at"], message["completed_at"]) == (NOON_SECONDS, None)
    assert message["content"][0]["text"]["value"] == "The tide is"
    assert of(told, "thread.run.incomplete")[0]["incomplete_details"] == {"reason": reason}


def test_a_run_that_fails_before_it_does_anything(ns, tell):
    ns.plays({"fail": "rate_limit_exceeded", "message": "Quota."})
    told = tell()
    assert names(told) == [*BEGIN, "thread.run.failed", "done"]
    run = of(told, "thread.run.failed")[0]
    assert (run["status"], run["last_error"]) == ("failed", {"code": "rate_limit_exceeded", "message": "Quota."})
    assert run["usage"]["total_tokens"] == 0


def test_a_run_that_fails_while_it_writes(ns, tell):
    ns.plays({"say": "I will"}, {"fail": "server_error"})
    told = tell()
    assert names(told) == [
        *BEGIN, *MESSAGE, "thread.message.incomplete", "thread.run.step.failed", "thread.run.failed", "done"
    ]  # fmt: skip
    assert of(told, "thread.message.incomplete")[0]["incomplete_details"] == {"reason": "run_failed"}


def test_a_run_that_expires_at_once(ns, tell):
    ns.plays({"say": "Wait"}, {"expire": "now"})
    told = tell()
    assert names(told) == [
        *BEGIN, *MESSAGE, "thread.message.incomplete", "thread.run.step.expired", "thread.run.expired", "done"
    ]  # fmt: skip
    assert of(told, "thread.message.incomplete")[0]["incomplete_details"] == {"reason": "run_expired"}


def test_each_event_is_two_lines_and_an_empty_one(ns, raw, thread, assistant):
    ns.plays({"say": "Flut & Ebbe ⚓\n<b>"})
    answer = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.content.endswith(b"\n\nevent: done\ndata: [DONE]\n\n")
    for frame in answer.content.removesuffix(b"\n\n").split(b"\n\n"):
        name, data = frame.split(b"\n")
        assert name.startswith(b"event: ")
        assert data.startswith(b"data: ")
    assert b'"value":"Flut","annotations":[]' in answer.content
    assert "⚓".encode() in answer.content
    assert b'"temperature":1.0,' in answer.content
    assert b"<b>" in answer.content


def test_an_invalid_request_for_a_stream_is_answered_with_plain_json(raw, thread, assistant):
    for path, body in (
        (f"/threads/{thread.id}/runs", {"stream": True}),
        (f"/threads/{thread.id}/runs", {"stream": True, "assistant_id": "asst_nobody"}),
        ("/threads/runs", {"stream": True, "assistant_id": assistant.id, "thread": 7}),
        (f"/threads/{thread.id}/runs/run_x/submit_tool_outputs", {"stream": True, "tool_outputs": []}),
    ):
        answer = raw.post(path, json=body)
        assert answer.status_code in (400, 404)
        assert answer.headers["content-type"] == "application/json"
        assert list(answer.json()["error"]) == ["message", "type", "param", "code"]


def test_the_wish_for_a_stream_is_in_the_body_and_not_in_the_accept_header(ns, raw, thread, assistant):
    ns.plays({"say": "x"})
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


def test_what_was_streamed_is_what_is_read_afterwards(ns, raw, tell):
    ns.plays({"code": "1 + 1", "logs": "2"}, {"say": "Two {{ code.logs }}."}, {"refuse": "No more."})
    told = tell(tools=CODE)
    run = of(told, "thread.run.completed")[0]
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    assert raw.get(path).json() == {**run, "tool_resources": {}}
    steps = raw.get(f"{path}/steps", params={"order": "asc"}).json()["data"]
    assert steps == [{**step, "expires_at": None} for step in of(told, "thread.run.step.completed")]
    messages = raw.get(f"/threads/{run['thread_id']}/messages", params={"order": "asc", "run_id": run["id"]}).json()[
        "data"
    ]
    only = ("status", "incomplete_details", "incomplete_at", "completed_at")
    shown = [{k: v for k, v in message.items() if k not in only} for message in of(told, "thread.message.completed")]
    assert messages == shown
