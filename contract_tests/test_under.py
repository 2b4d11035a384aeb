"""A test under a schedule: the namespace begins anew, a failure names the schedule, and nothing of it stays."""

import openai
import pytest
from hypothesis import given, settings

from contract_tests.harness import WEATHER, scenario
from emulator import AsyncNamespace, CheckFailedError, ControlError, LiveServer
from emulator.schedules import Pace, Schedule, ScheduledFault, schedules
from scripted_models import Call, Say

LOST = ScheduledFault("POST /threads/*/runs", {"disconnect": True, "before": False})
FULL = Schedule(Pace("polls", times=2), None, (LOST,), None, None, "abba")
SAYING = {"emulator": 1, "turns": [{"steps": [{"say": "At noon."}]}]}


@pytest.fixture(scope="module")
def own():
    with LiveServer(script=SAYING) as server:
        yield server.namespace("tides")


def ask(client):
    threads = client.beta.threads
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    thread = threads.create(messages=[{"role": "user", "content": "When?"}])
    threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    return threads.messages.list(thread.id).data[0].content[0].text.value


def test_a_block_begins_with_an_empty_namespace_that_plays_its_scripts(own):
    own.client().beta.threads.create()
    with own.under(Schedule(Pace("polls", times=2))):
        assert own.threads.list() == []
        assert ask(own.client()) == "At noon."
        assert len(own.requests.list("GET", "/threads/*/runs/*")) > 3


def test_pace_chunks_and_faults_end_with_the_block(own):
    with own.under(Schedule(Pace("polls", times=2), "char", faults=(LOST,))):
        config = own.control.ask("GET", "")
        assert (config["pace"]["progression"], config["chunks"], len(own.faults)) == ("polls", "char", 1)
    config = own.control.ask("GET", "")
    assert (config["pace"]["progression"], config["chunks"], own.faults) == ("immediate", "word", [])


@pytest.mark.parametrize("at", ["queued", "in_progress", "requires_action"])
@pytest.mark.parametrize("verb, status", [("cancel", "cancelled"), ("expire", "expired")])
def test_the_first_run_of_the_block_ends_at_its_status(own, verb, status, at):
    own.load(scenario(Call("look_outside"), Say("At noon.")))
    try:
        with own.under(Schedule(**{verb: at})):
            ask(own.client())
            assert own.runs.last.status == status
            assert at in own.runs.last.timeline
    finally:
        own.load(SAYING)


def test_what_was_meant_for_a_run_that_never_came_is_gone_in_the_next_block(own):
    with own.under(Schedule(cancel="queued")):
        pass
    with own.under(Schedule()):
        assert ask(own.client()) == "At noon."


def test_whatever_the_block_raises_names_the_schedule(own):
    with pytest.raises(LookupError) as caught, own.under(FULL):
        raise LookupError("no such tide")
    assert caught.value.__notes__ == [
        (
            "under the schedule\n"
            '    ns.pace("polls", times=2)\n'
            '    ns.fault("POST", "/threads/*/runs", disconnect=True, before=False, times=1)\n'
            '    ns.together(a, b, "abba")'
        )
    ]


def test_what_the_program_hides_fails_the_block(own):
    own.load({"emulator": 1, "turns": [{"when": {"message": "Where?"}, "steps": [{"say": "Here."}]}]})
    try:
        with pytest.raises(CheckFailedError, match="no scripted turn") as caught, own.under(Schedule()):
            assert ask(own.client()) == "When?"  # the program takes the question for an answer
        assert caught.value.__notes__ == ["under the schedule\n    (nothing is changed)"]
    finally:
        own.load(SAYING)


def test_a_fault_that_never_hits_is_no_failure_of_a_strict_namespace(own):
    own.configure(strict=True)
    try:
        with own.under(Schedule(faults=(LOST,))):
            pass
    finally:
        own.configure(strict=False)


def test_the_block_of_a_program_that_has_to_be_resilient_ends_with_its_verdict(own, monkeypatch):
    def assert_resilient(namespace):
        raise AssertionError(f"{namespace.name} gave up")

    monkeypatch.setattr(type(own), "assert_resilient", assert_resilient, raising=False)
    with pytest.raises(AssertionError, match="tides gave up") as caught, own.under(FULL, resilient=True):
        pass
    assert caught.value.__notes__[0].startswith("under the schedule")
    with own.under(FULL):
        pass


# --- what a sound program survives ------------------------------------------------------------------------------------


def read_stream(threads, thread, assistant):
    """Stream a run as a sound program does: where the stream breaks off or lacks its end, the run is read."""
    run = None
    try:
        for event in threads.runs.create(thread.id, assistant_id=assistant.id, stream=True):
            if event.event.startswith("thread.run.") and event.data.object == "thread.run":
                run = event.data
    except (openai.OpenAIError, ValueError):
        pass  # of a garbled event, the client passes on what the parser says
    if run is None:  # the answer was lost before anything was known
        [run] = threads.runs.list(thread.id).data
    threads.runs.poll(run.id, thread_id=thread.id)
    return threads.messages.list(thread.id, limit=1).data[0].content[0].text.value


@given(schedules(faults=["stream", "delay"], cancel=False, expire=False, paths=["POST /threads/*/runs"]))
@settings(max_examples=60)
def test_a_program_that_reads_its_run_survives_whatever_happens_to_the_stream(own, schedule):
    with own.under(schedule):
        client = own.client()
        assistant = client.beta.assistants.create(model="gpt-4o")
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "When?"}])
        assert read_stream(client.beta.threads, thread, assistant) == "At noon."


@given(schedules(faults=["connection", "status", "delay"], cancel=False, expire=False))
@settings(max_examples=20)
def test_a_client_that_tries_again_survives_what_happens_before_the_work(own, schedule):
    with own.under(schedule):
        assert ask(own.client()) == "At noon."


@pytest.mark.parametrize("schedule", ["polls", None, 3])
def test_what_is_no_schedule_is_refused_before_anything_changes(own, schedule):
    thread = own.client().beta.threads.create()
    with pytest.raises(TypeError, match=r"is no schedule: give one of emulator\.schedules"), own.under(schedule):
        pass
    assert own.threads.list()[-1]["id"] == thread.id


def test_a_schedule_that_the_server_refuses_is_named_and_leaves_nothing_behind(own):
    nowhere = ScheduledFault("GET /nowhere", {"status": 500})
    with (
        pytest.raises(ControlError, match="can never hit") as caught,
        own.under(Schedule(Pace("polls", times=2), faults=(LOST, nowhere))),
    ):
        pass
    assert 'ns.fault("GET", "/nowhere", status=500, times=1)' in caught.value.__notes__[0]
    assert own.faults == []
    assert own.control.ask("GET", "")["pace"]["progression"] == "immediate"


async def test_a_block_may_be_asynchronous(own):
    awaited = AsyncNamespace(own)
    with pytest.raises(LookupError) as caught:
        async with awaited.under(Schedule(Pace("polls"))):
            raise LookupError("no such tide")
    assert caught.value.__notes__ == ['under the schedule\n    ns.pace("polls", times=1)']
