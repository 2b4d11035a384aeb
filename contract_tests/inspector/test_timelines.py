"""The timeline of a run: what it went through and did, and what its client did meanwhile, in the right order."""

import pytest

from contract_tests.harness import WEATHER
from contract_tests.inspector.emulated import emulated

CALL = {"call": "look_outside", "args": {"town": "Cuxhaven"}}


@pytest.fixture
async def frozen():
    async with emulated() as server:
        yield server


def named(timeline, lane=None):
    """Return the names of spans in the order in which they began."""
    return [span.name for span in timeline.spans if lane in (None, span.lane)]


def lasting(timeline, lane):
    """Return names with when each began and ended, in seconds from the beginning."""
    end = lambda span: None if span.ended is None else span.ended.at - timeline.began  # noqa: E731
    return [(span.name, span.began.at - timeline.began, end(span)) for span in timeline.of(lane)]


async def test_on_a_frozen_clock_everything_stands_in_the_order_in_which_it_happened(frozen):
    await frozen.play(CALL, {"say": "Fog."})
    run = await frozen.start(tools=[WEATHER])
    await frozen.poll(run)
    await frozen.answer(run, "fog")
    await frozen.poll(run)
    timeline = await frozen.timeline(run.id)
    assert (timeline.is_to_scale, timeline.is_over) == (False, True)
    # What happened at one moment stands by its lane.
    assert named(timeline) == [
        "create", "queued", "in_progress", "look_outside", "requires_action", "poll: requires_action",
        "submit outputs", "queued", "in_progress", "message", "completed", "poll: completed",
    ]  # fmt: skip


async def test_statuses_last_until_the_next_one(frozen):
    await frozen.play(CALL, {"wait": "30s"}, {"say": "Fog."})
    run = await frozen.start(tools=[WEATHER])
    await frozen.advance("2m")
    await frozen.answer(run, "fog")
    await frozen.advance("30s")
    timeline = await frozen.timeline(run.id)
    assert timeline.is_to_scale
    assert lasting(timeline, "status") == [
        ("queued", 0, 0), ("in_progress", 0, 0), ("requires_action", 0, 120), ("queued", 120, 120),
        ("in_progress", 120, 150), ("completed", 150, 150),
    ]  # fmt: skip
    assert lasting(timeline, "work") == [("look_outside", 0, 120), ("message", 150, 150)]
    call, message = timeline.of("work")
    assert call.detail == '{"town":"Cuxhaven"} → fog'
    assert message.detail == "completed: Fog."


async def test_causes_and_errors_are_told(frozen):
    await frozen.play({"fail": "rate_limit_exceeded", "message": "Too <much>."})
    timeline = await frozen.timeline((await frozen.start()).id)
    assert [span.detail for span in timeline.of("status")] == ["by create", "by start", "by fail, Too <much>."]


async def test_a_run_that_waits_goes_on_until_now(frozen):
    await frozen.play(CALL)
    run = await frozen.start(tools=[WEATHER])
    await frozen.advance("90s")
    timeline = await frozen.timeline(run.id)
    assert (timeline.is_over, timeline.now - timeline.began) == (False, 90)
    assert lasting(timeline, "status")[-1] == ("requires_action", 0, None)
    assert timeline.of("status")[-1].detail == "by require action, waits for outputs"
    assert timeline.of("work")[0].detail.endswith("no output yet")


async def test_an_expired_run_ends_when_it_expired(frozen):
    await frozen.play(CALL)
    run = await frozen.start(tools=[WEATHER])
    await frozen.advance("1h")
    timeline = await frozen.timeline(run.id)
    assert lasting(timeline, "status")[-2:] == [("requires_action", 0, 600), ("expired", 600, 600)]
    assert lasting(timeline, "work") == [("look_outside", 0, 600)]


async def test_polls_of_the_same_are_one_with_their_times(frozen):
    await frozen.play(CALL)
    run = await frozen.start(tools=[WEATHER])
    for _ in range(3):
        await frozen.advance("10s")
        await frozen.poll(run)
    polls = [span for span in (await frozen.timeline(run.id)).of("client") if span.kind == "poll"]
    assert [(span.name, span.count, span.status) for span in polls] == [("poll: requires_action", 3, "requires_action")]
    assert [at - polls[0].began.at for at in polls[0].times] == [0, 10, 20]
    assert polls[0].ended.at - polls[0].began.at == 20


async def test_a_stream_says_how_it_ended(frozen):
    await frozen.play({"say": "Fog."})
    thread = await frozen.thread()
    async for _ in await frozen.start(thread, stream=True):
        pass
    (run,) = (await frozen.runs.list(thread.id)).data
    (stream,) = (span for span in (await frozen.timeline(run.id)).of("client") if span.kind == "stream")
    assert stream.name == "create, stream: to its end"
    assert "events" in stream.detail


async def test_a_list_that_shows_the_run_is_a_look_at_it(frozen):
    await frozen.play(CALL)
    run = await frozen.start(tools=[WEATHER])
    await frozen.runs.list(run.thread_id)
    assert named(await frozen.timeline(run.id), "client") == ["create", "poll: requires_action"]


async def test_what_was_refused_is_told(frozen):
    await frozen.play({"say": "Fog."})
    run = await frozen.start()
    answer = await frozen.http.post(
        f"/v1/threads/{run.thread_id}/runs/{run.id}/cancel",
        headers={"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"},
    )
    assert answer.status_code == 400
    assert named(await frozen.timeline(run.id), "client")[-1] == "cancel: refused (400)"


async def test_a_cancelled_run_has_its_cancel_before_it_is_cancelling(frozen):
    await frozen.play(CALL)
    run = await frozen.start(tools=[WEATHER])
    await frozen.runs.cancel(run.id, thread_id=run.thread_id)
    assert named(await frozen.timeline(run.id))[-3:] == ["cancel", "cancelling", "cancelled"]


async def test_whoever_looks_moves_nothing(frozen):
    await frozen.control("PUT", "/pace", {"progression": "polls", "times": 2})
    await frozen.play({"say": "Fog."})
    run = await frozen.start()
    for _ in range(5):
        await frozen.timeline(run.id)
    assert (await frozen.poll(run)).status == "queued"


async def test_a_response_has_a_timeline_too(frozen):
    await frozen.play({"call": "look_outside", "args": {"town": "Oslo"}})
    tool = {"type": "function", **WEATHER["function"]}
    response = await frozen.client.responses.create(model="gpt-4o", input="weather?", tools=[tool])
    timeline = await frozen.timeline(response.id)
    assert named(timeline, "status")[-1] == "completed"
    assert named(timeline, "work") == ["look_outside"]
    assert named(timeline, "client") == ["create"]


async def test_an_imported_run_is_as_exact_as_its_seconds(frozen):
    await frozen.play(CALL, {"say": "Fog."})
    run = await frozen.start(tools=[WEATHER])
    await frozen.advance("7s")
    await frozen.answer(run, "fog")
    exported = await frozen.control("GET", f"/threads/{run.thread_id}/export")
    async with emulated() as other:
        await other.control("POST", "/import", exported)
        timeline = await other.timeline(run.id)
    assert timeline.is_over
    assert lasting(timeline, "work")[0] == ("look_outside", 0, 7)
    assert timeline.of("status")[-1].status == "completed"
    assert not timeline.goes_back


async def test_a_timeline_that_the_journal_has_lost_is_in_order_all_the_same(frozen):
    await frozen.play(CALL, {"say": "Fog."})
    run = await frozen.start(tools=[WEATHER])
    await frozen.advance("7s")
    await frozen.answer(run, "fog")
    whole = await frozen.timeline(run.id)
    namespace = await frozen.namespaces.find("default")
    namespace.documents.database.driver.execute("DELETE FROM journal")
    lost = await frozen.timeline(run.id)
    assert [(span.name, span.began.at) for span in lost.spans] == [(span.name, span.began.at) for span in whole.spans]


async def test_a_clock_that_is_set_back_is_told(frozen):
    await frozen.play(CALL)
    run = await frozen.start(tools=[WEATHER])
    await frozen.control("PATCH", "/clock", {"at": "2020-01-01T00:00:00Z"})
    await frozen.runs.cancel(run.id, thread_id=run.thread_id)
    timeline = await frozen.timeline(run.id)
    assert (timeline.goes_back, timeline.is_to_scale) == (True, False)
    assert named(timeline, "status")[-1] == "cancelled"


async def test_of_very_many_events_those_in_the_middle_are_counted(frozen):
    await frozen.play(*[CALL] * 150, {"say": "Fog."})
    run = await frozen.start(tools=[WEATHER])
    for _ in range(150):
        await frozen.answer(run, "fog")
    timeline = await frozen.timeline(run.id)
    assert len(timeline.of("status")) == 200
    assert timeline.left_out > 0
    assert named(timeline, "status")[-1] == "completed"
