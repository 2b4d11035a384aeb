import pytest

from contract_tests.harness import MODEL, NOON_SECONDS, WEATHER, event_names, parse_events
from contract_tests.raw_api import assert_refused, raw_api

FIRST = [
    "id", "object", "created_at", "assistant_id", "thread_id", "status", "started_at", "expires_at", "cancelled_at",
    "failed_at", "completed_at",
]  # fmt: skip
BODY = ["last_error", "model", "instructions", "tools", "file_ids", "metadata"]
LIMITS = [
    "max_completion_tokens", "max_prompt_tokens", "truncation_strategy", "incomplete_details", "usage",
    "response_format", "tool_choice",
]  # fmt: skip
STEP = [
    "id", "object", "created_at", "run_id", "assistant_id", "thread_id", "type", "status", "cancelled_at",
    "completed_at", "expires_at", "failed_at", "last_error", "step_details",
]  # fmt: skip


@pytest.fixture
def v1(ns):
    return raw_api(ns, "v1")


@pytest.fixture
def begin(v1):
    """Return a function that starts a run of a new assistant on a new thread."""

    def begin_run(tools=(), content="Ahoy", file_ids=(), **more):
        assistant_id = v1.post_json(
            "/assistants", {"model": MODEL, "instructions": "x", "tools": list(tools), "file_ids": list(file_ids)}
        )
        thread = v1.post_json("/threads", {"messages": [{"role": "user", "content": content}]})
        return v1.post_json(f"/threads/{thread['id']}/runs", {"assistant_id": assistant_id["id"], **more})

    return begin_run


def retrieve(v1, run):
    return v1.get_json(f"/threads/{run['thread_id']}/runs/{run['id']}")


def steps(v1, run):
    return v1.get_json(f"/threads/{run['thread_id']}/runs/{run['id']}/steps", params={"order": "asc"})["data"]


@pytest.mark.parametrize(
    "day, keys",
    [
        ("2023-11-10", [*FIRST, *BODY]),
        ("2024-02-05", [*FIRST, *BODY, "usage"]),
        ("2024-03-20", [*FIRST, "required_action", *BODY, "usage"]),
        ("2024-04-27", [*FIRST, "required_action", *BODY, "temperature", "top_p", *LIMITS]),
    ],
)
def test_runs_gained_keys_over_time(ns, v1, begin, day, keys):
    ns.put(wire=day)
    run = begin()
    assert list(run) == keys
    assert list(retrieve(v1, run)) == keys
    assert v1.get_json(f"/threads/{run['thread_id']}/runs")["data"] == [retrieve(v1, run)]


def test_a_run_has_the_files_and_tools_of_its_assistant(frozen, v1, begin):
    file = v1.upload()["id"]
    run = begin([{"type": "retrieval"}, {"type": "code_interpreter"}], file_ids=[file])
    assert (run["status"], run["expires_at"]) == ("queued", NOON_SECONDS + 600)
    assert run["file_ids"] == [file]
    assert run["tools"] == [{"type": "retrieval"}, {"type": "code_interpreter"}]
    assert run["instructions"] == "x"
    over = retrieve(v1, run)
    assert (over["status"], over["expires_at"], over["completed_at"]) == ("completed", None, NOON_SECONDS)


@pytest.mark.parametrize("day, keys", [("2023-11-10", STEP), ("2024-04-27", [*STEP, "usage"])])
def test_keys_of_steps_on_v1(ns, v1, begin, day, keys):
    ns.put(wire=day)
    run = begin()
    retrieve(v1, run)
    (step,) = steps(v1, run)
    assert list(step) == keys
    assert step["status"] == "completed"
    assert v1.get_json(f"/threads/{run['thread_id']}/runs/{run['id']}/steps/{step['id']}") == step


def test_a_search_was_called_retrieval_and_showed_nothing(ns, v1, begin):
    ns.play({"search": "tides", "results": []}, {"say": "None."})
    run = begin([{"type": "retrieval"}])
    retrieve(v1, run)
    call = steps(v1, run)[0]["step_details"]["tool_calls"][0]
    assert call == {"id": call["id"], "type": "retrieval", "retrieval": {}}
    on_v2 = raw_api(ns).get_json(f"/threads/{run['thread_id']}/runs/{run['id']}/steps", params={"order": "asc"})["data"]
    assert on_v2[0]["step_details"]["tool_calls"][0]["type"] == "file_search"


def test_a_call_waits_for_its_outputs(ns, v1, begin):
    ns.play({"call": "look_outside", "args": {"town": "Husum"}}, {"say": "{{ outputs.look_outside }}"})
    run = begin([WEATHER])
    waiting = retrieve(v1, run)
    assert waiting["status"] == "requires_action"
    (call,) = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert call["function"] == {"name": "look_outside", "arguments": '{"town":"Husum"}'}
    outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "fog"}]}
    submitted = v1.post_json(f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", outputs)
    assert (submitted["status"], submitted["required_action"]) == ("queued", None)
    assert retrieve(v1, run)["status"] == "completed"
    newest = v1.get_json(f"/threads/{run['thread_id']}/messages")["data"][0]
    assert newest["content"][0]["text"]["value"] == "fog"
    assert newest["file_ids"] == []


def test_before_march_2024_pending_calls_had_no_output_key(ns, v1, begin):
    ns.put(wire="2024-02-05")
    ns.play({"call": "look_outside"})
    waiting = retrieve(v1, begin([WEATHER]))
    assert list(waiting)[10:13] == ["completed_at", "required_action", "last_error"]
    (call,) = steps(v1, waiting)[0]["step_details"]["tool_calls"]
    assert call["function"] == {"name": "look_outside", "arguments": "{}"}
    ns.put(wire="2024-03-13")
    assert steps(v1, waiting)[0]["step_details"]["tool_calls"][0]["function"]["output"] is None


def test_an_assistant_without_instructions_ran_on_an_empty_thread(ns, v1):
    assistant_id, thread_id = v1.post_json("/assistants", {"model": MODEL})["id"], v1.post_json("/threads", {})["id"]
    run = v1.post_json(f"/threads/{thread_id}/runs", {"assistant_id": assistant_id})
    assert retrieve(v1, run)["status"] == "completed"
    message = "Run creation requires a Thread with a user message or an assistant with instructions."
    empty = raw_api(ns).post_json("/threads", {})["id"]
    assert_refused(
        raw_api(ns).post(f"/threads/{empty}/runs", {"assistant_id": assistant_id}), 400, message, None, "invalid_thread"
    )
    assert v1.post_json("/threads/runs", {"assistant_id": assistant_id})["status"] == "queued"


# --- citations ------------------------------------------------------------------------------------------------------

NOON = {"file_id": "file-tides", "file_name": "tides.txt", "score": 1, "content": [{"type": "text", "text": "Noon."}]}
CITING = [{"search": "tides", "results": [NOON]}, {"say": "At noon{{ cite(hits.results[0]) }}."}]


def begin_on_v2(ns):
    api = raw_api(ns)
    assistant_id = api.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    thread = {"messages": [{"role": "user", "content": "Ahoy"}]}
    return api.post_json("/threads/runs", {"assistant_id": assistant_id, "thread": thread})


def newest_text(api, run):
    return api.get_json(f"/threads/{run['thread_id']}/messages")["data"][0]["content"][0]["text"]


@pytest.mark.parametrize("day", ["2023-11-10", "2024-04-16", "2024-04-27", "2024-06-03", "2025-03-14", "2026-08-25"])
def test_a_run_of_v1_cites_with_one_number_and_quotes_the_passage_on_any_day(ns, v1, begin, day):
    ns.put(wire=day)
    ns.play(*CITING)
    text = newest_text(v1, begin([{"type": "retrieval"}]))
    assert text["value"] == "At noon【4†source】."
    (annotation,) = text["annotations"]
    assert annotation == {
        "type": "file_citation", "text": "【4†source】", "start_index": 7, "end_index": 17,
        "file_citation": {"file_id": "file-tides", "quote": "Noon."},
    }  # fmt: skip


def test_v2_reads_a_citation_of_v1_without_its_quote(ns, begin):
    ns.play(*CITING)
    text = newest_text(raw_api(ns), begin([{"type": "retrieval"}]))
    assert text["value"] == "At noon【4†source】."
    assert text["annotations"][0]["file_citation"] == {"file_id": "file-tides"}


def test_v1_reads_a_citation_of_v2_with_the_passage_that_it_quotes(ns, v1):
    ns.play(*CITING)
    text = newest_text(v1, begin_on_v2(ns))
    assert text["value"] == "At noon【4:0†tides.txt】."
    assert text["annotations"][0]["file_citation"] == {"file_id": "file-tides", "quote": "Noon."}


@pytest.mark.parametrize("day", ["2023-11-10", "2024-04-20"])
def test_a_run_of_v2_cites_with_two_numbers_from_its_first_day_on(ns, day):
    ns.put(wire=day)
    ns.play(*CITING)
    text = newest_text(raw_api(ns), begin_on_v2(ns))
    assert text["value"] == "At noon【4:0†source】."
    assert text["annotations"][0]["file_citation"] == {"file_id": "file-tides", "quote": "Noon."}


def test_a_run_of_v1_still_cites_like_v1_after_it_waited(ns, v1, begin):
    ns.play({"call": "look_outside"}, *CITING)
    run = begin([WEATHER, {"type": "retrieval"}])
    (call,) = retrieve(v1, run)["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "fog"}]}
    # Whoever answers its calls: the run is v1's.
    raw_api(ns).post_json(f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", outputs)
    assert newest_text(v1, run)["value"].endswith("†source】.")


def test_a_run_that_ran_out_of_tokens_was_called_complete(ns, v1, begin):
    ns.play({"say": "Half"}, {"stop": "max_completion_tokens"})
    run = begin()
    assert retrieve(v1, run)["status"] == "completed"
    assert raw_api(ns).get_json(f"/threads/{run['thread_id']}/runs/{run['id']}")["status"] == "incomplete"


def test_a_run_in_progress_could_not_be_updated(frozen, v1, begin):
    frozen.play({"wait": "5s"}, {"say": "x"})
    run = begin()
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    assert_refused(v1.post(path, {"metadata": {"a": True}}), 400, "Cannot update run with status 'in_progress'.")
    assert v1.post_json(f"{path}/cancel")["status"] == "cancelling"
    assert retrieve(v1, run)["status"] == "cancelled"
    assert v1.post_json(path, {"metadata": {"a": True}})["metadata"] == {"a": "True"}


def test_a_thread_and_a_run_were_created_in_one_request(ns, v1):
    assistant_id = v1.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    file = v1.upload()["id"]
    about = {"messages": [{"role": "user", "content": "x", "file_ids": [file], "metadata": {"n": 1}}]}
    run = v1.post_json("/threads/runs", {"assistant_id": assistant_id, "thread": about})
    (first,) = v1.get_json(f"/threads/{run['thread_id']}/messages", params={"order": "asc"})["data"][:1]
    assert (first["file_ids"], first["metadata"]) == ([file], {"n": "1"})


def test_additional_messages_had_files_too(v1, begin):
    file = v1.upload()["id"]
    run = begin(additional_messages=[{"role": "user", "content": "y", "file_ids": [file]}])
    retrieve(v1, run)
    listed = v1.get_json(f"/threads/{run['thread_id']}/messages", params={"order": "asc"})["data"]
    assert [message["file_ids"] for message in listed] == [[], [file], []]


# --- streams --------------------------------------------------------------------------------------------------------


@pytest.fixture
def stream_events(v1):
    def stream_run(tools=(), **more):
        assistant_id = v1.post_json("/assistants", {"model": MODEL, "instructions": "x", "tools": list(tools)})["id"]
        body = {
            "assistant_id": assistant_id,
            "stream": True,
            "thread": {"messages": [{"role": "user", "content": "Ahoy"}]},
        }
        response = v1.post("/threads/runs", {**body, **more})
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        return parse_events(response.text)

    return stream_run


def test_a_stream_of_v1_has_the_same_events_in_the_shapes_of_v1(ns, stream_events):
    ns.play({"say": "Fair wind."})
    events = stream_events()
    assert event_names(events) == [
        "thread.created", "thread.run.created", "thread.run.queued", "thread.run.in_progress", "thread.run.step.created",
        "thread.run.step.in_progress", "thread.message.created", "thread.message.in_progress", "thread.message.delta",
        "thread.message.completed", "thread.run.step.completed", "thread.run.completed", "done",
    ]  # fmt: skip
    data_by_name = dict(events)
    assert list(data_by_name["thread.created"]) == ["id", "object", "created_at", "metadata"]
    assert "file_ids" in data_by_name["thread.run.completed"]
    assert "tool_resources" not in data_by_name["thread.run.completed"]
    assert list(data_by_name["thread.message.completed"])[6:10] == [
        "status",
        "incomplete_details",
        "incomplete_at",
        "completed_at",
    ]
    assert list(data_by_name["thread.message.completed"])[-2:] == ["file_ids", "metadata"]


def test_a_stream_of_v1_calls_a_search_retrieval(ns, stream_events):
    ns.play({"search": "tides", "results": []}, {"say": "None."})
    events = stream_events([{"type": "retrieval"}])
    (delta,) = [data for name, data in events if name == "thread.run.step.delta"]
    call = delta["delta"]["step_details"]["tool_calls"][0]
    assert call == {"index": 0, "id": call["id"], "type": "retrieval", "retrieval": {}}


def test_a_stream_of_v1_ends_complete_even_if_tokens_ran_out(ns, stream_events):
    ns.play({"say": "Half"}, {"stop": "max_completion_tokens"})
    name, data = stream_events()[-2]
    assert (name, data["status"]) == ("thread.run.completed", "completed")
    assert data["incomplete_details"] == {"reason": "max_completion_tokens"}


def test_a_code_interpreter_streams_as_it_does_on_v2(ns, stream_events):
    ns.play({"code": "1 + 1", "logs": "2"}, {"say": "Two."})
    events = stream_events([{"type": "code_interpreter"}])
    deltas = [
        data["delta"]["step_details"]["tool_calls"][0] for name, data in events if name == "thread.run.step.delta"
    ]
    assert deltas[0]["code_interpreter"] == {"input": "", "outputs": []}
    assert "".join(one["code_interpreter"].get("input", "") for one in deltas) == "1 + 1"


@pytest.mark.parametrize("name", ["retrieval", "file_search"])
def test_a_script_matches_retrieval_by_either_name(ns, v1, begin, name):
    turns = [{"when": {"tools": [name]}, "steps": [{"say": "found"}]}, {"steps": [{"say": "nothing to search"}]}]
    ns.load({"emulator": 1, "turns": turns})
    for tools, text in (([{"type": "retrieval"}], "found"), ([{"type": "code_interpreter"}], "nothing to search")):
        run = retrieve(v1, begin(tools))
        (message, _) = v1.get_json(f"/threads/{run['thread_id']}/messages")["data"]
        assert message["content"][0]["text"]["value"] == text


def test_retrieval_can_be_chosen(ns, v1, begin):
    run = begin([{"type": "retrieval"}], tool_choice={"type": "retrieval"})
    assert run["tool_choice"] == {"type": "retrieval"}
    newest = raw_api(ns).get_json(f"/threads/{run['thread_id']}/runs/{run['id']}")
    assert newest["tool_choice"] == {"type": "file_search"}
