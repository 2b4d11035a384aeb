"""Stubs: a test chooses what neighbors of the Assistants API answer, and never what the API itself answers."""

import json

import httpx
import openai
import pytest

from contract_tests.harness import parse_events
from emulator import LiveServer, Settings
from emulator.domain.neighbors import REMARK

SECRET = "sk-proj-q7Zx9Lw2Vb"
COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Low tide."}}],
}
MOUNTS = ["/v1", "/openai", "/openai/v1", "/openai/deployments/gpt-4o", "/api/projects/p"]
CHAT = "/chat/completions"


@pytest.fixture
def stub(ns):
    def add(path=CHAT, *, status=201, code=None, **more):
        body = {"path": path, **more}
        return ns.control("POST", "/stubs", {**body, **({"status": code} if code else {})}, status=status)

    return add


def stubs(ns):
    return ns.control("GET", "/stubs")["stubs"]


# --- answering ------------------------------------------------------------------------------------------------------


def test_the_official_client_gets_a_stubbed_completion(client, stub):
    stub(method="POST", json=COMPLETION)
    answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Tide?"}])
    assert answer.choices[0].message.content == "Low tide."


def test_the_official_client_reads_a_stubbed_stream(client, stub):
    deltas = [{**COMPLETION, "choices": [{"index": 0, "delta": {"content": word}}]} for word in ("Low ", "tide.")]
    text = "".join(f"data: {json.dumps(delta)}\n\n" for delta in deltas) + "data: [DONE]\n\n"
    stub(text=text, headers={"Content-Type": "text/event-stream"})
    stream = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "?"}], stream=True)
    assert "".join(chunk.choices[0].delta.content for chunk in stream) == "Low tide."


@pytest.mark.parametrize("value", [None, False, 0, "", "text", [], [1, None], {}, {"a": {"b": 1.5}}], ids=str)
def test_any_json_value_is_an_answer(raw, stub, value):
    stub(json=value)
    answer = raw.get(CHAT)
    assert (answer.json(), answer.headers["content-type"]) == (value, "application/json")


def test_an_answer_has_the_headers_of_the_api_and_those_of_the_stub(ns, raw, stub):
    stub(text="late", code=429, headers={"Retry-After": "7"})
    answer = raw.post(CHAT, json={})
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (429, "late", "7")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-request-id"] == ns.requests()[-1]["id"]
    assert answer.headers["openai-version"]


@pytest.mark.parametrize("mount", MOUNTS)
def test_a_stub_answers_below_every_mount(ns, stub, mount):
    stub(json={"ok": True})
    for url, key in ((f"{ns.url}{mount}", ns.key), (f"{ns.url}/ns/{ns.name}{mount}", "sk-any")):
        assert ns.http.post(f"{url}{CHAT}", headers={"Authorization": f"Bearer {key}"}).json() == {"ok": True}
    assert ns.http.post(f"{ns.url}{mount}{CHAT}", headers={"api-key": ns.key}).status_code == 200


@pytest.mark.parametrize(
    "path", [CHAT, "/v1/chat/completions", "/ns/x/v1/chat/completions", "/openai/deployments/*/chat/completions"]
)
def test_mounts_and_namespaces_in_front_of_its_path_are_ignored(raw, stub, path):
    stub(path, json=1)
    assert raw.post(CHAT).json() == 1


@pytest.mark.parametrize(
    "path, meant",
    [("/chat/*", True), ("/chat/**", True), ("/chat/comp*", True), ("/chat", False), ("/chat/completions/*", False)],
)
def test_its_path_is_a_pattern(raw, stub, path, meant):
    stub(path, json=1)
    assert raw.post(CHAT).is_success == meant


def test_its_method_counts_and_a_head_is_answered_like_a_get(raw, stub):
    stub(method="get", json=1)
    assert raw.get(CHAT).json() == 1
    assert (raw.head(CHAT).status_code, raw.head(CHAT).content) == (200, b"")
    assert raw.post(CHAT).status_code == 404


def test_the_newest_stub_answers_until_it_is_used_up(ns, raw, stub):
    stub(json="first")
    stub(json="second", times=1)
    assert [raw.post(CHAT).json() for _ in range(3)] == ["second", "first", "first"]
    assert [(one["id"], one["times"], one["hits"]) for one in stubs(ns)] == [("stub_2", 1, 1), ("stub_1", None, 2)]


def test_an_answer_without_a_body_leaves_the_connection_as_it_was(raw, stub):
    stub(text="", code=204)
    assert (raw.delete(CHAT).status_code, raw.delete(CHAT).content) == (204, b"")
    assert raw.get("/models").status_code == 200


# --- templates ------------------------------------------------------------------------------------------------------


def test_a_template_sees_the_request(raw, stub):
    stub(
        template='{"said": {{ request.body.messages[-1].content | tojson }}, "method": "{{ request.method }}",'
        ' "path": "{{ request.path }}", "n": "{{ request.query.n }}", "agent": "{{ request.headers["x-app"] }}",'
        ' "hits": {{ hits }}}'
    )
    body = {"messages": [{"role": "user", "content": 'a "quote"'}]}
    said = {"said": 'a "quote"', "method": "POST", "path": CHAT, "n": "3", "agent": "tide"}
    for hits in (1, 2):
        answer = raw.post(f"{CHAT}?n=3", json=body, headers={"x-app": "tide"})
        assert answer.json() == {**said, "hits": hits}


def test_a_body_that_is_no_json_is_a_text(raw, stub):
    stub(template="{{ request.body | tojson }}")
    assert raw.post(CHAT, content=b"plain \xff words").json() == "plain \ufffd words"


def test_a_template_sees_no_keys(raw, stub):
    stub(template="{{ [request.headers, request.query] | tojson }}")
    answer = raw.post(f"{CHAT}?api-key={SECRET}&n=3", headers={"api-key": SECRET, "x-note": SECRET, "cookie": SECRET})
    assert SECRET not in answer.text
    headers, query = answer.json()
    assert "authorization" not in headers
    assert query == {"n": "3"}


def test_a_template_may_give_server_sent_events(raw, stub):
    stub(template="event: x\ndata: {{ hits }}\n\n", headers={"content-type": "text/event-stream"})
    assert parse_events(raw.post(CHAT).text) == [("x", 1)]


@pytest.mark.parametrize(
    "template, why",
    [
        ("{{ request.body.nothing }}", "nothing"),
        ("{{ 1 / 0 }}", "zero"),
        ("[{% for n in range(400000) %}{% for m in range(400000) %}{% endfor %}{% endfor %}]", "steps"),
        ('{"a": {{ request.body.text }}}', "no JSON"),
        ("{{ request.__class__ }}", "unsafe"),
    ],
)
def test_a_template_that_breaks_is_an_error_of_the_api_and_is_logged(ns, raw, caplog, template, why):
    ns.control("POST", "/stubs", {"path": CHAT, "template": template})
    answer = raw.post(CHAT, json={"text": "plain"})
    assert (answer.status_code, answer.headers["x-should-retry"]) == (500, "false")
    assert answer.json()["error"]["type"] == "server_error"
    assert "[emulator] stub_1: " in answer.json()["error"]["message"]
    assert why in answer.json()["error"]["message"]
    assert f"namespace {ns.name}: stub_1" in caplog.text
    assert raw.get("/models").status_code == 200


@pytest.mark.parametrize(
    "template, why",
    [
        ("{{ request", "template"),
        ("{% for %}", "template"),
        ("{{ message }}", "'message'"),
        ("x" * 200_001 + "{{ hits }}", "longer"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused(ns, stub, template, why):
    refused = stub(template=template, status=400)["error"]
    assert refused["param"] == "template"
    assert why in refused["message"]


def test_templates_are_filled_beside_the_event_loop(monkeypatch, raw, stub):
    import threading

    from scripted_models import templating

    threads = []
    fill = templating.fill

    def noted(*args):
        threads.append(threading.current_thread().name)
        return fill(*args)

    monkeypatch.setattr(templating, "fill", noted)
    stub(template="{{ hits }}")
    assert raw.post(CHAT).json() == 1
    assert threads == ["stubs"]


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/threads",
        "/threads/*/runs",
        "/assistants/**",
        "/files",
        "/uploads/*",
        "/vector_stores/x/nothing",
        "/models/gpt-4o",
        "/models/a/b",
        "/*",
        "/**",
        "/**/completions",
        "/thread?",
        "/[tx]hreads",
        "/*/x",
        "/threads/",
        "/v1/threads",
        "/ns/x/v1/threads",
        "/openai/threads",
        "/openai/v1/assistants",
        "/openai/deployments/gpt-4o/files",
        "/api/projects/p/threads",
        "/v1/v1/threads",
    ],
)
def test_a_stub_that_could_take_a_path_of_the_assistants_api_is_refused(ns, stub, path):
    refused = stub(path, json=1, status=400)["error"]
    assert refused["param"] == "path"
    assert "a path of the Assistants API" in refused["message"]
    assert stubs(ns) == []


@pytest.mark.parametrize("path", ["", "chat", "/" + "x" * 1_000, "/x" * 51])
def test_a_path_that_is_none_is_refused(stub, path):
    assert stub(path, json=1, status=400)["error"]["param"] == "path"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"json": 1, "text": "x"},
        {"json": None, "template": "x"},
        {"text": None},
        {"template": None},
        {"text": 7},
        {"json": 1, "code": 199},
        {"json": 1, "code": 600},
        {"json": 1, "times": 0},
        {"json": 1, "code": 204},
        {"text": "x", "code": 304},
        {"template": "", "code": 204},
        {"json": 1, "method": "TWO WORDS"},
        {"json": 1, "method": "GET\r\nx: y"},
        {"json": 1, "nothing": 1},
        {"json": "\ud800"},
    ],
    ids=str,
)
def test_a_stub_that_makes_no_sense_is_refused(ns, more):
    code = more.pop("code", 200)
    body = json.dumps({"path": CHAT, "status": code, **more})
    headers = {"content-type": "application/json"}
    answer = ns.http.post(f"{ns.control_url}/stubs", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "control_error")
    assert stubs(ns) == []


@pytest.mark.parametrize(
    "name, value",
    [
        ("x-note", "two\r\nlines"),
        ("x-note", "\x00"),
        ("x-note", "\u2603"),
        ("x note", "a"),
        ("", "a"),
        ("Content-Length", "7"),
        ("content-type", "text/plain\r\nx: y"),
        ("content-encoding", "gzip"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused(ns, raw, stub, name, value):
    assert stub(json=1, headers={name: value}, status=400)["error"]["param"] == "headers"
    assert raw.post(CHAT).status_code == 404


def test_a_namespace_has_at_most_a_thousand_stubs(ns, stub, raw):
    for number in range(1_000):
        stub(f"/chat/{number}", json=number)
    assert "1,000" in stub(json=1, status=400)["error"]["message"]
    assert raw.post("/chat/7").json() == 7
    ns.control("DELETE", "/stubs/stub_1")
    stub(json=1)


def test_the_stubs_of_a_namespace_have_a_bounded_size(ns, stub):
    large = "x" * 250_000
    for _ in range(16):
        stub(text=large)
    assert "4,194,304" in stub(text=large, status=400)["error"]["message"]
    assert len(stubs(ns)) == 16
    ns.control("DELETE", "/stubs")
    stub(text=large)


# --- beside everything else -----------------------------------------------------------------------------------------


def test_stubs_are_listed_deleted_and_removed_by_a_reset(ns, raw, stub):
    added = stub("/v1/moderations", method="post", json={"x": 1}, headers={"x-a": "b"}, times=3)
    assert added == {
        "id": "stub_1",
        "method": "POST",
        "path": "/v1/moderations",
        "status": 200,
        "headers": {"x-a": "b"},
        "json": {"x": 1},
        "times": 3,
        "hits": 0,
    }
    stub(text="t")
    assert [list(one)[5] for one in stubs(ns)] == ["text", "json"]
    assert ns.control("DELETE", "/stubs/stub_2") == {"id": "stub_2", "deleted": True}
    assert stubs(ns) == [added]
    ns.control("DELETE", "/stubs/stub_2", status=404)
    assert ns.control("DELETE", "/stubs") == {"stubs": []}
    stub(json=1)
    ns.control("POST", "/reset")
    assert stubs(ns) == []
    assert raw.post(CHAT).status_code == 404


def test_a_stub_belongs_to_its_namespace_alone(ns, stub):
    stub(json=1)
    elsewhere = ns.http.post(f"{ns.url}/v1{CHAT}", headers={"Authorization": f"Bearer {ns.key}-x"})
    assert elsewhere.status_code == 404


@pytest.mark.parametrize("method, path", [("GET", ""), ("DELETE", ""), ("DELETE", "/stub_1")])
def test_an_unknown_namespace_is_a_404(ns, method, path):
    assert ns.http.request(method, f"{ns.control_url}-typo/stubs{path}").status_code == 404


def test_a_stub_that_is_refused_makes_no_namespace(ns):
    url = f"{ns.control_url}-new/stubs"
    assert ns.http.post(url, json={"path": "/threads", "json": 1}).status_code == 400
    assert ns.http.get(url).status_code == 404
    assert ns.http.post(url, json={"path": CHAT, "json": 1}).status_code == 201
    assert len(ns.http.get(url).json()["stubs"]) == 1


def test_a_stubbed_request_needs_a_key_and_is_not_counted_without(http):
    with LiveServer(Settings(api_keys=frozenset({"sk-emu-good"}))) as server:
        stub_url = f"{server.control_url}/ns/good/stubs"
        assert http.post(stub_url, json={"path": CHAT, "json": 1}).status_code == 201
        for headers in ({}, {"Authorization": "Bearer sk-emu-bad"}):
            assert http.post(f"{server.ns_url('good')}{CHAT}", headers=headers).status_code == 401
        assert http.get(stub_url).json()["stubs"][0]["hits"] == 0
        assert http.post(f"{server.base_url}{CHAT}", headers={"Authorization": "Bearer sk-emu-good"}).json() == 1


def test_pages_are_checked_as_elsewhere(ns, raw, stub):
    stub(json=1, headers={"access-control-allow-origin": "https://evil.example"})
    page = raw.post(CHAT, headers={"Origin": "http://localhost:3000"})
    assert page.headers.get_list("access-control-allow-origin") == ["http://localhost:3000"]
    assert raw.post(CHAT, headers={"Origin": "https://evil.example"}).status_code == 403
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    assert raw.options(CHAT, headers=asked).headers["access-control-allow-methods"]
    assert stubs(ns)[0]["hits"] == 1


def test_a_stubbed_request_stands_in_the_log_without_its_keys(ns, raw, stub, caplog):
    stub(json=1)
    raw.post(f"{CHAT}?api-key={SECRET}", headers={"Authorization": f"Bearer {SECRET}", "X-Emulator-Namespace": ns.name})
    (entry,) = ns.requests()
    assert (entry["method"], entry["path"], entry["status"]) == ("POST", CHAT, 200)
    assert SECRET not in str(entry)
    assert SECRET not in caplog.text


def test_a_fault_hits_a_stubbed_path_and_the_stub_is_not_counted(ns, client, stub):
    fault = {"do": {"status": 429}, "match": {"method": "POST", "path": CHAT}, "times": 1}
    assert "can never hit" in ns.control("POST", "/faults", fault, status=400)["error"]["message"]
    stub("/chat/*", json=COMPLETION)
    ns.control("POST", "/faults", fault, status=201)
    once = client.with_options(max_retries=0)
    ask = {"model": "gpt-4o", "messages": [{"role": "user", "content": "?"}]}
    with pytest.raises(openai.RateLimitError):
        once.chat.completions.create(**ask)
    assert once.chat.completions.create(**ask).id == "chatcmpl-1"
    assert stubs(ns)[0]["hits"] == 1


def test_many_stars_cost_nothing(ns, stub, raw):
    stub("/chat" + "/**/a" * 24, json=1)
    ns.fault({"status": 429}, path="/chat" + "/**/a" * 24)
    assert raw.post("/chat" + "/a" * 23 + "/b" * 500).status_code == 404


def test_a_body_over_the_limit_is_refused(http):
    with LiveServer(Settings(max_body=1_000)) as server:
        http.post(f"{server.control_url}/ns/default/stubs", json={"path": CHAT, "template": "{{ request.body }}"})
        answer = http.post(f"{server.base_url}{CHAT}", content=b"x" * 1_001, headers={"Authorization": "Bearer x"})
        assert answer.status_code == 413


def test_after_the_sunset_stubs_still_answer(ns, raw, stub):
    ns.put(sunset=True)
    stub(json=1)
    assert raw.post(CHAT).json() == 1
    assert stub("/threads", json=1, status=400)


def test_a_neighbor_without_an_answer_is_the_404_of_the_service_with_a_remark(ns, raw):
    for path in (CHAT, "/embeddings", CHAT):
        answer = raw.post(path)
        assert answer.status_code == 404
        assert answer.json()["error"]["message"] == f"Invalid URL (POST /v1{path}) [emulator] {REMARK}"
    assert "[emulator]" not in raw.post("/nothing").text
    assert "[emulator]" not in raw.post("/threads/t/nothing").text


def test_the_log_says_once_which_neighbor_was_asked_for(caplog):
    with LiveServer() as server, httpx.Client(trust_env=False, timeout=60) as client:
        for _ in range(2):
            client.post(f"{server.base_url}{CHAT}", headers={"Authorization": "Bearer sk-emu-x"})
    assert caplog.text.count(REMARK) == 1
