"""Runs that are cancelled or expire at a status, by the control API: those that exist, and the next one."""

from dataclasses import dataclass
from itertools import product

import openai
import pytest

from contract_tests.harness import WEATHER, outputs_of
from emulator import LiveServer, Settings

STATUSES = ("queued", "in_progress", "requires_action")
PACES = [
    {"progression": "immediate"},
    {"progression": "polls", "times": 1},
    {"progression": "time", "seconds": "1s"},
    {"progression": "manual"},
]
PACED = [pytest.param(one, at, id=f"{one['progression']}-{at}") for one, at in product(PACES, STATUSES)]


@dataclass(frozen=True)
class End:
    """A way to end runs: what it is called, and how they have ended then."""

    ns: object
    verb: str
    status: str

    def ask(self, run, at, status=None):
        return self.ns.control("POST", f"/runs/{getattr(run, 'id', run)}/{self.verb}", {"at": at}, status=status)

    def after(self, at):
        """Return the statuses of a run that ends at one of them."""
        before = STATUSES[: STATUSES.index(at) + 1]
        return [*before, "cancelling", self.status] if self.verb == "cancel" else [*before, self.status]


@pytest.fixture
def cancel(ns):
    return End(ns, "cancel", "cancelled")


@pytest.fixture
def expire(ns):
    return End(ns, "expire", "expired")


@pytest.fixture(params=["cancel", "expire"])
def end(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def begin(ns, client, assistant, thread):
    """Return a function that begins a run that calls a function first."""
    ns.play({"call": "look_outside"}, {"say": "Fog."})
    client.beta.assistants.update(assistant.id, tools=[WEATHER])
    return lambda **more: client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, **more)


@pytest.fixture
def submit(client):
    def submit_to(run):
        outputs = outputs_of(run, look_outside="fog")
        return client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)

    return submit_to


def refusal(answer):
    return answer["error"]["message"]


def timeline(ns, run):
    return [change["status"] for change in ns.control("GET", f"/runs/{run.id}")["timeline"]]


@pytest.mark.parametrize("at", STATUSES)
def test_the_next_run_ends_as_soon_as_it_is_in_a_status(ns, begin, poll, end, at):
    assert end.ask("next", at) == {"run": None}
    run = begin()
    assert run.status == "queued"
    assert poll(run).status == end.status
    assert timeline(ns, run) == end.after(at)
    again = begin()
    assert poll(again).status == "requires_action"


@pytest.mark.parametrize("pace,at", PACED)
def test_it_ends_there_whatever_the_pace(begin, poll, end, pace, at):
    ns = end.ns
    ns.put(pace=pace, clock="frozen")
    end.ask("next", at)
    run = begin()
    for _ in range(4):
        poll(run)
        ns.advance("1s")
        ns.control("POST", f"/runs/{run.id}/step", {})
    assert timeline(ns, run) == end.after(at)


def test_outputs_come_too_late_for_a_run_that_ended_while_its_client_worked(begin, poll, submit, end):
    run = poll(begin())
    assert run.status == "requires_action"
    end.ask(run, "requires_action")  # where it is already
    with pytest.raises(openai.BadRequestError, match=f'Runs in status "{end.status}" do not accept tool outputs'):
        submit(run)


@pytest.mark.parametrize("at", ["queued", "in_progress"])
def test_a_run_ends_at_a_status_that_comes_again_after_its_outputs(begin, poll, submit, end, at):
    run = poll(begin())
    assert end.ask(run, at)["run"]["status"] == "requires_action"
    submit(run)
    assert poll(run).status == end.status
    assert timeline(end.ns, run) == [*STATUSES, *end.after(at)]


def test_a_stream_shows_the_status_and_then_the_end(begin, poll, cancel, expire):
    cancel.ask("next", "in_progress")
    with begin(stream=True) as stream:
        seen = [event.event.removeprefix("thread.run.") for event in stream]
    assert seen == ["created", "queued", "in_progress", "cancelling", "cancelled"]
    expire.ask("next", "requires_action")
    with begin(stream=True) as stream:
        run = next(event.data for event in stream if event.event == "thread.run.requires_action")
    assert poll(run).status == "expired"


def test_what_is_open_ends_with_the_run(client, begin, poll, end):
    end.ask("next", "requires_action")
    run = poll(begin())
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id)
    assert [one.status for one in steps] == [end.status]
    assert run.required_action is None


def test_the_last_end_at_a_status_counts_and_the_first_status_that_comes(ns, begin, poll, cancel, expire):
    cancel.ask("next", "in_progress")
    expire.ask("next", "in_progress")
    cancel.ask("next", "requires_action")
    run = poll(begin())
    assert run.status == "expired"
    cancel.ask("next", "requires_action")
    ns.play({"say": "Fog."})
    assert poll(begin()).status == "completed"


def test_an_end_comes_before_a_hold_at_its_status(ns, start, poll, cancel):
    ns.control("POST", "/runs/next/hold", {"at": "queued"})
    cancel.ask("next", "in_progress")
    run = start()
    assert poll(run).status == "queued"
    ns.control("POST", f"/runs/{run.id}/hold", {"at": "in_progress"})
    ns.control("POST", f"/runs/{run.id}/release", {"at": "queued"})
    assert poll(run).status == "cancelled"


def test_a_run_that_is_being_cancelled_at_a_status_can_be_held_in_it(ns, start, poll, cancel):
    cancel.ask("next", "queued")
    ns.control("POST", "/runs/next/hold", {"at": "cancelling"})
    run = start()
    assert poll(run).status == "cancelling"
    ns.control("POST", f"/runs/{run.id}/release", {"at": "cancelling"})
    assert poll(run).status == "cancelled"


@pytest.mark.parametrize(
    "at,why",
    [
        ("completed", "a run that is completed is over"),
        ("cancelling", "a run that is cancelling ends as cancelled"),
        ("in-progress", "there is no status 'in-progress', did you mean in_progress?"),
        ("", "there is no status ''"),
    ],
)
def test_a_status_at_which_no_run_can_end_is_refused_with_the_reason(begin, poll, end, at, why):
    run = begin()
    for refused in (end.ask(run, at, 400), end.ask("next", at, 400)):
        assert why in refusal(refused)
        assert refusal(refused).endswith(
            "; a run can be cancelled, and expire, at queued, in_progress and requires_action."
        )
        assert refused["error"]["param"] == "at"
    assert poll(run).status == "requires_action"


def test_the_next_run_ends_at_a_status_or_not_at_all(ns, end):
    for body in (None, {}, {"at": None}):
        refused = ns.control("POST", f"/runs/next/{end.verb}", body, status=400)
        assert "the next run does not exist yet: say in which status it is to end" in refusal(refused)


def test_a_run_that_is_over_does_not_end_again_at_a_status(ns, start, poll, end):
    run = start()
    assert poll(run).status == "completed"
    assert "completed" in refusal(end.ask(run, "in_progress", 400))
    end.ask("run_unknown", "in_progress", 404)
    ns.play({"hold": "gate"})
    run = start()
    ns.control("POST", f"/runs/{run.id}/hold", {"at": "cancelling"})
    ns.control("POST", f"/runs/{run.id}/cancel")
    assert "cancelling" in refusal(end.ask(run, "requires_action", 400))


def test_an_end_of_the_next_run_may_come_before_anything_else_in_a_namespace(server, http):
    url = f"{server.url}/_emulator/ns/ended-before-anything"
    assert http.post(f"{url}/runs/next/expire", json={"at": "queued"}).status_code == 200
    assert http.get(url).status_code == 200
    http.delete(url)


def test_a_reset_forgets_how_the_next_run_was_to_end(ns, client, cancel):
    cancel.ask("next", "queued")
    ns.control("POST", "/reset")
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
    run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "completed"


def test_a_snapshot_knows_what_is_asked_of_the_next_run(ns, client, assistant, expire):
    expire.ask("next", "in_progress")
    ns.control("POST", "/runs/next/hold", {"at": "queued"})
    ns.control("POST", "/snapshots", {"name": "asked"})

    def begun():
        run = client.beta.threads.create_and_run(assistant_id=assistant.id)
        found = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        return found.status

    assert [begun(), begun()] == ["queued", "completed"]
    ns.control("POST", "/snapshots/asked/restore")
    assert [begun(), begun()] == ["queued", "completed"]


def test_a_run_that_ends_at_a_status_is_raced_by_nobody(ns, client, thread, begin, end):
    end.ask("next", "in_progress")
    begin()
    client.beta.threads.messages.create(thread.id, role="user", content="And now?")
    # The program was never shown that its run expired; of one that was cancelled it need not be.
    assert [hint["kind"] for hint in ns.report()["hints"]] == {"cancel": [], "expire": ["status_never_shown"]}[end.verb]


def test_scheduled_ends_outlast_a_restart(tmp_path, http, end):
    settings = Settings(db=tmp_path / "ended.db")
    client = openai.OpenAI(base_url="http://unused", api_key="sk-emu-ended", max_retries=0)

    def at(server):
        return client.with_options(base_url=server.base_url), f"{server.control_url}/ns/ended/runs"

    with LiveServer(settings) as server:
        _, control = at(server)
        http.post(f"{control}/next/hold", json={"at": "queued"}).raise_for_status()
        http.post(f"{control}/next/{end.verb}", json={"at": "in_progress"}).raise_for_status()
    with LiveServer(settings) as server:
        api, control = at(server)
        assistant = api.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
        run = api.beta.threads.create_and_run(assistant_id=assistant.id)
        assert api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "queued"
    with LiveServer(settings) as server:
        api, control = at(server)
        released = http.post(f"{control}/{run.id}/release", json={"at": "queued"})
        assert released.json()["run"]["status"] == end.status
        assert api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == end.status
    client.close()


async def test_both_python_faces_end_runs_at_a_status(server, ns):
    own = server.namespace(ns.name)
    own.load({"emulator": 1, "turns": [{"steps": [{"hold": "gate"}]}]})
    client = own.client()
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
    assert own.cancel("next", at="in_progress") is None
    run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    assert own.runs.get(run.id).status == "cancelled"
    either = server.async_namespace(own.name)
    assert await either.expire("next", at="queued") is None
    run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    assert (await either.runs.get(run.id)).status == "expired"
    run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    assert own.expire(run, at="requires_action").status == "in_progress"
