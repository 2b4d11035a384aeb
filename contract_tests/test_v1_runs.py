import pytest

from contract_tests.harness import MODEL, NOON_SECONDS, WEATHER, events, names
from contract_tests.lines import line, refused

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
def old(ns):
    return line(ns, "v1")


@pytest.fixture
def begin(old):
    """Begin a run of a new assistant on a new thread."""

    def begun(tools=(), content="Ahoy", file_ids=(), **more):
        boss = old.make(
            "/assistants", {"model": MODEL, "instructions": "x", "tools": list(tools), "file_ids": list(file_ids)}
        )
        deck = old.make("/threads", {"messages": [{"role": "user", "content": content}]})
        return old.make(f"/threads/{deck['id']}/runs", {"assistant_id": boss["id"], **more})

    return begun


def again(old, run):
    return old.read(f"/threads/{run['thread_id']}/runs/{run['id']}")


def steps(old, run):
    return old.read(f"/threads/{run['thread_id']}/runs/{run['id']}/steps", params={"order": "asc"})["data"]


@pytest.mark.parametrize(
    "day, keys",
    [
        ("2023-11-10", [*FIRST, *BODY]),
        ("2024-02-05", [*FIRST, *BODY, "usage"]),
        ("2024-03-20", [*FIRST, "required_action", *BODY, "usage"]),
        ("2024-04-27", [*FIRST, "required_action", *BODY, "temperature", "top_p", *LIMITS]),
    ],
)
def test_keys_of_runs_grew_in_number(ns, old, begin, day, keys):
    ns.put(wire=day)
    run = begin()
    assert list(run) == keys
    assert list(again(old, run)) == keys
    assert old.read(f"/threads/{run['thread_id']}/runs")["data"] == [again(old, run)]


def test_a_run_has_the_files_and_tools_of_its_assistant(frozen, old, begin):
    file = old.upload()["id"]
    run = begin([{"type": "retrieval"}, {"type": "code_interpreter"}], file_ids=[file])
    assert (run["status"], run["expires_at"]) == ("queued", NOON_SECONDS + 600)
    assert run["file_ids"] == [file]
    assert run["tools"] == [{"type": "retrieval"}, {"type": "code_interpreter"}]
    assert run["instructions"] == "x"
    over = again(old, run)
    assert (over["status"], over["expires_at"], over["completed_at"]) == ("completed", None, NOON_SECONDS)


@pytest.mark.parametrize("day, keys", [("2023-11-10", STEP), ("2024-04-27", [*STEP, "usage"])])
def test_keys_of_steps(ns, old, begin, day, keys):
    ns.put(wire=day)
    run = begin()
    again(old, run)
    (step,) = steps(old, run)
    assert list(step) == keys
    assert step["status"] == "completed"
    assert old.read(f"/threads/{run['thread_id']}/runs/{run['id']}/steps/{step['id']}") == step


def test_a_search_was_called_retrieval_and_showed_nothing(ns, old, begin):
    ns.plays({"search": "tides", "results": []}, {"say": "None."})
    run = begin([{"type": "retrieval"}])
    again(old, run)
    call = steps(old, run)[0]["step_details"]["tool_calls"][0]
    assert call == {"id": call["id"], "type": "retrieval", "retrieval": {}}
    on_v2 = line(ns).read(f"/threads/{run['thread_id']}/runs/{run['id']}/steps", params={"order": "asc"})["data"]
    assert on_v2[0]["step_details"]["tool_calls"][0]["type"] == "file_search"


def test_a_call_waits_for_its_outputs(ns, old, begin):
    ns.plays({"call": "look_outside", "args": {"town": "Husum"}}, {"say": "{{ outputs.look_outside }}"})
    run = begin([WEATHER])
    waiting = again(old, run)
    assert waiting["status"] == "requires_action"
    (call,) = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert call["function"] == {"name": "look_outside", "arguments": '{"town":"Husum"}'}
    outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "fog"}]}
    sent = old.make(f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", outputs)
    assert (sent["status"], sent["required_action"]) == ("queued", None)
    assert again(old, run)["status"] == "completed"
    newest = old.read(f"/threads/{run['thread_id']}/messages")["data"][0]
    assert newest["content"][0]["text"]["value"] == "fog"
    assert newest["file_ids"] == []


def test_before_march_2024_nothing_was_shown_where_nothing_was_asked_for(ns, old, begin):
    ns.put(wire="2024-02-05")
    ns.plays({"call": "look_outside"})
    waiting = again(old, begin([WEATHER]))
    assert list(waiting)[10:13] == ["completed_at", "required_action", "last_error"]
    (call,) = steps(old, waiting)[0]["step_details"]["tool_calls"]
    assert call["function"] == {"name": "look_outside", "arguments": "{}"}
    ns.put(wire="2024-03-13")
    assert steps(old, waiting)[0]["step_details"]["tool_calls"][0]["function"]["output"] is None


def test_an_assistant_without_instructions_ran_on_an_empty_thread(ns, old):
    boss, deck = old.make("/assistants", {"model": MODEL})["id"], old.make("/threads", {})["id"]
    run = old.make(f"/threads/{deck}/runs", {"assistant_id": boss})
    assert again(old, run)["status"] == "completed"
    words = "Run creation requires a Thread with a user message or an assistant with instructions."
    empty = line(ns).make("/threads", {})["id"]
    refused(line(ns).post(f"/threads/{empty}/runs", {"assistant_id": boss}), 400, words, None, "invalid_thread")
    assert old.make("/threads/runs", {"assistant_id": boss})["status"] == "queued"


def test_a_run_that_ran_out_of_tokens_was_called_complete(ns, old, begin):
    ns.plays({"say": "Half"}, {"stop": "max_completion_tokens"})
    run = begin()
    assert again(old, run)["status"] == "completed"
    assert line(ns).read(f"/threads/{run['thread_id']}/runs/{run['id']}")["status"] == "incomplete"


def test_a_run_under_way_could_not_be_changed(frozen, old, begin):
    frozen.plays({"wait": "5s"}, {"say": "x"})
    run = begin()
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    refused(old.post(path, {"metadata": {"a": True}}), 400, "Cannot update run with status 'in_progress'.")
    assert old.make(f"{path}/cancel")["status"] == "cancelling"
    assert again(old, run)["status"] == "cancelled"
    assert old.make(path, {"metadata": {"a": True}})["metadata"] == {"a": "True"}


def test_a_thread_and_a_run_were_made_at_once(ns, old):
    boss = old.make("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    file = old.upload()["id"]
    about = {"messages": [{"role": "user", "content": "x", "file_ids": [file], "metadata": {"n": 1}}]}
    run = old.make("/threads/runs", {"assistant_id": boss, "thread": about})
    (first,) = old.read(f"/threads/{run['thread_id']}/messages", params={"order": "asc"})["data"][:1]
    assert (first["file_ids"], first["metadata"]) == ([file], {"n": "1"})


def test_additional_messages_had_files_too(old, begin):
    file = old.upload()["id"]
    run = begin(additional_messages=[{"role": "user", "content": "y", "file_ids": [file]}])
    again(old, run)
    listed = old.read(f"/threads/{run['thread_id']}/messages", params={"order": "asc"})["data"]
    assert [message["file_ids"] for message in listed] == [[], [file], []]


# --- streams --------------------------------------------------------------------------------------------------------


@pytest.fixture
def tell(old):
    def told(tools=(), **more):
        boss = old.make("/assistants", {"model": MODEL, "instructions": "x", "tools": list(tools)})["id"]
        body = {"assistant_id": boss, "stream": True, "thread": {"messages": [{"role": "user", "content": "Ahoy"}]}}
        answer = old.post("/threads/runs", {**body, **more})
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        return events(answer.text)

    return told


def test_a_stream_of_v1_has_the_same_events_in_the_shapes_of_v1(ns, tell):
    ns.plays({"say": "Fair wind."})
    told = tell()
    assert names(told) == [
        "thread.created", "thread.run.created", "thread.run.queued", "thread.run.in_progress", "thread.run.step.created",
        "thread.run.step.in_progress", "thread.message.created", "thread.message.in_progress", "thread.message.delta",
        "thread.message.completed", "thread.run.step.completed", "thread.run.completed", "done",
    ]  # fmt: skip
    shown = dict(told)
    assert list(shown["thread.created"]) == ["id", "object", "created_at", "metadata"]
    assert "file_ids" in shown["thread.run.completed"]
    assert "tool_resources" not in shown["thread.run.completed"]
    assert list(shown["thread.message.completed"])[6:10] == [
        "status",
        "incomplete_details",
        "incomplete_at",
        "completed_at",
    ]
    assert list(shown["thread.message.completed"])[-2:] == ["file_ids", "metadata"]


def test_a_stream_of_v1_calls_a_search_retrieval(ns, tell):
    ns.plays({"search": "tides", "results": []}, {"say": "None."})
    told = tell([{"type": "retrieval"}])
    (delta,) = [data for name, data in told if name == "thread.run.step.delta"]
    call = delta["delta"]["step_details"]["tool_calls"][0]
    assert call == {"index": 0, "id": call["id"], "type": "retrieval", "retrieval": {}}


def test_a_stream_of_v1_ends_complete_even_if_tokens_ran_out(ns, tell):
    ns.plays({"say": "Half"}, {"stop": "max_completion_tokens"})
    name, data = tell()[-2]
    assert (name, data["status"]) == ("thread.run.completed", "completed")
    assert data["incomplete_details"] == {"reason": "max_completion_tokens"}


def test_a_code_interpreter_streams_as_it_does_on_v2(ns, tell):
    ns.plays({"code": "1 + 1", "logs": "2"}, {"say": "Two."})
    told = tell([{"type": "code_interpreter"}])
    deltas = [data["delta"]["step_details"]["tool_calls"][0] for name, data in told if name == "thread.run.step.delta"]
    assert deltas[0]["code_interpreter"] == {"input": "", "outputs": []}
    assert "".join(one["code_interpreter"].get("input", "") for one in deltas) == "1 + 1"


def test_retrieval_can_be_chosen(ns, old, begin):
    run = begin([{"type": "retrieval"}], tool_choice={"type": "retrieval"})
    assert run["tool_choice"] == {"type": "retrieval"}
    newest = line(ns).read(f"/threads/{run['thread_id']}/runs/{run['id']}")
    assert newest["tool_choice"] == {"type": "file_search"}
