"""A server with a database file, restarted: stored objects are still there, and waiting runs resume."""

import openai
import pytest

from contract_tests.harness import NOON, NOON_SECONDS, WEATHER, Namespace, outputs_of, scenario
from emulator import LiveServer, Settings


class StoredServer:
    """A database file, and the server that currently uses it."""

    def __init__(self, db, http):
        self.db = db
        self.http = http
        self.transport = openai.DefaultHttpxClient(trust_env=False)
        self.server = None
        self.restart()

    def restart(self):
        self.stop()
        self.server = LiveServer(Settings(db=self.db)).start()
        self.ns = Namespace("stored", self.server.url, self.http)
        self.client = openai.OpenAI(api_key="sk-x", base_url=self.ns.base_url, http_client=self.transport)

    def stop(self):
        if self.server is not None:
            self.server.stop()

    @property
    def threads(self):
        return self.client.beta.threads

    def start_run(self, *steps, **header):
        """Start a run that plays these steps."""
        self.ns.load(scenario(*steps, **header))
        assistant = self.client.beta.assistants.create(model="gpt-4o", instructions="x", tools=[WEATHER])
        thread = {"messages": [{"role": "user", "content": "Sky?"}]}
        return self.poll(self.threads.create_and_run(assistant_id=assistant.id, thread=thread))

    def poll(self, run):
        return self.threads.runs.retrieve(run.id, thread_id=run.thread_id)

    def texts(self, run):
        page = self.threads.messages.list(run.thread_id, run_id=run.id, order="asc")
        return [message.content[0].text.value for message in page.data]


@pytest.fixture
def stored_server(tmp_path, http):
    stored_server = StoredServer(tmp_path / "emulator.db", http)
    stored_server.ns.put(clock=NOON)
    yield stored_server
    stored_server.stop()
    stored_server.transport.close()


def test_objects_survive_a_restart(stored_server):
    run = stored_server.start_run({"code": "1", "logs": "1"}, {"say": "Clear."})
    assistant = stored_server.client.beta.assistants.retrieve(run.assistant_id)
    steps = stored_server.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    messages = stored_server.threads.messages.list(run.thread_id).data
    stored_server.restart()
    assert stored_server.client.beta.assistants.retrieve(assistant.id) == assistant
    assert stored_server.poll(run) == run
    assert stored_server.threads.runs.steps.list(run.id, thread_id=run.thread_id).data == steps
    assert stored_server.threads.messages.list(run.thread_id).data == messages


def test_a_run_begun_on_azure_names_its_files_so_after_a_restart(stored_server):
    def ask(method, path, body=None):
        url = f"{stored_server.ns.url}/ns/stored/openai{path}"
        response = stored_server.http.request(method, url, json=body, headers={"api-key": "k"})
        assert response.status_code == 200, response.text
        return response.json()

    image = "data:image/png;base64,iVBORw0KGgo="
    stored_server.ns.load(scenario({"hold": "noon"}, {"code": "draw()", "images": [image]}))
    assistant = ask("POST", "/assistants", {"model": "gpt-4o", "instructions": "x"})["id"]
    run = ask("POST", "/threads/runs", {"assistant_id": assistant})
    stored_server.restart()
    stored_server.ns.release(run["id"], "noon")
    (step,) = ask("GET", f"/threads/{run['thread_id']}/runs/{run['id']}/steps")["data"]
    (output,) = step["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"]
    assert output["image"]["file_id"].startswith("assistant-")


def test_ids_do_not_repeat_after_a_restart(stored_server):
    before = [stored_server.threads.create().id for _ in range(3)]
    stored_server.restart()
    after = [stored_server.threads.create().id for _ in range(3)]
    assert len({*before, *after}) == 6


def test_a_run_that_waits_for_outputs_resumes_after_a_restart(stored_server):
    run = stored_server.start_run(
        {"say": "Let me look."}, {"call": "look_outside"}, {"say": "{{ outputs.look_outside }}!"}
    )
    assert run.status == "requires_action"
    stored_server.restart()
    assert stored_server.poll(run) == run
    with pytest.raises(openai.BadRequestError, match="already has an active run"):
        stored_server.threads.runs.create(run.thread_id, assistant_id=run.assistant_id)
    stored_server.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    assert stored_server.poll(run).status == "completed"
    assert stored_server.texts(run) == ["Let me look.", "fog!"]


def test_a_run_resumes_after_each_of_several_restarts(stored_server):
    run = stored_server.start_run(
        {"call": "look_outside"}, {"hold": "gate"}, {"call": "look_outside", "as": "again"}, {"wait": "5s"},
        {"say": "{{ outputs.look_outside }} {{ outputs.again }}"},
    )  # fmt: skip
    stored_server.restart()
    stored_server.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="first")
    )
    assert stored_server.poll(run).status == "in_progress"
    stored_server.restart()
    assert stored_server.poll(run).status == "in_progress"
    run = type(run).model_validate(stored_server.ns.release(run.id, "gate"))
    stored_server.restart()
    stored_server.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="second")
    )
    assert stored_server.poll(run).status == "in_progress"
    stored_server.restart()
    stored_server.ns.advance("5s")
    assert stored_server.poll(run).status == "completed"
    assert stored_server.texts(run) == ["first second"]


def test_a_run_that_waits_for_the_clock_resumes_after_a_restart(stored_server):
    run = stored_server.start_run({"wait": "30s"}, {"say": "late"})
    stored_server.ns.advance("10s")
    stored_server.restart()
    assert stored_server.ns.control("GET", "/clock") == {"mode": "frozen", "now": NOON_SECONDS + 10}
    stored_server.ns.advance("19s")
    assert stored_server.poll(run).status == "in_progress"
    stored_server.ns.advance("1s")
    run = stored_server.poll(run)
    assert (run.status, run.completed_at) == ("completed", NOON_SECONDS + 30)


def test_a_waiting_run_can_still_expire_after_a_restart(stored_server):
    run = stored_server.start_run({"call": "look_outside"})
    stored_server.ns.advance("5m")
    stored_server.restart()
    assert [one["event"] for one in stored_server.ns.advance("5m")] == ["thread.run.step.expired", "thread.run.expired"]
    assert stored_server.poll(run).status == "expired"


def test_a_waiting_run_can_still_be_cancelled_after_a_restart(stored_server):
    run = stored_server.start_run({"call": "look_outside"})
    stored_server.restart()
    stored_server.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert stored_server.poll(run).status == "cancelled"


def test_variables_and_used_turns_survive_a_restart(stored_server):
    stored_server.ns.load(
        """
        emulator: 1
        scope: namespace
        states: [new, known]
        turns:
          - {name: hello, uses: 1, steps: [{say: "Hello."}, {set: {mood: merry}}], goto: known}
          - {name: again, when: {state: known}, steps: [{say: "Again, {{ vars.mood }}."}]}
        """
    )
    assistant = stored_server.client.beta.assistants.create(model="gpt-4o", instructions="x")
    first = stored_server.threads.create_and_run_poll(assistant_id=assistant.id)
    stored_server.restart()
    second = stored_server.threads.create_and_run_poll(assistant_id=assistant.id)
    assert (stored_server.texts(first), stored_server.texts(second)) == (["Hello."], ["Again, merry."])
    assert [turn["used"] for turn in stored_server.ns.control("GET", "/scripts")["turns"]] == [1, 1]


def test_a_waiting_run_keeps_its_script_over_a_restart_even_if_another_was_loaded(stored_server):
    run = stored_server.start_run({"hold": "gate"}, {"say": "old"})
    stored_server.ns.play({"say": "new"})
    stored_server.restart()
    stored_server.ns.release(run.id, "gate")
    assert stored_server.texts(run) == ["old"]


def test_settings_and_report_survive(stored_server):
    stored_server.ns.put(seed=9, models=["only-this"], wire="2025-03-14")
    stored_server.ns.play({"say": "{{ outputs.nothing }}"})
    assistant = stored_server.client.beta.assistants.create(model="only-this", instructions="x")
    stored_server.threads.create_and_run_poll(assistant_id=assistant.id)
    before = stored_server.ns.report()
    assert before["script"]
    stored_server.restart()
    assert stored_server.ns.report() == before
    settings = stored_server.ns.control("GET")
    assert (settings["seed"], settings["models"], settings["wire"]) == (9, ["only-this"], "2025-03-14")


def test_a_deleted_namespace_stays_deleted(stored_server):
    thread = stored_server.threads.create()
    stored_server.ns.control("DELETE")
    stored_server.restart()
    with pytest.raises(openai.NotFoundError):
        stored_server.threads.retrieve(thread.id)


def test_an_open_stream_ends_and_its_run_resumes(stored_server):
    stored_server.ns.load(scenario({"say": "one"}, {"wait": "1m"}, {"say": "two"}))
    assistant = stored_server.client.beta.assistants.create(model="gpt-4o", instructions="x")
    stream = stored_server.threads.create_and_run(assistant_id=assistant.id, stream=True)
    run = next(event.data for event in stream if event.event == "thread.run.in_progress")
    stored_server.restart()
    list(stream)
    assert stored_server.poll(run).status == "in_progress"
    stored_server.ns.advance("1m")
    assert stored_server.texts(stored_server.poll(run)) == ["one", "two"]
