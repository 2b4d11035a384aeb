"""Namespaces beside each other: how a request names one, and that nothing leaks from one to the next."""

import httpx
import openai
import pytest

from contract_tests.harness import NOON, NOON_SECONDS, WEATHER, Namespace

HEADERS = {"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer anything"}


@pytest.fixture
def other(ns):
    space = Namespace(f"{ns.name[:58]}-other", ns.url, ns.http)
    space.put(clock="auto")
    yield space
    space.control("DELETE")


def make(ns, **more):
    answer = ns.http.post(more.pop("url", f"{ns.base_url}/threads"), json={}, headers={**HEADERS, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def has(ns, thread_id):
    return ns.http.get(f"{ns.base_url}/threads/{thread_id}", headers=HEADERS).status_code == 200


def test_a_path_a_header_or_a_key_names_the_namespace(ns):
    plain = f"{ns.url}/v1/threads"
    assert has(ns, make(ns))
    assert has(ns, make(ns, url=plain, **{"X-Emulator-Namespace": ns.name}))
    assert has(ns, make(ns, url=plain, Authorization=f"Bearer {ns.key}"))
    assert has(ns, make(ns, url=plain, **{"api-key": ns.key, "Authorization": ""}))


def test_the_path_wins_over_the_header_and_that_over_the_key(ns, other):
    nobody = "Bearer sk-emu-third"
    made = make(ns, **{"X-Emulator-Namespace": other.name, "Authorization": nobody})
    assert (has(ns, made), has(other, made)) == (True, False)
    made = make(ns, url=f"{ns.url}/v1/threads", **{"X-Emulator-Namespace": other.name, "Authorization": nobody})
    assert (has(ns, made), has(other, made)) == (False, True)


def test_every_mount_works_in_a_namespace(ns):
    base = f"{ns.url}/ns/{ns.name}"
    for mount in ("/v1", "/openai", "/openai/v1", "/openai/deployments/gpt-4o", "/api/projects/p"):
        answer = ns.http.post(f"{base}{mount}/threads?api-version=2024-05-01-preview", json={}, headers=HEADERS)
        assert answer.status_code == 200, mount
        assert has(ns, answer.json()["id"])


def test_what_is_in_one_is_not_in_the_other(ns, other, client, assistant, thread):
    stranger = client.with_options(api_key=other.key)
    assert stranger.beta.assistants.list().data == []
    for call in (
        lambda: stranger.beta.assistants.retrieve(assistant.id),
        lambda: stranger.beta.threads.retrieve(thread.id),
        lambda: stranger.beta.threads.messages.list(thread.id),
        lambda: stranger.beta.threads.runs.create(thread.id, assistant_id=assistant.id),
    ):
        with pytest.raises(openai.NotFoundError):
            call()


def test_scripts_clocks_and_faults_belong_to_one_namespace(ns, other, client, assistant):
    ns.plays({"say": "mine"})
    ns.freeze()
    ns.fault({"status": 400}, path="/models")
    stranger = client.with_options(api_key=other.key)
    boss = stranger.beta.assistants.create(model="gpt-4o", instructions="x")
    thread = {"messages": [{"role": "user", "content": "theirs"}]}
    run = stranger.beta.threads.create_and_run_poll(assistant_id=boss.id, thread=thread)
    assert "theirs" in stranger.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value
    assert run.created_at != NOON_SECONDS
    assert stranger.models.list().data
    with pytest.raises(openai.BadRequestError):
        client.models.list()
    assert other.report()["unused"] == []


def conversation(ns):
    """Talk over raw HTTP and return every byte of the answers."""
    told = []

    def ask(method, path, body=None):
        answer = ns.http.request(method, f"{ns.base_url}{path}", json=body, headers=HEADERS)
        told.append((answer.status_code, answer.content, answer.headers["x-request-id"]))
        return answer

    boss = ask("POST", "/assistants", {"model": "gpt-4o", "tools": [WEATHER], "instructions": "x"}).json()["id"]
    thread = ask("POST", "/threads", {"messages": [{"role": "user", "content": "Sky?"}]}).json()["id"]
    run = ask("POST", f"/threads/{thread}/runs", {"assistant_id": boss}).json()["id"]
    path = f"/threads/{thread}/runs/{run}"
    waiting = ask("GET", path).json()["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": call["id"], "output": "fog"} for call in waiting]
    ns.advance("5s")
    ask("POST", f"{path}/submit_tool_outputs", {"tool_outputs": outputs, "stream": True})
    ask("GET", path)
    ask("GET", f"{path}/steps")
    ask("GET", f"/threads/{thread}/messages")
    ask("GET", "/threads/thread_none")
    return told


def prepared(ns, seed):
    ns.put(seed=seed, clock=NOON)
    ns.plays({"call": "look_outside", "args": {"town": "Husum"}}, {"say": "Foggy: {{ outputs.look_outside }}"})
    return conversation(ns)


def test_the_same_seed_and_calls_give_the_same_bytes_after_a_reset(ns):
    first = prepared(ns, 7)
    ns.control("POST", "/reset")
    assert conversation(ns) == first


def test_the_same_name_made_anew_gives_the_same_bytes(ns):
    first = prepared(ns, 7)
    ns.control("DELETE")
    assert prepared(ns, 7) == first


def test_another_seed_gives_other_ids(ns):
    first = prepared(ns, 7)
    ns.control("DELETE")
    second = prepared(ns, 8)
    assert [status for status, _, _ in first] == [status for status, _, _ in second]
    assert all(one != two for (_, one, _), (_, two, _) in zip(first[:-1], second[:-1], strict=True))


def test_other_namespaces_have_other_ids(ns, other):
    assert make(ns) != make(other)


def test_a_reset_empties_a_namespace_and_keeps_its_scripts(ns, client, assistant, start, poll):
    ns.load("{emulator: 1, unmatched: echo, turns: [{name: once, uses: 1, steps: [{say: from the script}]}]}")
    poll(start())
    assert ns.control("POST", "/reset")["namespace"] == ns.name
    assert client.beta.assistants.list().data == []
    assert ns.requests() == [one for one in ns.requests() if one["method"] == "GET"]
    (turn,) = ns.control("GET", "/scripts")["turns"]
    assert (turn["name"], turn["used"]) == ("once", 0)


def test_a_reset_ends_what_is_under_way(ns, start, poll):
    ns.plays({"hold": "door"})
    poll(start())
    ns.control("POST", "/reset")
    assert ns.report()["waiting"] == []


def test_fixtures_are_there_from_the_start_and_again_after_a_reset(ns, client):
    ns.load(
        """
        emulator: 1
        fixtures:
          assistants:
            boss: {id: asst_from_the_playground, model: gpt-4o, name: Boss, tools: [code_interpreter]}
          threads:
            old: {id: thread_of_yesterday, messages: [{content: "Still there?"}]}
        turns: [{steps: [{say: "Yes."}]}]
        """
    )
    for _ in range(2):
        run = client.beta.threads.runs.create_and_poll(
            thread_id="thread_of_yesterday", assistant_id="asst_from_the_playground"
        )
        assert run.status == "completed"
        texts = [m.content[0].text.value for m in client.beta.threads.messages.list("thread_of_yesterday").data]
        assert texts == ["Yes.", "Still there?"]
        ns.control("POST", "/reset")
    assert [one.name for one in client.beta.assistants.list().data] == ["Boss"]


def test_a_fixture_that_was_changed_is_made_anew_and_others_keep_what_was_done(ns, client):
    def load(rules, talk):
        ns.load(
            f"""
            emulator: 1
            fixtures:
              files: {{rules: {{id: file-rules, text: "{rules}", filename: rules.txt, purpose: vision}}}}
              vector_stores: {{shelf: {{id: vs_shelf, name: "{rules}", files: [rules]}}}}
              threads:
                changing: {{id: thread_changing, messages: [{{content: "{talk}"}}]}}
                lasting: {{id: thread_lasting, messages: [{{content: "Ahoy"}}]}}
            turns: []
            """
        )

    def texts(thread):
        return [message.content[0].text.value for message in client.beta.threads.messages.list(thread).data]

    load("No shoes, no service: 100%", "Hello")
    client.beta.threads.messages.create("thread_lasting", role="user", content="Still there?")
    assert client.files.content("file-rules").text == "No shoes, no service: 100%"
    assert client.vector_stores.retrieve("vs_shelf").file_counts.completed == 1
    load("Shoes off.", "Good bye")
    assert client.files.content("file-rules").text == "Shoes off."
    assert client.vector_stores.retrieve("vs_shelf").name == "Shoes off."
    assert client.vector_stores.files.content("file-rules", vector_store_id="vs_shelf").data[0].text == "Shoes off."
    assert (texts("thread_changing"), texts("thread_lasting")) == (["Good bye"], ["Still there?", "Ahoy"])


FURNISHED = """
emulator: 1
fixtures:
  files: {{rules: {{id: file-rules, text: "{text}"}}}}
  vector_stores: {{shelf: {{id: vs_shelf, files: [rules]}}}}
  assistants: {{boss: {{id: asst_boss, model: {model}}}}}
  threads: {{talk: {{id: thread_talk, messages: [{{content: "{said}"}}]}}}}
turns: []
"""


def test_a_file_that_changed_is_read_anew_by_its_stores(ns, client):
    for text in ("apple pie", "cherry cake"):
        ns.load(FURNISHED.format(text=text, model="gpt-4o", said="Hello"))
        found = client.vector_stores.search("vs_shelf", query="pie or cake").data
        assert [part.text for result in found for part in result.content] == [text]


def test_what_a_client_deleted_comes_back_with_the_script(ns, client):
    for _ in range(2):
        ns.load(FURNISHED.format(text="apple pie", model="gpt-4o", said="Hello"))
        assert client.files.retrieve("file-rules").bytes == 9
        assert client.vector_stores.retrieve("vs_shelf").file_counts.completed == 1
        assert [m.content[0].text.value for m in client.beta.threads.messages.list("thread_talk")] == ["Hello"]
        client.files.delete("file-rules")
        client.vector_stores.delete("vs_shelf")
        client.beta.assistants.delete("asst_boss")
        client.beta.threads.delete("thread_talk")


def test_a_fixture_that_is_refused_changes_nothing(ns, client):
    ns.load(FURNISHED.format(text="apple pie", model="gpt-4o", said="Hello"))
    ns.load(FURNISHED.format(text="cherry cake", model="gpt-5.1", said="Good bye"), status=400)
    assert client.beta.assistants.retrieve("asst_boss").model == "gpt-4o"
    assert [m.content[0].text.value for m in client.beta.threads.messages.list("thread_talk")] == ["Hello"]
    assert client.vector_stores.search("vs_shelf", query="pie").data[0].content[0].text == "apple pie"


def test_a_scenario_may_choose_the_day_of_an_empty_namespace(ns, client):
    ns.load("{emulator: 1, wire: 2024-05-01, turns: []}")
    assert ns.control("GET")["wire"] == "2024-05-01"
    client.beta.threads.create()
    ns.load("{emulator: 1, wire: 2025-05-01, turns: []}")
    assert ns.control("GET")["wire"] == "2024-05-01"


def test_pieces_that_do_not_add_up_are_reported(ns, start, poll):
    ns.plays({"say": "You say {{ message }}", "stream": {"chunk": ["You say ", "nothing"]}})
    poll(start())
    (told,) = ns.report()["script"]
    assert "do not add up" in told["message"]


def test_names_are_checked(ns):
    for name in ("Upper", "with space", "x" * 65, "umläut"):
        answer = ns.http.put(f"{ns.url}/_emulator/ns/{name}", json={})
        assert answer.status_code == 400, name
    assert ns.http.get(f"{ns.url}/v1/models", headers={"X-Emulator-Namespace": "No!"}).status_code == 400


def test_namespaces_are_listed(ns, other):
    listed = {one["namespace"] for one in ns.http.get(f"{ns.url}/_emulator/ns").json()["namespaces"]}
    assert {ns.name, other.name} <= listed


def test_two_clients_at_once_get_ids_of_their_own(ns):
    import concurrent.futures

    with httpx.Client(trust_env=False, headers=HEADERS) as shared, concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: shared.post(f"{ns.base_url}/threads", json={}).json()["id"], range(64)))
    assert len(set(made)) == 64
