"""Refusals at the door: keys, headers, routes, methods, bodies that are no JSON, and bodies that are too big."""

import httpx
import openai
import pytest

from emulator import LiveServer, Settings

ENVELOPE = ["message", "type", "param", "code"]


def error(answer):
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    assert list(answer.json()["error"]) == ENVELOPE
    return answer.json()["error"]


def test_an_error_is_laid_out_like_every_other_answer(raw):
    answer = raw.get("/threads/thread_none")
    assert answer.text == (
        '{\n  "error": {\n    "message": "No thread found with id \'thread_none\'.",\n'
        '    "type": "invalid_request_error",\n    "param": null,\n    "code": null\n  }\n}'
    )


def test_every_answer_has_the_headers_of_the_service(raw):
    for path in ("/models", "/threads/thread_none", "/not_found"):
        headers = raw.get(path).headers
        assert headers["openai-version"] == "2020-10-01"
        assert headers["openai-organization"]
        assert headers["openai-processing-ms"].isdigit()
        assert headers["x-request-id"].startswith("req_")
        assert len(headers["x-request-id"]) == 36


def test_a_refusal_names_no_organisation_that_it_does_not_know(ns, raw):
    ns.fault({"status": 500}, path="/models", times=1)
    broken = raw.get("/models")
    assert broken.status_code == 500
    assert not {"openai-version", "openai-organization", "openai-project"} & set(broken.headers)
    nobody = httpx.get(f"{ns.base_url}/models", trust_env=False)
    assert nobody.status_code == 401
    assert "openai-organization" not in nobody.headers
    assert nobody.headers["openai-version"]


def test_a_fault_of_a_status_alone_says_what_the_service_said(ns, raw):
    ns.fault({"status": 429}, path="/models", times=1)
    slow = raw.get("/models")
    assert (slow.status_code, error(slow)) == (429, {
        "message": "You've exceeded the rate limit, please slow down and try again later.",
        "type": "invalid_request_error", "param": None, "code": "rate_limit_exceeded",
    })  # fmt: skip
    ns.fault({"status": 401}, path="/models", times=1)
    assert error(raw.get("/models"))["code"] == "invalid_api_key"
    ns.fault({"status": 503}, path="/models", times=1)
    down = raw.get("/models")
    assert (down.status_code, error(down)["type"]) == (503, "server_error")


def test_an_unknown_path_is_told_as_the_service_would_have_known_it(raw):
    assert error(raw.get("/not_found"))["message"] == "Invalid URL (GET /v1/not_found)"


def test_an_empty_id_leaves_two_slashes_that_are_one(raw):
    answer = raw.post("/threads//messages", json={"role": "user", "content": "x"})
    assert (answer.status_code, error(answer)["message"]) == (400, "Unknown parameter: 'role'.")


def test_a_request_without_a_key_is_refused(ns):
    answer = httpx.get(f"{ns.base_url}/assistants", headers={"OpenAI-Beta": "assistants=v2"}, trust_env=False)
    assert answer.status_code == 401
    assert error(answer)["message"].startswith("You didn't provide an API key. You need to provide your API key in an")
    assert (error(answer)["param"], error(answer)["code"]) == (None, None)
    assert answer.headers["www-authenticate"] == 'Bearer realm="OpenAI API"'


@pytest.mark.parametrize("header", ["Bearer", "Basic abc", "sk-emu-x"])
def test_a_header_without_a_bearer_key_is_no_key(ns, header):
    headers = {"OpenAI-Beta": "assistants=v2", "Authorization": header}
    assert httpx.get(f"{ns.base_url}/assistants", headers=headers, trust_env=False).status_code == 401


def test_a_key_may_come_as_azures_clients_send_it(ns):
    headers = {"OpenAI-Beta": "assistants=v2", "api-key": "anything"}
    assert httpx.get(f"{ns.base_url}/assistants", headers=headers, trust_env=False).status_code == 200


def test_a_server_with_a_list_of_keys_takes_no_others():
    with LiveServer(Settings(api_keys=frozenset({"sk-emu-known"}))) as server:
        transport = openai.DefaultHttpxClient(trust_env=False)
        with openai.OpenAI(api_key="sk-emu-known", base_url=server.base_url, http_client=transport) as client:
            assert client.beta.assistants.list().data == []
            with pytest.raises(openai.AuthenticationError) as refused:
                client.with_options(api_key="sk-emu-unknown-1234").beta.assistants.list()
    assert refused.value.code == "invalid_api_key"
    message = refused.value.body["message"]
    assert message.startswith("Incorrect API key provided: sk-")
    assert message.endswith("1234. You can find your API key at https://platform.openai.com/account/api-keys.")
    assert "unknown" not in message


@pytest.mark.parametrize("path", ["/assistants", "/threads/thread_1", "/threads/thread_1/runs/run_1/steps"])
def test_the_beta_header_is_needed(raw, path):
    del raw.headers["OpenAI-Beta"]
    answer = raw.get(path)
    assert answer.status_code == 400
    assert error(answer) == {
        "message": "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting"
        " the header 'OpenAI-Beta: assistants=v2'.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_beta",
    }


@pytest.mark.parametrize("header", ["assistants=v3", "realtime=v1", ""])
def test_other_beta_headers_do_not_do(raw, header):
    assert raw.get("/assistants", headers={"OpenAI-Beta": header}).status_code == 400


@pytest.mark.parametrize(
    "header", ["assistants=v2", "assistants=v1, assistants=v2", "assistants=v2,assistants=v1", "x=1, assistants=v2"]
)
def test_the_beta_header_may_be_a_list(raw, header):
    made = raw.post("/threads", json={}, headers={"OpenAI-Beta": header})
    assert made.status_code == 200
    assert "tool_resources" in made.json()


def test_a_key_is_asked_for_before_the_beta_header_and_that_before_the_body(ns, raw):
    answer = httpx.post(f"{ns.base_url}/assistants", content=b"{", trust_env=False)
    assert answer.status_code == 401
    del raw.headers["OpenAI-Beta"]
    assert error(raw.post("/assistants", content=b"{"))["code"] == "invalid_beta"


def test_v1_can_be_refused_as_it_was_in_the_end(ns, raw):
    raw.headers["OpenAI-Beta"] = "assistants=v1"
    assert raw.get("/assistants").status_code == 200
    ns.put(v1="refused")
    answer = raw.get("/assistants")
    assert answer.status_code == 400
    assert error(answer) == {
        "message": "The v1 Assistants API has been deprecated. Please try again by setting the header 'OpenAI-Beta:"
        " assistants=v2'. See the migration guide for more information:"
        " https://platform.openai.com/docs/assistants/migration.",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_beta",
    }


def test_after_its_last_day_the_api_is_not_there(ns, raw):
    ns.put(sunset=True)
    for path in ("/assistants", "/threads/thread_1"):
        answer = raw.get(path)
        assert answer.status_code == 404
        assert error(answer)["message"] == f"Invalid URL (GET /v1{path})"
    assert raw.get("/models").status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/threads/t/nothing", "/assistants/", "/chat/completions", "/threads/a/runs/b/c/d"]
)
def test_unknown_routes_are_told_in_json(raw, path):
    for method in ("GET", "POST", "DELETE"):
        answer = raw.request(method, path)
        assert answer.status_code == 404
        assert error(answer)["message"] == f"Invalid URL ({method} /v1{path})"
        assert error(answer)["type"] == "invalid_request_error"


def test_paths_outside_of_every_mount_are_told_in_json(ns):
    for path in ("/", "/v1", "/v2/assistants", "/favicon.ico", "/ns/x", "/%2e%2e/etc"):
        answer = ns.http.get(ns.url + path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/json"
        assert "error" in answer.json()


@pytest.mark.parametrize(
    "method, path", [("PUT", "/assistants"), ("PATCH", "/threads/t"), ("DELETE", "/threads"), ("GET", "/threads")]
)
def test_methods_that_a_route_does_not_take_are_told_in_json(raw, method, path):
    answer = raw.request(method, path)
    assert answer.status_code == 405
    assert error(answer)["message"] == f"Not allowed to {method} on /v1{path}."


@pytest.mark.parametrize("content", [b"{", b"nonsense", b'{"model": }', b"\xff\xfe", b'{"a": 1} x', b""])
def test_a_body_that_is_no_json_is_refused(raw, content):
    answer = raw.post("/assistants", content=content)
    assert answer.status_code == 400
    assert error(answer)["message"].startswith("We could not parse the JSON body of your request.")


@pytest.mark.parametrize("content", [b"[]", b'"x"', b"7", b"true"])
def test_a_body_that_is_no_object_is_refused(raw, content):
    for path in ("/assistants", "/threads"):
        answer = raw.post(path, content=content)
        assert answer.status_code == 400, answer.text
        assert error(answer)["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'{"model":' * 10_000, b'{"metadata":{"a":"\\ud800"},"model":"m"}', b'{"model":NaN}', b'{"temperature":1e999,"model":"m"}'],
    ids=["deep list", "deep mapping", "half a pair", "NaN", "too big a number"],
)  # fmt: skip
def test_odd_json_is_refused_and_breaks_nothing(raw, content):
    answer = raw.post("/assistants", content=content)
    assert answer.status_code == 400, answer.text
    assert error(answer)
    assert raw.get("/models").status_code == 200


def test_the_same_key_twice_is_no_disaster(raw):
    assert raw.post("/assistants", content=b'{"model":"a","model":"b"}').json()["model"] == "b"


def test_a_body_over_the_limit_is_refused():
    with LiveServer(Settings(max_body=1000)) as server, httpx.Client(trust_env=False) as client:
        headers = {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"}
        small = client.post(f"{server.base_url}/threads", json={"metadata": {"a": "b" * 400}}, headers=headers)
        assert small.status_code == 200
        big = client.post(f"{server.base_url}/threads", content=b" " * 1001, headers=headers)
        assert big.status_code == 413
        assert error(big)["message"].startswith("Maximum content size limit (1000) exceeded")

        def pieces():
            for _ in range(30):
                yield b" " * 50

        chunked = client.post(f"{server.base_url}/threads", content=pieces(), headers=headers)
        assert chunked.status_code == 413
        assert error(chunked)
        assert client.get(f"{server.base_url}/models", headers=headers).status_code == 200


def test_a_namespace_with_a_wrong_name_is_told_in_json(ns):
    answer = ns.http.get(f"{ns.url}/ns/No Such Name/v1/models", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 400
    assert "cannot name a namespace" in error(answer)["message"]


def test_a_fault_of_the_server_itself_is_told_in_json_without_a_traceback(ns, raw, monkeypatch):
    from emulator.service import models

    def broken(*_):
        raise ZeroDivisionError("a secret of the server")

    monkeypatch.setattr(models, "listing", broken)
    answer = raw.get("/models")
    assert answer.status_code == 500
    assert error(answer)["type"] == "server_error"
    assert answer.headers["x-request-id"] in error(answer)["message"]
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
