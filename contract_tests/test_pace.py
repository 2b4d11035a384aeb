"""How a run shows itself: poll by poll, second by second, or step by step."""

import openai
import pytest

CALL = {"call": "look_up", "args": {"word": "tide"}}


def begin(client, thread, assistant):
    return client.beta.threads.runs.create(thread_id=thread, assistant_id=assistant)


def seen(client, run, most=20):
    """Return the statuses of polls until the run waits for outputs or is over."""
    statuses = []
    for _ in range(most):
        statuses.append(client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status)
        if statuses[-1] not in ("queued", "in_progress", "cancelling"):
            break
    return statuses


@pytest.fixture
def deck(client):
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
    return client.beta.threads.create().id, assistant.id


def outputs(client, run):
    shown = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    calls = shown.required_action.submit_tool_outputs.tool_calls
    return client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "noon"} for call in calls]
    )


def test_each_status_is_shown_for_so_many_polls(ns, client, deck):
    ns.put(pace={"progression": "polls", "times": 2})
    ns.plays(CALL, {"say": "At noon."})
    run = begin(client, *deck)
    assert seen(client, run) == ["queued", "queued", "in_progress", "in_progress", "requires_action"]
    assert outputs(client, run).status == "queued"
    assert seen(client, run) == ["queued", "queued", "in_progress", "in_progress", "completed"]


def test_the_clients_own_poller_sees_a_run_through(ns, client, deck):
    ns.put(pace={"progression": "polls", "times": 3})
    ns.plays({"say": "At noon."})
    run = client.beta.threads.runs.create_and_poll(thread_id=deck[0], assistant_id=deck[1])
    assert run.status == "completed"


def test_a_stream_does_not_wait_for_polls(ns, client, deck):
    ns.put(pace={"progression": "polls", "times": 3})
    ns.plays({"say": "At noon."})
    with client.beta.threads.runs.stream(thread_id=deck[0], assistant_id=deck[1]) as stream:
        assert stream.get_final_run().status == "completed"


def test_a_queued_run_can_be_cancelled(ns, client, deck):
    ns.put(pace={"progression": "polls", "times": 2})
    ns.plays({"say": "At noon."})
    run = begin(client, *deck)
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "queued"
    cancelling = client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert (cancelling.status, cancelling.started_at) == ("cancelling", None)
    assert seen(client, run) == ["cancelling", "cancelling", "cancelled"]
    assert client.beta.threads.messages.list(run.thread_id).data == []


def test_a_status_lasts_its_time_on_the_clock(frozen, client, deck):
    frozen.put(pace={"progression": "time", "seconds": "5s"})
    frozen.plays({"say": "At noon."})
    run = begin(client, *deck)
    shown = []
    for _ in range(3):
        shown.append(client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status)
        frozen.advance("5s")
    over = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert (shown, over.status) == (["queued", "in_progress", "completed"], "completed")
    assert (over.started_at - over.created_at, over.completed_at - over.started_at) == (5, 5)


def test_by_hand_nothing_moves_until_it_is_asked_to(ns, client, deck):
    ns.put(pace={"progression": "manual"})
    ns.plays(CALL, {"say": "At noon."})
    run = begin(client, *deck)
    assert seen(client, run, most=3) == ["queued"] * 3
    stepped = ns.control("POST", f"/runs/{run.id}/step", {})
    assert (stepped["run"]["status"], stepped["reached"]) == ("in_progress", True)
    assert stepped["fired"][0] == "thread.run.in_progress"
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "requires_action"})
    assert (stepped["run"]["status"], stepped["fired"]) == ("requires_action", ["thread.run.requires_action"])
    outputs(client, run)
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "event:thread.message.completed"})
    assert (stepped["run"]["status"], stepped["reached"]) == ("completed", True)


def test_a_step_goes_as_far_as_it_can(ns, client, deck):
    ns.put(pace={"progression": "manual"})
    ns.plays(CALL, {"say": "At noon."})
    run = begin(client, *deck)
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "completed"})
    assert (stepped["run"]["status"], stepped["reached"]) == ("requires_action", False)
    assert ns.control("POST", f"/runs/{run.id}/step", {"until": "settled"})["reached"] is True
    assert ns.control("POST", f"/runs/{run.id}/step", {"until": "step:1"})["reached"] is True
    ns.control("POST", "/runs/run_of_nobody/step", {}, status=404)


def test_a_step_stops_at_a_hold(ns, client, deck):
    ns.put(pace={"progression": "manual"})
    ns.plays({"hold": "thinking"}, {"say": "At noon."})
    run = begin(client, *deck)
    stepped = ns.control("POST", f"/runs/{run.id}/step", {"until": "hold:thinking"})
    assert (stepped["run"]["status"], stepped["reached"]) == ("in_progress", True)
    ns.release(run.id, "thinking")
    assert ns.control("POST", f"/runs/{run.id}/step", {"until": "completed"})["reached"] is True


def test_a_thread_stays_locked_while_its_run_waits_to_be_shown(ns, client, deck):
    ns.control("PUT", "/pace", {"progression": "manual"})
    ns.plays({"say": "At noon."})
    begin(client, *deck)
    with pytest.raises(openai.BadRequestError, match="already has an active run"):
        begin(client, *deck)


def test_a_run_that_waits_to_be_shown_goes_on_after_a_restart(tmp_path):
    from emulator import LiveServer, Settings

    settings = Settings(db=tmp_path / "paced.db")
    pace = {"pace": {"progression": "polls", "times": 1}}
    statuses = []
    for _ in range(4):
        with LiveServer(settings) as server:
            client = openai.OpenAI(base_url=server.base_url, api_key="sk-emu-paced", max_retries=0)
            if not statuses:
                import httpx

                httpx.put(f"{server.control_url}/ns/paced", json=pace, trust_env=False).raise_for_status()
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
def test_a_built_in_tool_is_seen_at_work_before_it_shows_anything(frozen, client, deck, tool, pace):
    frozen.put(pace=pace)
    frozen.plays(tool, {"say": "At noon."})
    run = begin(client, *deck)
    seen = []
    for _ in range(4):
        listed = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
        shown = [(step.type, step.status, len(getattr(step.step_details, "tool_calls", ()))) for step in listed]
        seen += [shown] if shown not in seen else []
        client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        frozen.advance("5s")
    assert seen == [
        [],
        [("tool_calls", "in_progress", 0)],
        [("tool_calls", "completed", 1), ("message_creation", "in_progress", 0)],
        [("tool_calls", "completed", 1), ("message_creation", "completed", 0)],
    ]


# --- vector stores ----------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(client):
    """A store, and two files that are not in it yet."""
    made = [
        client.files.create(file=(name, b"High water is at noon."), purpose="assistants") for name in ("a.txt", "b.txt")
    ]
    return client.vector_stores.create().id, [file.id for file in made]


def counted(shown):
    counts = shown.file_counts
    return counts.in_progress, counts.completed, counts.cancelled, counts.total


def test_files_are_shown_in_progress_for_so_many_polls(ns, client, shelf):
    ns.put(pace={"progression": "polls", "times": 2})
    store, (file, _) = shelf
    made = client.vector_stores.files.create(store, file_id=file)
    assert made.status == "in_progress"
    shown = [client.vector_stores.files.retrieve(file, vector_store_id=store) for _ in range(3)]
    assert [one.status for one in shown] == ["in_progress", "in_progress", "completed"]
    assert [one.usage_bytes > 0 for one in shown] == [False, False, True]


def test_reading_a_store_or_its_list_counts_as_a_poll(ns, client, shelf):
    ns.put(pace={"progression": "polls", "times": 2})
    store, files = shelf
    store = client.vector_stores.create(file_ids=files).id
    assert [file.status for file in client.vector_stores.files.list(store)] == ["in_progress"] * 2
    busy = client.vector_stores.retrieve(store)
    assert (busy.status, counted(busy)) == ("in_progress", (2, 0, 0, 2))
    done = client.vector_stores.retrieve(store)
    assert (done.status, counted(done)) == ("completed", (0, 2, 0, 2))


def test_files_are_shown_in_progress_until_the_clock_says_so(frozen, client, shelf):
    frozen.put(pace={"progression": "time", "seconds": "5s"})
    store, files = shelf
    batch = client.vector_stores.file_batches.create(store, file_ids=files)

    def look():
        shown = client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store)
        return shown.status, counted(shown)

    assert look() == look() == ("in_progress", (2, 0, 0, 2))
    frozen.advance("4s")
    assert look() == ("in_progress", (2, 0, 0, 2))
    frozen.advance("1s")
    assert look() == ("completed", (0, 2, 0, 2))


def test_a_batch_under_way_can_be_cancelled(ns, client, shelf):
    ns.put(pace={"progression": "polls", "times": 3})
    store, files = shelf
    batch = client.vector_stores.file_batches.create(store, file_ids=files)
    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store)
    assert (cancelled.status, counted(cancelled)) == ("cancelled", (0, 0, 2, 2))
    for _ in range(4):
        shown = client.vector_stores.file_batches.list_files(batch.id, vector_store_id=store)
        assert [file.status for file in shown] == ["cancelled"] * 2
    assert client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store).status == "cancelled"
    whole = client.vector_stores.retrieve(store)
    assert (whole.status, counted(whole)) == ("completed", (0, 0, 2, 2))
    assert client.vector_stores.search(store, query="high water").data == []


@pytest.mark.parametrize("pace", [{"progression": "polls", "times": 3}, {"progression": "time", "seconds": "1h"}])
def test_a_run_waits_for_the_stores_that_it_searches(frozen, client, shelf, pace):
    store, files = shelf
    frozen.plays({"search": "high water", "results": "auto"}, {"say": "Found {{ hits.results | length }}."})
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


def test_a_store_may_go_while_files_are_on_their_way(ns, client, shelf):
    ns.put(pace={"progression": "polls", "times": 3})
    store, files = shelf
    client.vector_stores.file_batches.create(store, file_ids=files)
    client.files.delete(files[0])
    assert client.vector_stores.delete(store).deleted
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.retrieve(store)
    ns.control("POST", "/reset")


def test_the_clients_pollers_see_files_through(ns, client, shelf):
    ns.put(pace={"progression": "polls", "times": 2})
    store, (first, second) = shelf
    assert client.vector_stores.files.create_and_poll(first, vector_store_id=store).status == "completed"
    batch = client.vector_stores.file_batches.create_and_poll(store, file_ids=[second])
    assert (batch.status, counted(batch)) == ("completed", (0, 1, 0, 1))


@pytest.mark.parametrize("other", [{"progression": "immediate"}, {"progression": "time", "seconds": "5s"}])
def test_a_new_pace_lets_go_what_the_last_one_held(frozen, client, deck, shelf, other):
    frozen.put(pace={"progression": "polls", "times": 9})
    frozen.plays({"say": "At noon."})
    run = begin(client, *deck)
    store, files = shelf
    client.vector_stores.file_batches.create(store, file_ids=files)
    frozen.put(pace=other)
    for _ in range(3):
        frozen.advance("5s")
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "completed"
    assert client.vector_stores.retrieve(store).status == "completed"
