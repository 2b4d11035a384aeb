"""The runs of a namespace as the control API lists them, with what each has called; whoever looks moves nothing."""

import pytest

from contract_tests.harness import MODEL, WEATHER, outputs_of

STORY = ({"call": "look_outside", "args": {"town": "Cuxhaven"}}, {"say": "Fog."})


@pytest.fixture
def runs(ns):
    return lambda query="": ns.control("GET", f"/runs{query}")


@pytest.fixture
def run_of(ns):
    return lambda run: ns.control("GET", f"/runs/{run.id}")


def play_a_call(ns, client, assistant, thread):
    ns.play(*STORY)
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, tools=[WEATHER])
    return client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=thread.id, tool_outputs=outputs_of(run, look_outside="fog")
    )


def test_a_run_is_shown_with_its_timeline_its_steps_and_its_calls(frozen, client, assistant, thread, run_of):
    run = play_a_call(frozen, client, assistant, thread)
    shown = run_of(run)
    assert [change["status"] for change in shown["timeline"]] == [
        "queued", "in_progress", "requires_action", "queued", "in_progress", "completed",
    ]  # fmt: skip
    assert [change["cause"] for change in shown["timeline"]][2:4] == ["require_action", "submit"]
    assert {change["at"] for change in shown["timeline"]} == {float(run.created_at)}
    about = ("id", "thread_id", "assistant_id", "model", "status", "waits_for", "created_at", "turn", "script")
    assert [shown[name] for name in about] == [
        run.id, thread.id, assistant.id, MODEL, "completed", None, run.created_at, "any", "script.yaml",
    ]  # fmt: skip
    assert (shown["run"]["id"], shown["run"]["object"], shown["run"]["usage"]["total_tokens"] > 0) == (
        run.id,
        "thread.run",
        True,
    )
    call_step, message_step = shown["steps"]
    assert (call_step["type"], message_step["type"]) == ("tool_calls", "message_creation")
    assert call_step["expires_at"] is None
    (call,) = shown["calls"]
    assert call == {
        "id": call_step["step_details"]["tool_calls"][0]["id"],
        "type": "function",
        "name": "look_outside",
        "arguments": '{"town":"Cuxhaven"}',
        "output": "fog",
        "step_id": call_step["id"],
    }
    assert shown["report"] == []


def test_a_call_has_no_output_before_the_client_has_answered(ns, start, poll, run_of):
    ns.play(*STORY)
    run = start(tools=[WEATHER])
    assert (run_of(run)["waits_for"], run_of(run)["calls"][0]["output"]) == ("outputs", None)


def test_calls_of_built_in_tools_are_shown_alike(ns, start, run_of):
    hit = {"file_id": "file-1", "file_name": "tides.txt", "content": [{"type": "text", "text": "Low at noon."}]}
    ns.play(
        {"code": "print(1 + 1)", "logs": "2\n"},
        {"code": "pass"},
        {"search": "tides", "results": [hit]},
        {"search": "nothing", "results": []},
    )
    run = start(tools=[{"type": "code_interpreter"}, {"type": "file_search"}])
    shown = [(call["type"], call["name"], call["arguments"], call["output"]) for call in run_of(run)["calls"]]
    assert shown == [
        ("code_interpreter", "code_interpreter", "print(1 + 1)", "2\n"),
        ("code_interpreter", "code_interpreter", "pass", None),
        ("file_search", "file_search", None, "tides.txt: Low at noon."),
        ("file_search", "file_search", None, None),
    ]


def test_the_report_of_a_run_is_shown_with_it(ns, start, run_of):
    ns.play({"call": "look_outsid"})
    (line,) = run_of(start(tools=[WEATHER]))["report"]
    assert (line["kind"], "did you mean look_outside?" in line["message"]) == ("script", True)


def test_drift_has_a_message_too(ns, client, start, poll, run_of):
    ns.play({"call": "look_outside", "args": {"town": "Oslo"}, "recorded": "sun"})
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    (line,) = run_of(run)["report"]
    assert (line["kind"], line["what"], line["recorded"], line["got"]) == ("drift", "tool_output", "sun", "fog")
    assert line["message"] == (
        'tool_output of look_outside at $ in turn any: recorded "sun" → got "fog"'
        " (script.yaml:1: turns[0].steps[0].recorded)"
    )


def test_a_run_without_a_turn_has_none(ns, start, run_of):
    ns.load("emulator: 1\nturns: [{when: {message: never}, steps: []}]")
    shown = run_of(start())
    assert (shown["turn"], shown["script"], shown["status"]) == (None, None, "failed")
    assert [line["kind"] for line in shown["report"]] == ["unmatched"]


def test_runs_are_listed_newest_first_and_in_pages(client, assistant, runs):
    made = [
        client.beta.threads.create_and_run_poll(
            assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "hello"}]}
        )
        for _ in range(5)
    ]
    newest_first = [run.id for run in made[::-1]]
    assert [run["id"] for run in runs()["runs"]] == newest_first
    first = runs("?limit=2")
    assert ([run["id"] for run in first["runs"]], first["has_more"]) == (newest_first[:2], True)
    second = runs(f"?limit=3&after={newest_first[1]}")
    assert ([run["id"] for run in second["runs"]], second["has_more"]) == (newest_first[2:], False)
    shown = runs()["runs"][0]
    assert set(shown) == {
        "id", "thread_id", "assistant_id", "model", "status", "waits_for", "created_at", "turn", "timeline",
    }  # fmt: skip
    assert [change["status"] for change in shown["timeline"]] == ["queued", "in_progress", "completed"]


def test_runs_are_filtered_by_thread_and_status(ns, client, assistant, thread, runs):
    ns.play({"hold": "gate"})
    held = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    ns.play({"say": "Fog."})
    done = client.beta.threads.create_and_run_poll(assistant_id=assistant.id)
    assert [run["id"] for run in runs(f"?thread={thread.id}")["runs"]] == [held.id]
    assert [run["id"] for run in runs("?status=completed")["runs"]] == [done.id]
    assert [run["waits_for"] for run in runs("?status=in_progress")["runs"]] == ["hold:gate"]
    assert runs(f"?thread={thread.id}&status=completed")["runs"] == []


def test_runs_of_a_deleted_thread_are_listed_no_more(client, assistant, runs):
    kept, gone = (client.beta.threads.create_and_run_poll(assistant_id=assistant.id) for _ in range(2))
    client.beta.threads.delete(gone.thread_id)
    assert [run["id"] for run in runs()["runs"]] == [kept.id]


@pytest.mark.parametrize(
    "query,status,says",
    [
        ("?status=complete", 400, "did you mean completed?"),
        ("?limit=0", 400, "limit"),
        ("?limit=1001", 400, "limit"),
        ("?after=run_unknown", 400, "run_unknown"),
        ("?thread=thread_unknown", 404, "thread_unknown"),
        ("/run_unknown", 404, "run_unknown"),
        ("/run_unknown/view", 404, "run_unknown"),
    ],
)
def test_what_is_not_there_is_refused(ns, query, status, says):
    assert says in ns.control("GET", f"/runs{query}", status=status)["error"]["message"]


def test_a_namespace_that_does_not_exist_has_no_runs(server, http):
    for path in ("runs", "runs/run_1", "runs/run_1/view"):
        assert http.get(f"{server.control_url}/ns/nobody-was-here/{path}").status_code == 404


def test_the_view_is_what_the_model_was_given(ns, client, assistant, thread):
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=assistant.id, additional_instructions="Be brief.", tools=[WEATHER]
    )
    view = ns.control("GET", f"/runs/{run.id}/view")
    assert view["instructions"] == "Be helpful.\nBe brief."
    assert view["messages"] == [{"role": "user", "text": "How is the harbour today?", "files": [], "images": 0}]
    assert [tool["function"]["name"] for tool in view["tools"]] == ["look_outside"]
    assert (view["run_id"], view["turn"], view["model"]) == (run.id, 1, MODEL)


@pytest.mark.parametrize(
    "pace", [{"progression": "polls", "times": 2}, {"progression": "manual"}, {"progression": "time", "seconds": "1h"}]
)
def test_whoever_looks_moves_no_run(frozen, start, poll, pace):
    frozen.put(pace=pace)
    frozen.play({"say": "Fog."})
    run = start()
    thread = f"/threads/{run.thread_id}"
    for path in ("/runs", f"/runs/{run.id}", f"/runs/{run.id}/view", "/threads", thread) * 3:
        frozen.control("GET", path)
    assert frozen.control("GET", f"/runs/{run.id}")["status"] == "queued"
    assert poll(run).status == "queued"


def test_whoever_looks_has_read_nothing_for_the_client(ns, client, start):
    run = start()
    for path in ("/runs", f"/runs/{run.id}", f"/runs/{run.id}/view", "/threads", f"/threads/{run.thread_id}"):
        ns.control("GET", path)
    client.beta.threads.messages.create(run.thread_id, role="user", content="And?")
    assert [hint["kind"] for hint in ns.report()["hints"]] == ["raced_an_active_run"]
