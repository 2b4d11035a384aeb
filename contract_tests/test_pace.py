"""The pace at which runs and files change their status: by polls, by time, or by manual steps."""

import openai
import pytest

CALL = {"call": "look_up", "args": {"word": "tide"}}


def start_run(client, thread, assistant):
    return client.beta.threads.runs.create(thread_id=thread, assistant_id=assistant)


def polled_statuses(client, run, limit=20):
    """Poll until the run waits for outputs or ends, and return the statuses."""
    statuses = []
    for _ in range(limit):
        statuses.append(client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status)
        if statuses[-1] not in ("queued", "in_progress", "cancelling"):
            break
    return statuses


@pytest.fixture
def thread_and_assistant(client):
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
    return client.beta.threads.create().id, assistant.id


def submit_outputs(client, run):
    waiting = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    calls = waiting.required_action.submit_tool_outputs.tool_calls
    return client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "noon"} for call in calls]
    )


def test_each_status_is_shown_for_the_given_number_of_polls(ns, client, thread_and_assistant):
    ns.put(pace={"progression": "polls", "times": 2})
    ns.play(CALL, {"say": "At noon."})
    run = start_run(client, *thread_and_assistant)
    assert polled_statuses(client, run) == ["queued", "queued", "in_progress", "in_progress", "requires_action"]
    assert submit_outputs(client, run).status == "queued"
    assert polled_statuses(client, run) == ["queued", "queued", "in_progress", "in_progress", "completed"]


def test_the_clients_own_poller_follows_a_paced_run_to_its_end(ns, client, thread_and_assistant):
    ns.put(pace={"progression": "polls", "times": 3})
    ns.play({"say": "At noon."})
    run = client.beta.threads.runs.create_and_poll(
        thread_id=thread_and_assistant[0], assistant_id=thread_and_assistant[1]
    )
    assert run.status == "completed"


def test_a_stream_does_not_wait_for_polls(ns, client, thread_and_assistant):
    ns.put(pace={"progression": "polls", "times": 3})
    ns.play({"say": "At noon."})
    with client.beta.threads.runs.stream(
        thread_id=thread_and_assistant[0], assistant_id=thread_and_assistant[1]
    ) as stream:
        assert stream.get_final_run().status == "completed"


def test_a_queued_run_can_be_cancelled(ns, client, thread_and_assistant):
    ns.put(pace={"progression": "polls", "times": 2})
    ns.play({"say": "At noon."})
    run = start_run(client, *thread_and_assistant)
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "queued"
    cancelling = client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert (cancelling.status, cancelling.started_at) == ("cancelling", None)
    assert polled_statuses(client, run) == ["cancelling", "cancelling", "cancelled"]
    assert client.beta.threads.messages.list(run.thread_id).data == []


def test_a_status_lasts_as_long_as_the_pace_says(frozen, client, thread_and_assistant):
    frozen.put(pace={"progression": "time", "seconds": "5s"})
    frozen.play({"say": "At noon."})
    run = start_run(client, *thread_and_assistant)
    statuses = []
    for _ in range(3):
        statuses.append(client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status)
        frozen.advance("5s")
    finished = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert (statuses, finished.status) == (["queued", "in_progress", "completed"], "completed")
    assert (finished.started_at - finished.created_at, finished.completed_at - finished.started_at) == (5, 5)


def test_in_manual_mode_nothing_moves_until_it_is_stepped(ns, client, thread_and_assistant):
    ns.put(pace={"progression": "manual"})
    ns.play(CALL, {"say": "At noon."})
    run = start_run(client, *thread_and_assistant)
    assert polled_statuses(client, run, limit=3) == ["queued"] * 3
    stepped = ns.control("POST", f"/runs/{run.id}/step", {})
    assert (stepped["run"]["status"], stepped["reached"]) == ("in_progress", True)
    assert stepped["fired"][0] == "thread.run.in_progress"
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "requires_action"})
    assert (stepped["run"]["status"], stepped["fired"]) == ("requires_action", ["thread.run.requires_action"])
    submit_outputs(client, run)
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "event:thread.message.completed"})
    assert (stepped["run"]["status"], stepped["reached"]) == ("completed", True)


def test_a_step_advances_as_far_as_it_can(ns, client, thread_and_assistant):
    ns.put(pace={"progression": "manual"})
    ns.play(CALL, {"say": "At noon."})
    run = start_run(client, *thread_and_assistant)
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "completed"})
    assert (stepped["run"]["status"], stepped["reached"]) == ("requires_action", False)
    assert ns.control("POST", f"/runs/{run.id}/step", {"until": "settled"})["reached"] is True
    assert ns.control("POST", f"/runs/{run.id}/step", {"until": "step:1"})["reached"] is True
    ns.control("POST", "/runs/run_unknown/step", {}, status=404)


def test_a_step_stops_at_a_hold(ns, client, thread_and_assistant):
    ns.put(pace={"progression": "manual"})
    ns.play({"hold": "thinking"}, {"say": "At noon."})
    run = start_run(client, *thread_and_assistant)
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "hold:thinking"})
    assert (stepped["run"]["status"], stepped["reached"]) == ("in_progress", True)
    ns.release(run.id, "thinking")
    assert ns.control("POST", f"/runs/{run.id}/step", {"until": "completed"})["reached"] is True


def test_a_thread_stays_locked_while_its_run_is_paced(ns, client, thread_and_assistant):
    ns.control("PUT", "/pace", {"progression": "manual"})
    ns.play({"say": "At noon."})
    start_run(client, *thread_and_assistant)
    with pytest.raises(openai.BadRequestError, match="already has an active run"):
        start_run(client, *thread_and_assistant)


def test_a_paced_run_resumes_after_a_restart(tmp_path):
    from emulator import LiveServer, Settings

    settings = Settings(db=tmp_path / "paced.db")
    pace = {"pace": {"progression": "polls", "times": 1}}
    statuses = []
    for _ in range(4):
        with LiveServer(settings) as server:
            client = openai.OpenAI(base_url=server.base_url, api_key="sk-emu-paced", max_retries=0)
            if not statuses:
                import httpx

                httpx.put(f"{server.control_url}/ns/paced", json=pace, trust_env=False, timeout=60).raise_for_status()
                assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
                run = client.beta.threads.create_and_run(
                    assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Tide?"}]}
                )
            statuses.append(client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status)
            client.close()
    assert statuses[-1] == "completed"
    assert set(statuses) <= {"queued", "in_progress", "completed"}


@pytest.mark.parametrize(
    "tool", [{"search": "tides", "results": [{"file_id": "file-0"}]}, {"code": "print(1)", "logs": "1"}]
)
@pytest.mark.parametrize("pace", [{"progression": "polls", "times": 1}, {"progression": "time", "seconds": "5s"}])
def test_a_built_in_tool_is_in_progress_before_it_shows_results(frozen, client, thread_and_assistant, tool, pace):
    frozen.put(pace=pace)
    frozen.play(tool, {"say": "At noon."})
    run = start_run(client, *thread_and_assistant)
    states = []
    for _ in range(4):
        listed = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
        state = [(step.type, step.status, len(getattr(step.step_details, "tool_calls", ()))) for step in listed]
        states += [state] if state not in states else []
        client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        frozen.advance("5s")
    assert states == [
        [],
        [("tool_calls", "in_progress", 0)],
        [("tool_calls", "completed", 1), ("message_creation", "in_progress", 0)],
        [("tool_calls", "completed", 1), ("message_creation", "completed", 0)],
    ]


# --- vector stores ----------------------------------------------------------------------------------------------------


@pytest.fixture
def store_and_files(client):
    """A store and two files that are not in it yet."""
    uploads = [
        client.files.create(file=(name, b"High water is at noon."), purpose="assistants") for name in ("a.txt", "b.txt")
    ]
    return client.vector_stores.create().id, [file.id for file in uploads]


def file_counts(document):
    counts = document.file_counts
    return counts.in_progress, counts.completed, counts.cancelled, counts.total


def test_files_are_in_progress_for_the_given_number_of_polls(ns, client, store_and_files):
    ns.put(pace={"progression": "polls", "times": 2})
    store, (file, _) = store_and_files
    store_file = client.vector_stores.files.create(store, file_id=file)
    assert store_file.status == "in_progress"
    polls = [client.vector_stores.files.retrieve(file, vector_store_id=store) for _ in range(3)]
    assert [one.status for one in polls] == ["in_progress", "in_progress", "completed"]
    assert [one.usage_bytes > 0 for one in polls] == [False, False, True]


def test_reading_a_store_or_its_list_counts_as_a_poll(ns, client, store_and_files):
    ns.put(pace={"progression": "polls", "times": 2})
    store, files = store_and_files
    store = client.vector_stores.create(file_ids=files).id
    assert [file.status for file in client.vector_stores.files.list(store)] == ["in_progress"] * 2
    busy = client.vector_stores.retrieve(store)
    assert (busy.status, file_counts(busy)) == ("in_progress", (2, 0, 0, 2))
    completed = client.vector_stores.retrieve(store)
    assert (completed.status, file_counts(completed)) == ("completed", (0, 2, 0, 2))


def test_files_are_in_progress_for_the_given_time(frozen, client, store_and_files):
    frozen.put(pace={"progression": "time", "seconds": "5s"})
    store, files = store_and_files
    batch = client.vector_stores.file_batches.create(store, file_ids=files)

    def poll_batch():
        batch_document = client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store)
        return batch_document.status, file_counts(batch_document)

    assert poll_batch() == poll_batch() == ("in_progress", (2, 0, 0, 2))
    frozen.advance("4s")
    assert poll_batch() == ("in_progress", (2, 0, 0, 2))
    frozen.advance("1s")
    assert poll_batch() == ("completed", (0, 2, 0, 2))


def test_a_batch_in_progress_can_be_cancelled(ns, client, store_and_files):
    ns.put(pace={"progression": "polls", "times": 3})
    store, files = store_and_files
    batch = client.vector_stores.file_batches.create(store, file_ids=files)
    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store)
    assert (cancelled.status, file_counts(cancelled)) == ("cancelled", (0, 0, 2, 2))
    for _ in range(4):
        files_now = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store)
        assert [file.status for file in files_now] == ["cancelled"] * 2
    ns.put(wire="2025-10-01")  # since then it is read as its store
    assert client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store).status == "cancelled"
    store_now = client.vector_stores.retrieve(store)
    assert (store_now.status, file_counts(store_now)) == ("completed", (0, 0, 2, 2))
    assert client.vector_stores.search(store, query="high water").data == []


@pytest.mark.parametrize("pace", [{"progression": "polls", "times": 3}, {"progression": "time", "seconds": "1h"}])
def test_a_run_waits_until_its_stores_are_ready(frozen, client, store_and_files, pace):
    store, files = store_and_files
    frozen.play({"search": "high water", "results": "auto"}, {"say": "Found {{ hits.results | length }}."})
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        instructions="Be brief.",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store]}},
    )
    thread = client.beta.threads.create()
    frozen.put(pace=pace)
    client.vector_stores.file_batches.create(store, file_ids=files)
    frozen.put(pace={"progression": "immediate"})
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    assert run.status == "completed"
    newest = client.beta.threads.messages.list(thread.id).data[0]
    assert newest.content[0].text.value == "Found 2."


def test_a_store_can_be_deleted_while_files_are_in_progress(ns, client, store_and_files):
    ns.put(pace={"progression": "polls", "times": 3})
    store, files = store_and_files
    client.vector_stores.file_batches.create(store, file_ids=files)
    client.files.delete(files[0])
    assert client.vector_stores.delete(store).deleted
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.retrieve(store)
    ns.control("POST", "/reset")


def test_the_clients_pollers_follow_paced_files_to_their_end(ns, client, store_and_files):
    ns.put(pace={"progression": "polls", "times": 2})
    store, (first, second) = store_and_files
    assert client.vector_stores.files.create_and_poll(first, vector_store_id=store).status == "completed"
    read = client.vector_stores.file_batches.create_and_poll(store, file_ids=[second])
    assert (read.id, read.status, file_counts(read)) == (store, "completed", (0, 2, 0, 2))


@pytest.mark.parametrize("other", [{"progression": "immediate"}, {"progression": "time", "seconds": "5s"}])
def test_a_new_pace_releases_what_the_previous_one_delayed(
    frozen, client, thread_and_assistant, store_and_files, other
):
    frozen.put(pace={"progression": "polls", "times": 9})
    frozen.play({"say": "At noon."})
    run = start_run(client, *thread_and_assistant)
    store, files = store_and_files
    client.vector_stores.file_batches.create(store, file_ids=files)
    frozen.put(pace=other)
    for _ in range(3):
        frozen.advance("5s")
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "completed"
    assert client.vector_stores.retrieve(store).status == "completed"
