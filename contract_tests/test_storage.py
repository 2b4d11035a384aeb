"""A server on a file, stopped and started again: what was there is there, and what waited goes on."""

import openai
import pytest

from contract_tests.harness import NOON, NOON_SECONDS, WEATHER, Namespace, outputs_of, scenario
from emulator import LiveServer, Settings


class House:
    """A database file, and whichever server serves it now."""

    def __init__(self, db, http):
        self.db = db
        self.http = http
        self.transport = openai.DefaultHttpxClient(trust_env=False)
        self.server = None
        self.restart()

    def restart(self):
        self.stop()
        self.server = LiveServer(Settings(db=self.db)).start()
        self.ns = Namespace("kept", self.server.url, self.http)
        self.client = openai.OpenAI(api_key="sk-x", base_url=self.ns.base_url, http_client=self.transport)

    def stop(self):
        if self.server is not None:
            self.server.stop()

    @property
    def threads(self):
        return self.client.beta.threads

    def begin(self, *steps, **header):
        """Begin a run that plays these steps."""
        self.ns.load(scenario(*steps, **header))
        boss = self.client.beta.assistants.create(model="gpt-4o", instructions="x", tools=[WEATHER])
        thread = {"messages": [{"role": "user", "content": "Sky?"}]}
        return self.poll(self.threads.create_and_run(assistant_id=boss.id, thread=thread))

    def poll(self, run):
        return self.threads.runs.retrieve(run.id, thread_id=run.thread_id)

    def texts(self, run):
        page = self.threads.messages.list(run.thread_id, run_id=run.id, order="asc")
        return [message.content[0].text.value for message in page.data]


@pytest.fixture
def house(tmp_path, http):
    made = House(tmp_path / "emulator.db", http)
    made.ns.put(clock=NOON)
    yield made
    made.stop()
    made.transport.close()


def test_objects_survive(house):
    run = house.begin({"code": "1", "logs": "1"}, {"say": "Clear."})
    boss = house.client.beta.assistants.retrieve(run.assistant_id)
    steps = house.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    messages = house.threads.messages.list(run.thread_id).data
    house.restart()
    assert house.client.beta.assistants.retrieve(boss.id) == boss
    assert house.poll(run) == run
    assert house.threads.runs.steps.list(run.id, thread_id=run.thread_id).data == steps
    assert house.threads.messages.list(run.thread_id).data == messages


def test_ids_go_on_where_they_were(house):
    before = [house.threads.create().id for _ in range(3)]
    house.restart()
    after = [house.threads.create().id for _ in range(3)]
    assert len({*before, *after}) == 6


def test_a_run_that_waits_for_outputs_goes_on(house):
    run = house.begin({"say": "Let me look."}, {"call": "look_outside"}, {"say": "{{ outputs.look_outside }}!"})
    assert run.status == "requires_action"
    house.restart()
    assert house.poll(run) == run
    with pytest.raises(openai.BadRequestError, match="already has an active run"):
        house.threads.runs.create(run.thread_id, assistant_id=run.assistant_id)
    house.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    assert house.poll(run).status == "completed"
    assert house.texts(run) == ["Let me look.", "fog!"]


def test_a_run_goes_on_after_every_one_of_several_stops(house):
    run = house.begin(
        {"call": "look_outside"}, {"hold": "door"}, {"call": "look_outside", "as": "again"}, {"wait": "5s"},
        {"say": "{{ outputs.look_outside }} {{ outputs.again }}"},
    )  # fmt: skip
    house.restart()
    house.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="first")
    )
    assert house.poll(run).status == "in_progress"
    house.restart()
    assert house.poll(run).status == "in_progress"
    run = type(run).model_validate(house.ns.release(run.id, "door"))
    house.restart()
    house.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="second")
    )
    assert house.poll(run).status == "in_progress"
    house.restart()
    house.ns.advance("5s")
    assert house.poll(run).status == "completed"
    assert house.texts(run) == ["first second"]


def test_a_run_that_waits_for_the_clock_goes_on(house):
    run = house.begin({"wait": "30s"}, {"say": "late"})
    house.ns.advance("10s")
    house.restart()
    assert house.ns.control("GET", "/clock") == {"mode": "frozen", "now": NOON_SECONDS + 10}
    house.ns.advance("19s")
    assert house.poll(run).status == "in_progress"
    house.ns.advance("1s")
    run = house.poll(run)
    assert (run.status, run.completed_at) == ("completed", NOON_SECONDS + 30)


def test_a_run_that_waits_can_still_expire(house):
    run = house.begin({"call": "look_outside"})
    house.ns.advance("5m")
    house.restart()
    assert [one["event"] for one in house.ns.advance("5m")] == ["thread.run.step.expired", "thread.run.expired"]
    assert house.poll(run).status == "expired"


def test_a_run_that_waits_can_still_be_cancelled(house):
    run = house.begin({"call": "look_outside"})
    house.restart()
    house.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert house.poll(run).status == "cancelled"


def test_what_a_script_remembers_survives(house):
    house.ns.load(
        """
        emulator: 1
        scope: namespace
        states: [new, known]
        turns:
          - {name: hello, uses: 1, steps: [{say: "Hello."}, {set: {mood: merry}}], goto: known}
          - {name: again, when: {state: known}, steps: [{say: "Again, {{ vars.mood }}."}]}
        """
    )
    boss = house.client.beta.assistants.create(model="gpt-4o", instructions="x")
    first = house.threads.create_and_run_poll(assistant_id=boss.id)
    house.restart()
    second = house.threads.create_and_run_poll(assistant_id=boss.id)
    assert (house.texts(first), house.texts(second)) == (["Hello."], ["Again, merry."])
    assert [turn["used"] for turn in house.ns.control("GET", "/scripts")["turns"]] == [1, 1]


def test_a_waiting_run_keeps_its_script_over_a_restart_though_another_was_put(house):
    run = house.begin({"hold": "door"}, {"say": "old"})
    house.ns.plays({"say": "new"})
    house.restart()
    house.ns.release(run.id, "door")
    assert house.texts(run) == ["old"]


def test_set_up_and_report_survive(house):
    house.ns.put(seed=9, models=["only-this"], wire="2025-03-14")
    house.ns.plays({"say": "{{ outputs.nothing }}"})
    boss = house.client.beta.assistants.create(model="only-this", instructions="x")
    house.threads.create_and_run_poll(assistant_id=boss.id)
    before = house.ns.report()
    assert before["script"]
    house.restart()
    assert house.ns.report() == before
    about = house.ns.control("GET")
    assert (about["seed"], about["models"], about["wire"]) == (9, ["only-this"], "2025-03-14")


def test_a_deleted_namespace_stays_deleted(house):
    thread = house.threads.create()
    house.ns.control("DELETE")
    house.restart()
    with pytest.raises(openai.NotFoundError):
        house.threads.retrieve(thread.id)


def test_a_stream_that_was_open_ends_and_its_run_goes_on(house):
    house.ns.load(scenario({"say": "one"}, {"wait": "1m"}, {"say": "two"}))
    boss = house.client.beta.assistants.create(model="gpt-4o", instructions="x")
    stream = house.threads.create_and_run(assistant_id=boss.id, stream=True)
    run = next(event.data for event in stream if event.event == "thread.run.in_progress")
    house.restart()
    list(stream)
    assert house.poll(run).status == "in_progress"
    house.ns.advance("1m")
    assert house.texts(house.poll(run)) == ["one", "two"]
