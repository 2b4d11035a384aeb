"""Recorded threads, played again over the API: a thread takes a chain and stays in it, whatever happens meanwhile."""

import json

import openai
import pytest

from contract_tests.harness import Namespace
from emulator import LiveServer, Settings
from emulator.control.limits import MOST_ASSET_BYTES, MOST_SCRIPT_BYTES

FIRST, SECOND, THIRD = "I want my money back.", "It was broken.", "Thank you."
REFUND = """emulator: 1
name: refund
turns:
- {name: one, chain: refund, when: {message: I want my money back.}, steps: [{say: Why?}]}
- {name: two, chain: refund, when: {message: It was broken.}, steps: [{say: I see.}, {hold: gate}, {say: "Here you are."}]}
- {name: three, chain: refund, when: {message: Thank you.}, uses: {min: 1}, steps: [{say: Bye.}]}
- {name: again, chain: second, when: {message: I want my money back.}, steps: [{say: And you?}]}
"""


class Talk:
    """Conversations with one assistant."""

    def __init__(self, client, ns):
        self.client, self.ns = client, ns
        self.assistant = client.beta.assistants.create(model="gpt-4o")

    def thread(self):
        return self.client.beta.threads.create().id

    def ask(self, thread, message):
        """Return the texts of the run that answers a message; its status where it does not answer."""
        threads = self.client.beta.threads
        threads.messages.create(thread, role="user", content=message)
        run = threads.runs.create(thread, assistant_id=self.assistant.id)
        run = threads.runs.retrieve(run.id, thread_id=thread)
        while run.status == "in_progress":
            self.ns.release(run.id, "gate")
            run = threads.runs.retrieve(run.id, thread_id=thread)
        texts = [one.content[0].text.value for one in threads.messages.list(thread, run_id=run.id, order="asc")]
        return texts or run.status

    def drift(self):
        return [(line["kind"], line["turn"]) for line in self.ns.report()["drift"]]


@pytest.fixture
def talk(ns, client):
    ns.load(REFUND)
    return Talk(client, ns)


def test_threads_play_the_chains_that_they_have_taken(talk):
    first, second = talk.thread(), talk.thread()
    assert talk.ask(first, FIRST) == ["Why?"]
    assert talk.ask(second, FIRST) == ["And you?"]
    assert talk.ask(first, SECOND) == ["I see.", "Here you are."]
    assert talk.ask(first, THIRD) == ["Bye."]
    assert talk.drift() == []
    turns = talk.ns.control("GET", "/scripts")["turns"]
    assert [(turn["name"], turn["chain"], turn["used"]) for turn in turns] == [
        ("one", "refund", 1), ("two", "refund", 1), ("three", "refund", 1), ("again", "second", 1)
    ]  # fmt: skip
    assert talk.ns.report()["unused"] == []


def test_drift_is_reported_once_with_the_run_that_drifts(talk):
    thread = talk.thread()
    assert talk.ask(thread, "I want my money back!") == ["Why?"]
    assert talk.ask(thread, THIRD) == ["Bye."]
    message, order = talk.ns.report()["drift"]
    assert message == {
        "run": message["run"], "kind": "message", "path": "$", "recorded": FIRST, "got": "I want my money back!",
        "turn": "one", "place": "script.yaml:4: turns[0]", "strict": False, "change": "changed",
    }  # fmt: skip
    assert (order["kind"], order["turn"], order["run"] != message["run"]) == ("order", "three", True)


def test_turns_that_were_not_played_are_reported_until_they_are(talk):
    thread = talk.thread()
    talk.ask(thread, FIRST)
    (line,) = talk.ns.report()["drift"]
    assert (line["kind"], line["turn"], line["run"]) == ("order", "two", "")
    assert thread in line["got"]
    talk.ask(thread, SECOND)
    assert talk.drift() == [("order", "three")]
    talk.ask(thread, THIRD)
    assert talk.drift() == []


def test_an_extra_run_is_unmatched_and_reported_as_drift_too(talk):
    thread = talk.thread()
    talk.ask(thread, FIRST)
    assert talk.ask(thread, "What is the weather like?") == "failed"
    report = talk.ns.report()
    assert [line["near"][0]["turn"] for line in report["unmatched"]] == ["two"]
    assert ("order", "two") in talk.drift()
    assert talk.ask(thread, SECOND) == ["I see.", "Here you are."]


def test_a_refused_run_leaves_its_drift_in_the_report(talk, client, ns):
    ns.load(REFUND.replace("name: refund", "name: refund\nunmatched: http_error"))
    thread = talk.thread()
    talk.ask(thread, FIRST)
    with pytest.raises(openai.InternalServerError):
        talk.ask(thread, "What is the weather like?")
    assert [line["got"] for line in ns.report()["drift"] if line["run"]] == ['another run: "What is the weather like?"']


def test_a_copy_of_a_thread_goes_on_from_where_it_was_copied(talk):
    thread = talk.thread()
    for message in (FIRST, SECOND, THIRD):
        talk.ask(thread, message)
    messages = [one.id for one in talk.client.beta.threads.messages.list(thread, order="asc")]
    early = talk.ns.control("POST", f"/threads/{thread}/fork", {"at": messages[1]})["thread"]["id"]
    whole = talk.ns.control("POST", f"/threads/{thread}/fork")["thread"]["id"]
    assert talk.ask(early, SECOND) == ["I see.", "Here you are."]
    assert talk.ask(early, THIRD) == ["Bye."]
    assert talk.drift() == []
    assert talk.ask(whole, THIRD) == ["Bye."]
    assert talk.drift() == [("order", "three")]


def test_a_snapshot_keeps_which_chains_are_taken(talk):
    thread = talk.thread()
    talk.ask(thread, FIRST)
    talk.ns.control("POST", "/snapshots", {"name": "before"}, status=201)
    talk.ask(thread, SECOND)
    talk.ns.control("POST", "/snapshots/before/restore")
    assert talk.ask(thread, SECOND) == ["I see.", "Here you are."]
    assert talk.ask(talk.thread(), FIRST) == ["And you?"]


def test_a_reset_frees_all_chains(talk, client, ns):
    talk.ask(talk.thread(), FIRST)
    ns.control("POST", "/reset")
    talk = Talk(client, ns)
    assert talk.ask(talk.thread(), FIRST) == ["Why?"]
    assert talk.drift() == [("order", "two")]


def test_scripts_that_are_added_again_leave_threads_where_they_are(talk, ns):
    thread = talk.thread()
    talk.ask(thread, FIRST)
    ns.http.post(f"{ns.control_url}/scripts", content=REFUND.replace("I see.", "I do see.").encode()).raise_for_status()
    assert talk.ask(thread, SECOND)[0] == "I do see."
    assert talk.ask(talk.thread(), FIRST) == ["And you?"]


def test_scripts_that_are_put_again_free_all_chains(talk, ns):
    thread = talk.thread()
    talk.ask(thread, FIRST)
    ns.load(REFUND)
    assert talk.ask(thread, SECOND)[0] == "I see."
    assert talk.ask(talk.thread(), FIRST) == ["Why?"]
    assert {turn["name"]: turn["used"] for turn in ns.control("GET", "/scripts")["turns"]}["one"] == 1


def test_a_thread_of_the_fixtures_goes_on_in_its_chain(client, ns):
    ns.load(
        f"{REFUND}chains: {{refund: {{thread: old}}}}\n"
        "fixtures:\n"
        "  assistants: {boss: {id: asst_1, model: gpt-4o}}\n"
        "  threads:\n"
        "    old:\n"
        "      id: thread_old\n"
        "      runs: {first: {assistant: boss, created_at: -1h}}\n"
        "      messages: [{content: I want my money back.}, {role: assistant, content: Why?, run: first}]\n"
    )
    talk = Talk(client, ns)
    assert talk.ask("thread_old", SECOND) == ["I see.", "Here you are."]
    assert talk.ask("thread_old", THIRD) == ["Bye."]
    assert talk.drift() == []
    assert talk.ask(talk.thread(), FIRST) == ["Why?"]


def test_which_turn_would_be_played_is_told_of_chains_too(talk, ns):
    thread = talk.thread()
    found = ns.control("POST", "/scripts/match", {"message": FIRST})
    assert (found["turn"], found["place"]["line"]) == ("one", 4)
    talk.ask(thread, FIRST)
    found = ns.control("POST", "/scripts/match", {"thread": thread, "message": SECOND})
    assert (found["turn"], found["turns"][0]["matches"]) == ("two", True)
    found = ns.control("POST", "/scripts/match", {"thread": thread, "message": "Hm?"})
    assert (found["turn"], found["turns"][0]["turn"], found["turns"][0]["field"]) == (None, "two", "message")


def test_a_run_goes_on_in_its_chain_after_a_restart(tmp_path, http):
    settings, transport = Settings(db=tmp_path / "chains.db"), openai.DefaultHttpxClient(trust_env=False)

    def serve():
        server = LiveServer(settings).start()
        ns = Namespace("stored", server.url, http)
        return server, ns, openai.OpenAI(api_key="sk-x", base_url=ns.base_url, http_client=transport)

    server, ns, client = serve()
    ns.put(clock="auto")
    ns.load(REFUND)
    talk = Talk(client, ns)
    thread = talk.thread()
    talk.ask(thread, "I want my money back!")
    client.beta.threads.messages.create(thread, role="user", content=SECOND)
    run = client.beta.threads.runs.create(thread, assistant_id=talk.assistant.id)
    server.stop()
    server, ns, client = serve()
    run = client.beta.threads.runs.retrieve(run.id, thread_id=thread)
    assert run.status == "in_progress"
    ns.release(run.id, "gate")
    assert client.beta.threads.runs.retrieve(run.id, thread_id=thread).status == "completed"
    talk.client, talk.ns = client, ns
    assert talk.drift() == [("message", "one"), ("order", "three")]  # the first once, as before
    assert talk.ask(thread, THIRD) == ["Bye."]
    server.stop()
    transport.close()


RECORDED = "emulator: 1\nrecording: {wire: 2024-05-02}\nturns: [{chain: a, steps: [{say: Hi.}]}]\n"


def test_the_day_of_a_recording_counts_where_nobody_gave_another(ns):
    ns.load(RECORDED)
    assert ns.control("GET")["wire"] == "2024-05-02"
    ns.load(RECORDED.replace("05-02", "06-03"))
    assert ns.control("GET")["wire"] == "2024-06-03"
    ns.load(RECORDED.replace("emulator: 1", "emulator: 1\nwire: 2025-01-01"))
    assert ns.control("GET")["wire"] == "2025-01-01"


@pytest.mark.parametrize("day", ["2025-03-14", "2026-08-25"])
def test_a_day_that_was_asked_for_stays(ns, day):
    ns.put(wire=day)
    ns.load(RECORDED)
    assert ns.control("GET")["wire"] == day


def put_file(ns, scenario, turns, **query):
    files = {"script": ("long.yaml", scenario), "turns": ("long.turns.jsonl", turns)}
    return ns.http.put(f"{ns.control_url}/scripts", files=files, params=query)


LONG = "emulator: 1\nname: long\nturns: {file: long.turns.jsonl}\n"


def lines(number):
    turns = (
        {"name": f"t{n}", "chain": f"c{n}", "when": {"message": f"Question {n}"}, "steps": [{"say": f"Answer {n}"}]}
        for n in range(number)
    )
    return "".join(f"{json.dumps(turn)}\n" for turn in turns)


def test_turns_of_a_file_come_over_the_control_api_and_are_listed_in_pages(ns, client):
    state = put_file(ns, LONG, lines(2_500)).json()
    assert (state["turn_count"], len(state["turns"]), state["turns"][0]["name"]) == (2_500, 1_000, "t0")
    talk = Talk(client, ns)
    assert talk.ask(talk.thread(), "Question 2345") == ["Answer 2345"]
    page = ns.control("GET", "/scripts?after=2344&limit=2")["turns"]
    assert [(turn["name"], turn["used"]) for turn in page] == [("t2344", 0), ("t2345", 1)]
    assert talk.drift() == []
    ns.control("GET", "/scripts?limit=1001", status=400)
    found = ns.control("POST", "/scripts/match", {"message": "Question 17"})
    assert found["place"] == {"file": "long.turns.jsonl", "line": 18, "path": "turn"}


def test_a_mistake_in_a_file_of_turns_changes_nothing(ns):
    ns.load(REFUND)
    response = put_file(ns, LONG, lines(2) + '{"chain": "x"}\n')
    assert response.status_code == 400
    assert response.json()["error"]["problems"] == ["long.turns.jsonl:3: steps: is missing"]
    assert ns.control("GET", "/scripts")["sources"][0]["text"] == REFUND


def test_a_file_of_turns_may_be_larger_than_a_script(ns):
    turns = lines(3) + " " * MOST_SCRIPT_BYTES + "\n"
    assert put_file(ns, LONG, turns).json()["turn_count"] == 3
    assert put_file(ns, LONG, turns + " " * (MOST_ASSET_BYTES - MOST_SCRIPT_BYTES)).status_code == 413
