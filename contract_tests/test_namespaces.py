"""Several namespaces: how a request selects one, and that nothing leaks between them."""

import httpx
import openai
import pytest

from contract_tests.harness import NOON, NOON_SECONDS, WEATHER, Namespace

HEADERS = {"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer anything"}


@pytest.fixture
def other(ns):
    namespace = Namespace(f"{ns.name[:58]}-other", ns.url, ns.http)
    namespace.put(clock="auto")
    yield namespace
    namespace.control("DELETE")


def create_thread(ns, **more):
    response = ns.http.post(more.pop("url", f"{ns.base_url}/threads"), json={}, headers={**HEADERS, **more})
    assert response.status_code == 200, response.text
    return response.json()["id"]


def has_thread(ns, thread_id):
    return ns.http.get(f"{ns.base_url}/threads/{thread_id}", headers=HEADERS).status_code == 200


def test_a_path_a_header_or_a_key_selects_the_namespace(ns):
    plain = f"{ns.url}/v1/threads"
    assert has_thread(ns, create_thread(ns))
    assert has_thread(ns, create_thread(ns, url=plain, **{"X-Emulator-Namespace": ns.name}))
    assert has_thread(ns, create_thread(ns, url=plain, Authorization=f"Bearer {ns.key}"))
    assert has_thread(ns, create_thread(ns, url=plain, **{"api-key": ns.key, "Authorization": ""}))


def test_the_path_wins_over_the_header_and_that_over_the_key(ns, other):
    unrelated_key = "Bearer sk-emu-third"
    thread_id = create_thread(ns, **{"X-Emulator-Namespace": other.name, "Authorization": unrelated_key})
    assert (has_thread(ns, thread_id), has_thread(other, thread_id)) == (True, False)
    thread_id = create_thread(
        ns, url=f"{ns.url}/v1/threads", **{"X-Emulator-Namespace": other.name, "Authorization": unrelated_key}
    )
    assert (has_thread(ns, thread_id), has_thread(other, thread_id)) == (False, True)


def test_every_mount_works_in_a_namespace(ns):
    base = f"{ns.url}/ns/{ns.name}"
    for mount in ("/v1", "/openai", "/openai/v1", "/openai/deployments/gpt-4o", "/api/projects/p"):
        response = ns.http.post(f"{base}{mount}/threads?api-version=2024-05-01-preview", json={}, headers=HEADERS)
        assert response.status_code == 200, mount
        assert has_thread(ns, response.json()["id"])


def test_objects_of_one_namespace_are_not_in_another(ns, other, client, assistant, thread):
    other_client = client.with_options(api_key=other.key)
    assert other_client.beta.assistants.list().data == []
    for call in (
        lambda: other_client.beta.assistants.retrieve(assistant.id),
        lambda: other_client.beta.threads.retrieve(thread.id),
        lambda: other_client.beta.threads.messages.list(thread.id),
        lambda: other_client.beta.threads.runs.create(thread.id, assistant_id=assistant.id),
    ):
        with pytest.raises(openai.NotFoundError):
            call()


def test_scripts_clocks_and_faults_are_per_namespace(ns, other, client, assistant):
    ns.play({"say": "mine"})
    ns.freeze()
    ns.fault({"status": 400}, path="/models")
    other_client = client.with_options(api_key=other.key)
    own_assistant = other_client.beta.assistants.create(model="gpt-4o", instructions="x")
    thread = {"messages": [{"role": "user", "content": "theirs"}]}
    run = other_client.beta.threads.create_and_run_poll(assistant_id=own_assistant.id, thread=thread)
    assert "theirs" in other_client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value
    assert run.created_at != NOON_SECONDS
    assert other_client.models.list().data
    with pytest.raises(openai.BadRequestError):
        client.models.list()
    assert other.report()["unused"] == []


def conversation(ns):
    """Have a conversation over raw HTTP and return every byte of the responses."""
    responses = []

    def request(method, path, body=None):
        response = ns.http.request(method, f"{ns.base_url}{path}", json=body, headers=HEADERS)
        responses.append((response.status_code, response.content, response.headers["x-request-id"]))
        return response

    assistant_id = request("POST", "/assistants", {"model": "gpt-4o", "tools": [WEATHER], "instructions": "x"}).json()[
        "id"
    ]
    thread = request("POST", "/threads", {"messages": [{"role": "user", "content": "Sky?"}]}).json()["id"]
    run = request("POST", f"/threads/{thread}/runs", {"assistant_id": assistant_id}).json()["id"]
    path = f"/threads/{thread}/runs/{run}"
    waiting = request("GET", path).json()["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [{"tool_call_id": call["id"], "output": "fog"} for call in waiting]
    ns.advance("5s")
    request("POST", f"{path}/submit_tool_outputs", {"tool_outputs": outputs, "stream": True})
    request("GET", path)
    request("GET", f"{path}/steps")
    request("GET", f"/threads/{thread}/messages")
    request("GET", "/threads/thread_none")
    return responses


def configured_conversation(ns, seed):
    ns.put(seed=seed, clock=NOON)
    ns.play({"call": "look_outside", "args": {"town": "Husum"}}, {"say": "Foggy: {{ outputs.look_outside }}"})
    return conversation(ns)


def test_the_same_seed_and_requests_give_the_same_bytes_after_a_reset(ns):
    first = configured_conversation(ns, 7)
    ns.control("POST", "/reset")
    assert conversation(ns) == first


def test_a_recreated_namespace_gives_the_same_bytes(ns):
    first = configured_conversation(ns, 7)
    ns.control("DELETE")
    assert configured_conversation(ns, 7) == first


def test_another_seed_gives_other_ids(ns):
    first = configured_conversation(ns, 7)
    ns.control("DELETE")
    second = configured_conversation(ns, 8)
    assert [status for status, _, _ in first] == [status for status, _, _ in second]
    assert all(one != two for (_, one, _), (_, two, _) in zip(first[:-1], second[:-1], strict=True))


def test_other_namespaces_have_other_ids(ns, other):
    assert create_thread(ns) != create_thread(other)


def test_a_reset_empties_a_namespace_and_keeps_its_scripts(ns, client, assistant, start, poll):
    ns.load("{emulator: 1, unmatched: echo, turns: [{name: once, uses: 1, steps: [{say: from the script}]}]}")
    poll(start())
    assert ns.control("POST", "/reset")["namespace"] == ns.name
    assert client.beta.assistants.list().data == []
    assert ns.requests() == [one for one in ns.requests() if one["method"] == "GET"]
    (turn,) = ns.control("GET", "/scripts")["turns"]
    assert (turn["name"], turn["used"]) == ("once", 0)


def test_a_reset_ends_active_runs(ns, start, poll):
    ns.play({"hold": "gate"})
    poll(start())
    ns.control("POST", "/reset")
    assert ns.report()["waiting"] == []


def test_fixtures_are_there_from_the_start_and_again_after_a_reset(ns, client):
    ns.load(
        """
        emulator: 1
        fixtures:
          assistants:
            tutor: {id: asst_from_the_playground, model: gpt-4o, name: Tutor, tools: [code_interpreter]}
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
    assert [one.name for one in client.beta.assistants.list().data] == ["Tutor"]


def test_a_changed_fixture_is_recreated_and_others_keep_their_changes(ns, client):
    def load(rules, talk):
        ns.load(
            f"""
            emulator: 1
            fixtures:
              files: {{rules: {{id: file-rules, text: "{rules}", filename: rules.txt, purpose: vision}}}}
              vector_stores: {{papers: {{id: vs_papers, name: "{rules}", files: [rules]}}}}
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
    assert client.vector_stores.retrieve("vs_papers").file_counts.completed == 1
    load("Shoes off.", "Good bye")
    assert client.files.content("file-rules").text == "Shoes off."
    assert client.vector_stores.retrieve("vs_papers").name == "Shoes off."
    assert client.vector_stores.files.content("file-rules", vector_store_id="vs_papers").data[0].text == "Shoes off."
    assert (texts("thread_changing"), texts("thread_lasting")) == (["Good bye"], ["Still there?", "Ahoy"])


FIXTURES = """
emulator: 1
fixtures:
  files: {{rules: {{id: file-rules, text: "{text}"}}}}
  vector_stores: {{papers: {{id: vs_papers, files: [rules]}}}}
  assistants: {{tutor: {{id: asst_tutor, model: {model}}}}}
  threads: {{talk: {{id: thread_talk, messages: [{{content: "{message}"}}]}}}}
turns: []
"""


def test_a_changed_fixture_file_is_reindexed_by_its_stores(ns, client):
    for text in ("apple pie", "cherry cake"):
        ns.load(FIXTURES.format(text=text, model="gpt-4o", message="Hello"))
        found = client.vector_stores.search("vs_papers", query="pie or cake").data
        assert [part.text for result in found for part in result.content] == [text]


def test_deleted_fixtures_are_recreated_with_the_script(ns, client):
    for _ in range(2):
        ns.load(FIXTURES.format(text="apple pie", model="gpt-4o", message="Hello"))
        assert client.files.retrieve("file-rules").bytes == 9
        assert client.vector_stores.retrieve("vs_papers").file_counts.completed == 1
        assert [m.content[0].text.value for m in client.beta.threads.messages.list("thread_talk")] == ["Hello"]
        client.files.delete("file-rules")
        client.vector_stores.delete("vs_papers")
        client.beta.assistants.delete("asst_tutor")
        client.beta.threads.delete("thread_talk")


def test_a_fixture_that_is_refused_changes_nothing(ns, client):
    ns.load(FIXTURES.format(text="apple pie", model="gpt-4o", message="Hello"))
    ns.load(FIXTURES.format(text="cherry cake", model="gpt-5.1", message="Good bye"), status=400)
    assert client.beta.assistants.retrieve("asst_tutor").model == "gpt-4o"
    assert [m.content[0].text.value for m in client.beta.threads.messages.list("thread_talk")] == ["Hello"]
    assert client.vector_stores.search("vs_papers", query="pie").data[0].content[0].text == "apple pie"


def test_a_scenario_may_choose_the_day_of_an_empty_namespace(ns, client):
    ns.load("{emulator: 1, wire: 2024-05-01, turns: []}")
    assert ns.control("GET")["wire"] == "2024-05-01"
    client.beta.threads.create()
    ns.load("{emulator: 1, wire: 2025-05-01, turns: []}")
    assert ns.control("GET")["wire"] == "2024-05-01"


def test_chunks_that_do_not_add_up_are_reported(ns, start, poll):
    ns.play({"say": "You say {{ message }}", "stream": {"chunk": ["You say ", "nothing"]}})
    poll(start())
    (entry,) = ns.report()["script"]
    assert "do not add up" in entry["message"]


def test_namespace_names_are_validated(ns):
    for name in ("Upper", "with space", "x" * 65, "umläut"):
        response = ns.http.put(f"{ns.url}/_emulator/ns/{name}", json={})
        assert response.status_code == 400, name
    assert ns.http.get(f"{ns.url}/v1/models", headers={"X-Emulator-Namespace": "No!"}).status_code == 400


def test_namespaces_are_listed(ns, other):
    listed = {one["namespace"] for one in ns.http.get(f"{ns.url}/_emulator/ns").json()["namespaces"]}
    assert {ns.name, other.name} <= listed


def test_concurrent_clients_get_different_ids(ns):
    import concurrent.futures

    with (
        httpx.Client(trust_env=False, headers=HEADERS, timeout=60) as shared,
        concurrent.futures.ThreadPoolExecutor(8) as pool,
    ):
        ids = list(pool.map(lambda _: shared.post(f"{ns.base_url}/threads", json={}).json()["id"], range(64)))
    assert len(set(ids)) == 64
